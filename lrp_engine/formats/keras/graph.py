"""A Keras model's configuration as a plain graph: which layer reads which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrp_engine.errors import FormatError

_SEQUENTIAL, _FUNCTIONAL = ("Sequential",), ("Functional", "Model")
MODELS = _SEQUENTIAL + _FUNCTIONAL
_INPUT = "(input)"
OPERATIONS = "keras.src.ops"  # where functions such as keras.ops.sum come from
CAUSAL = "use_causal_mask"  # an option of the call in Keras, of the layer here
_ATTENTION = ("Attention", "AdditiveAttention")


@dataclass(frozen=True, eq=False)
class Entry:
    """One layer of the file: its name, class, options, and the entries it reads.

    Attributes:
        path: the models it lies in and its own name there.
    """

    name: str
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    package: str | None = None  # where the class comes from, None where the file does not say
    masked: bool = False  # is told explicitly which time steps are padding
    path: tuple[str, ...] = ()

    @property
    def foreign(self) -> bool:
        return foreign(self.package, self.kind)


@dataclass(frozen=True, eq=False)
class Graph:
    """Entries in order of computation, without the input layer.

    Attributes:
        all_kinds: (name, class) of every entry of the file in its own order.
        levels: the same by the path of the model that lists them, inner models included.
        input_axes, input_length: of the model's input where the file says so.
    """

    entries: tuple[Entry, ...]
    input: str
    output: str
    all_kinds: tuple[tuple[str, str], ...]
    input_axes: int | None = None
    input_length: int | None = None
    levels: Mapping[tuple[str, ...], tuple[tuple[str, str], ...]] = field(default_factory=dict)


def foreign(package: str | None, kind: str) -> bool:
    """Whether a class is not one of Keras. Some versions register Keras' own by their name."""
    return package not in (None, kind) and not str(package).startswith(("keras", "tf_keras"))


def parse_graph(model: Any) -> Graph:
    """The graph of a `model_config` / `config.json` value.

    Raises:
        FormatError: it is no Sequential or functional model with one input and one output.
    """
    kind = _get(model, "class_name")
    if kind not in MODELS:
        raise FormatError(
            f"The Keras model is of class {kind!r:.80}; supported: Sequential and functional "
            "models. A subclass keeps its computation in Python code, which is not in the file."
        )
    config = _get(model, "config")
    # Before Keras 2.2.3 a Sequential configuration was the bare list of layers.
    layers = config if isinstance(config, list) else _get(config, "layers")
    if not isinstance(layers, list) or not layers:
        raise FormatError("The Keras model lists no layers.")
    return _sequential(layers) if kind in _SEQUENTIAL else _functional(config, layers)


def _sequential(layers: list[Any]) -> Graph:
    entries: list[Entry] = []
    previous = _INPUT
    for layer in layers:
        entry = _entry(layer, (previous,))
        if entry.kind != "InputLayer":
            entries.append(entry)
            previous = entry.name
    kinds = tuple((e.name, e.kind) for e in entries)
    _check_unique(kinds)
    return Graph(tuple(entries), _INPUT, previous, kinds, *_input_shape(layers[0]))


def _functional(config: Mapping[str, Any], layers: list[Any]) -> Graph:
    source = _only(config.get("input_layers"), "inputs")
    output = _only(config.get("output_layers"), "outputs")
    entries: dict[str, Entry] = {}
    padding_masks: set[str] = set()
    masking = _masking(layers)
    shape: tuple[int | None, int | None] = (None, None)
    kinds = tuple((_entry(layer, ()).name, _entry(layer, ()).kind) for layer in layers)
    _check_unique(kinds)
    for (name, kind), layer in zip(kinds, layers, strict=True):
        if kind == "InputLayer":
            shape = _input_shape(layer)
            continue
        call = _call(name, layer.get("inbound_nodes"))
        if _computes_mask(kind, call, masking, padding_masks):
            padding_masks.add(name)
            continue
        if set(call.masks) - padding_masks:
            raise FormatError(f"Layer {name!r} gets a mask that is computed in an unknown way.")
        entry = _entry(layer, call.inputs, masked=bool(call.masks))
        if call.causal and kind not in _ATTENTION:
            raise FormatError(f"Layer {name!r} is called with {CAUSAL}, which is not supported.")
        config = {**entry.config, CAUSAL: True} if call.causal else entry.config
        entries[name] = replace(entry, config=config)
    order = tuple(_in_order(entries, source, output))
    return Graph(order, source, output, kinds, *shape)


@dataclass(frozen=True)
class _Call:
    inputs: tuple[str, ...]
    masks: tuple[str, ...]
    constants: list[Any]
    causal: bool


def _call(name: str, nodes: Any) -> _Call:
    """What a layer is called with, in the notation of Keras 2 or 3."""
    if not isinstance(nodes, list) or len(nodes) != 1:
        times = len(nodes) if isinstance(nodes, list) else 0
        raise FormatError(f"Layer {name!r} is used {times} times, expected once.")
    if isinstance(nodes[0], Mapping):
        arguments, options = nodes[0].get("args", []), nodes[0].get("kwargs", {})
    else:  # Keras 2: [[layer, node, tensor, {options}], ...]
        arguments = [list(t[:3]) for t in nodes[0]]
        options = {k: v for t in nodes[0] if len(t) > 3 for k, v in t[3].items()}
    given = dict(options)
    if given.get("return_attention_scores"):
        raise FormatError(
            f"Layer {name!r} is called with return_attention_scores, which is not supported."
        )
    mask = given.pop("mask", None)
    if any(True for value in given.values() for _ in _tensors(value)):
        raise FormatError(
            f"Layer {name!r} gets a second input ({', '.join(map(repr, given))}), such as an "
            "initial state, which is not supported."
        )
    return _Call(
        tuple(_tensors(arguments)),
        tuple(_tensors(mask)),
        [a for a in arguments if isinstance(a, (int, float)) and not isinstance(a, bool)],
        bool(given.get(CAUSAL)),
    )


def _tensors(value: Any) -> Iterator[str]:
    """Names of the layers whose outputs occur in a value, in order."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            history = _get(value.get("config", {}), "keras_history", None)
            if value.get("class_name") == "__keras_tensor__" and history is not None:
                yield _producer(history)
            else:
                waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            if _is_history(value):
                yield _producer(value)
            else:
                waiting.extend(reversed(value))


def _is_history(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(type(n) is int for n in value[1:])
    )


def _producer(history: Any) -> str:
    if not _is_history(history):
        raise FormatError("The Keras model has a connection that cannot be read.")
    if history[1:] != [0, 0]:
        raise FormatError(
            f"The Keras model reads output {history[2]} of call {history[1]} of layer "
            f"{history[0]!r}; only layers with one output, called once, are supported."
        )
    return history[0]


def _in_order(entries: Mapping[str, Entry], source: str, output: str) -> Iterator[Entry]:
    """Entries the output depends on, each after those it reads."""
    done, open_ = {source}, set()
    waiting = [output]
    while waiting:
        name = waiting[-1]
        if name in done:
            waiting.pop()
            continue
        if name not in entries:
            raise FormatError(f"The Keras model reads layer {name!r}, which it does not describe.")
        missing = [i for i in entries[name].inputs if i not in done]
        if missing and name in open_:
            raise FormatError(f"The Keras model's layer {name!r} reads its own output.")
        if missing:
            open_.add(name)
            waiting.extend(missing)
            continue
        done.add(name)
        waiting.pop()
        yield entries[name]


def _masking(layers: list[Any]) -> list[tuple[tuple[str, ...], Any]]:
    """What layers that mask read, and the value they mask."""
    found = []
    for layer in layers:
        kind, config = _get(layer, "class_name"), _get(layer, "config")
        if kind == "Masking" or (kind == "Embedding" and _get(config, "mask_zero", False)):
            value = _get(config, "mask_value", 0.0) if kind == "Masking" else 0
            name = str(_get(config, "name", ""))
            found.append((_call(name, layer.get("inbound_nodes")).inputs, value))
    return found


def _computes_mask(
    kind: str, call: _Call, masking: list[tuple[tuple[str, ...], Any]], masks: set[str]
) -> bool:
    """Whether this is one of the operations that Keras 3 writes beside layers that pass masks on.

    The layers are enough: they pass masks on here as they do there.
    """
    if kind == "NotEqual":
        return any(call.inputs == read and call.constants == [v] for read, v in masking)
    if kind == "ZerosLike":  # of a layer's output, to give a mask its shape
        return True
    joins = ("ConvertToTensor", "ExpandDims", "LogicalOr", "Any", "Concatenate")
    return kind in joins and bool(call.inputs) and masks.issuperset(call.inputs)


def check_masks(entries: tuple[Entry, ...]) -> None:
    masking = any(
        e.kind == "Masking" or (e.kind == "Embedding" and e.config.get("mask_zero"))
        for e in entries
    )
    for entry in entries:
        if entry.masked and not masking:
            raise FormatError(
                f"Layer {entry.name!r} gets a mask, but no embedding has mask_zero=True and there "
                "is no Masking layer; mask there instead."
            )


def _only(layers: Any, what: str) -> str:
    names = list(_tensors(layers))
    if len(names) != 1:
        raise FormatError(f"The Keras model has {len(names)} {what}, expected one.")
    return names[0]


def _entry(layer: Any, inputs: tuple[str, ...], *, masked: bool = False) -> Entry:
    kind, config = _get(layer, "class_name"), _get(layer, "config")
    name = _get(config, "name", None) or _get(layer, "name", None)
    if not isinstance(kind, str) or not isinstance(config, Mapping) or not isinstance(name, str):
        raise FormatError("The Keras model lists a layer without a name, class or configuration.")
    package = layer.get("registered_name") or layer.get("module")
    if str(layer.get("module")).startswith(OPERATIONS):
        package = layer["module"]
    return Entry(name, kind, config, inputs, package if isinstance(package, str) else None, masked)


def _input_shape(layer: Any) -> tuple[int | None, int | None]:
    """Axes of the input and its fixed number of time steps, None where not stated."""
    config = _get(layer, "config")
    for key in ("batch_shape", "batch_input_shape"):
        shape = _get(config, key, None)
        if isinstance(shape, list):
            length = shape[1] if len(shape) > 1 and type(shape[1]) is int else None
            return len(shape), length
    return None, None


def _check_unique(kinds: tuple[tuple[str, str], ...]) -> None:
    names = [name for name, _ in kinds]
    if len(set(names)) != len(names):
        raise FormatError("The Keras model has two layers of the same name.")


_REQUIRED = object()


def _get(value: Any, key: str, default: Any = _REQUIRED) -> Any:
    if isinstance(value, Mapping) and key in value:
        return value[key]
    if default is _REQUIRED:
        raise FormatError(f"The Keras model lacks {key!r}; its configuration is damaged.")
    return default
