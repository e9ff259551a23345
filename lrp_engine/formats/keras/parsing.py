"""A Keras model's configuration, read into a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.classes import KERAS_CLASSES, has_arrays, masked_value
from lrp_engine.formats.keras.graph import (
    CAUSAL,
    MODELS,
    OPERATIONS,
    SEQUENTIAL,
    Entry,
    Graph,
    Listed,
)

_INPUT = "(input)"


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
    return _sequential(layers) if kind in SEQUENTIAL else _functional(config, layers)


def _sequential(layers: list[Any]) -> Graph:
    entries: list[Entry] = []
    previous = _INPUT
    for layer in layers:
        entry = _entry(layer, (previous,))
        if entry.kind != "InputLayer":
            entries.append(entry)
            previous = entry.name
    listed = _listed(entries)
    return Graph(tuple(entries), _INPUT, previous, listed, *_input_shape(layers[0]))


def _functional(config: Mapping[str, Any], layers: list[Any]) -> Graph:
    source = _only(config.get("input_layers"), "inputs")
    output = _only(config.get("output_layers"), "outputs")
    described = [_entry(layer, ()) for layer in layers]
    listed = _listed(described)
    masking = _masking(described, layers)
    entries: dict[str, Entry] = {}
    padding_masks: set[str] = set()
    shape: tuple[int | None, int | None] = (None, None)
    for entry, layer in zip(described, layers, strict=True):
        if entry.kind == "InputLayer":
            shape = _input_shape(layer)
            continue
        call = _call(entry.name, layer.get("inbound_nodes"))
        if _computes_mask(entry.kind, call, masking, padding_masks):
            padding_masks.add(entry.name)
            continue
        entries[entry.name] = _called(entry, call, padding_masks)
    order = tuple(_in_order(entries, source, output))
    return Graph(order, source, output, listed, *shape)


def _called(entry: Entry, call: _Call, padding_masks: set[str]) -> Entry:
    """The entry with what it is called with."""
    if set(call.masks) - padding_masks:
        raise FormatError(f"Layer {entry.name!r} gets a mask that is computed in an unknown way.")
    keras_class = KERAS_CLASSES.get(entry.kind)
    if call.causal and not (keras_class and keras_class.causal_call):
        raise FormatError(f"Layer {entry.name!r} is called with {CAUSAL}, which is not supported.")
    config = {**entry.config, CAUSAL: True} if call.causal else entry.config
    return replace(entry, config=config, inputs=call.inputs, masked=bool(call.masks))


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


def _masking(entries: list[Entry], layers: list[Any]) -> list[tuple[tuple[str, ...], Any]]:
    """What layers that mask read, and the value they mask."""
    masking = []
    for entry, layer in zip(entries, layers, strict=True):
        value = masked_value(entry.kind, entry.config)
        if value is not None:
            masking.append((_call(entry.name, layer.get("inbound_nodes")).inputs, value))
    return masking


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
    """Raise FormatError where a layer is given a mask that no layer makes."""
    masking = any(masked_value(entry.kind, entry.config) is not None for entry in entries)
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


def _entry(layer: Any, inputs: tuple[str, ...]) -> Entry:
    kind, config = _get(layer, "class_name"), _get(layer, "config")
    name = _get(config, "name", None) or _get(layer, "name", None)
    if not isinstance(kind, str) or not isinstance(config, Mapping) or not isinstance(name, str):
        raise FormatError("The Keras model lists a layer without a name, class or configuration.")
    package = layer.get("registered_name") or layer.get("module")
    if str(layer.get("module")).startswith(OPERATIONS):
        package = layer["module"]
    return Entry(name, kind, config, inputs, package if isinstance(package, str) else None)


def _input_shape(layer: Any) -> tuple[int | None, int | None]:
    """Axes of the input and its fixed number of time steps, None where not stated."""
    config = _get(layer, "config")
    for key in ("batch_shape", "batch_input_shape"):
        shape = _get(config, key, None)
        if isinstance(shape, list):
            length = shape[1] if len(shape) > 1 and type(shape[1]) is int else None
            return len(shape), length
    return None, None


def _listed(entries: list[Entry]) -> tuple[Listed, ...]:
    """The list of layers; raises FormatError where two have one name."""
    if len({entry.name for entry in entries}) != len(entries):
        raise FormatError("The Keras model has two layers of the same name.")
    return tuple(
        Listed(e.name, e.kind, e.kind in MODELS or has_arrays(e.kind, e.config)) for e in entries
    )


_REQUIRED = object()


def _get(value: Any, key: str, default: Any = _REQUIRED) -> Any:
    if isinstance(value, Mapping) and key in value:
        return value[key]
    if default is _REQUIRED:
        raise FormatError(f"The Keras model lacks {key!r}; its configuration is damaged.")
    return default
