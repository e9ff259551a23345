"""A Keras model's configuration, read into a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.spec import chosen_output
from lrp_engine.formats.keras.calls import (
    Call,
    get,
    input_layers,
    named,
    output_keys,
    output_layers,
    read_calls,
    states_read,
)
from lrp_engine.formats.keras.classes import KERAS_CLASSES, has_arrays, masked_value
from lrp_engine.formats.keras.graph import (
    CAUSAL,
    MODELS,
    OPERATIONS,
    SEQUENTIAL,
    Entry,
    Graph,
    Listed,
    Start,
)
from lrp_engine.formats.keras.operations import is_operation, read_operation

_INPUT = "(input)"
# What Keras 3 writes of masks. Some are also what authors call.
MASK_OPERATIONS = (
    "NotEqual", "ZerosLike", "ConvertToTensor", "ExpandDims", "LogicalOr", "Any", "Concatenate",
)  # fmt: skip


def parse_graph(model: Any, wanted: str | int | None = None) -> Graph:
    """The graph of a `model_config` / `config.json` value.

    Args:
        wanted: the output that counts, see `chosen_output`.

    Raises:
        FormatError: it is no Sequential or functional model.
    """
    kind = get(model, "class_name")
    if kind not in MODELS:
        raise FormatError(
            f"The Keras model is of class {kind!r:.80}; supported: Sequential and functional "
            "models. A subclass keeps its computation in Python code, which is not in the file."
        )
    config = get(model, "config")
    # Before Keras 2.2.3 a Sequential configuration was the bare list of layers.
    layers = config if isinstance(config, list) else get(config, "layers")
    if not isinstance(layers, list) or not layers:
        raise FormatError("The Keras model lists no layers.")
    if kind in SEQUENTIAL:
        graph = _sequential(layers)
        chosen_output(wanted, (graph.output,), "Keras model")
        return graph
    return _functional(config, layers, wanted)


def _sequential(layers: list[Any]) -> Graph:
    entries: list[Entry] = []
    previous = _INPUT
    for layer in layers:
        entry = _entry(layer, (previous,))
        if entry.kind != "InputLayer":
            entries.append(entry)
            previous = entry.name
    listed = _listed(entries)
    start = _start(layers[0])
    return Graph(tuple(entries), {_INPUT: start}, previous, listed, chosen=previous)


def _functional(config: Mapping[str, Any], layers: list[Any], wanted: str | int | None) -> Graph:
    sources = input_layers(config.get("input_layers"))
    outputs = output_layers(config.get("output_layers"))
    keys = output_keys(config.get("output_layers"))
    titles = tuple(keys.get(name, name) for name in outputs)
    output = outputs[titles.index(chosen_output(wanted, titles, "Keras model"))]
    described = [_entry(layer, ()) for layer in layers]
    listed = _listed(described)
    masking = _masking(described, layers)
    entries: dict[str, Entry] = {}
    padding_masks: set[str] = set()
    states = states_read(layers, config.get("output_layers"))
    starts = dict.fromkeys(sources, Start())
    for entry, layer in zip(described, layers, strict=True):
        if entry.kind == "InputLayer":
            if entry.name in starts:
                starts[entry.name] = _start(layer)
            continue
        nodes = layer.get("inbound_nodes")
        if is_operation(entry) and entry.kind not in MASK_OPERATIONS:
            entries[entry.name] = read_operation(entry, nodes)
            continue
        calls = read_calls(entry.name, nodes)
        if _computes_mask(entry.kind, calls[0], masking, padding_masks):
            padding_masks.add(entry.name)
            continue
        if is_operation(entry):
            entries[entry.name] = read_operation(entry, nodes)
            continue
        for number, call in enumerate(calls):
            name = named(entry.name, number, 0)
            one = replace(entry, name=name, layer=None if len(calls) == 1 else entry.name)
            entries[name] = _called(one, call, padding_masks)
        for number, state in states.get(entry.name, ()):
            if 0 <= number < len(calls):
                name = named(entry.name, number, state)
                one = replace(entry, name=name, layer=entry.name, output=state)
                entries[name] = _called(one, calls[number], padding_masks)
    order = tuple(_in_order(entries, sources, output))
    several = outputs if len(outputs) > 1 else ()
    return Graph(order, starts, output, listed, chosen=output, outputs=several, keys=keys)


def _called(entry: Entry, call: Call, padding_masks: set[str]) -> Entry:
    """The entry with what it is called with."""
    if set(call.masks) - padding_masks:
        raise FormatError(f"Layer {entry.name!r} gets a mask that is computed in an unknown way.")
    keras_class = KERAS_CLASSES.get(entry.kind)
    if call.causal and not (keras_class and keras_class.causal_call):
        raise FormatError(f"Layer {entry.name!r} is called with {CAUSAL}, which is not supported.")
    config = {**entry.config, CAUSAL: True} if call.causal else entry.config
    return replace(entry, config=config, inputs=call.inputs, masked=bool(call.masks))


def _in_order(entries: Mapping[str, Entry], sources: Iterable[str], output: str) -> Iterator[Entry]:
    """Entries the output depends on, each after those it reads."""
    done, open_ = {*sources}, set()
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
            calls = read_calls(entry.name, layer.get("inbound_nodes"))
            masking += [(call.inputs, value) for call in calls]
    return masking


def _computes_mask(
    kind: str, call: Call, masking: list[tuple[tuple[str, ...], Any]], masks: set[str]
) -> bool:
    """Whether this is one of the operations that Keras 3 writes beside layers that pass masks on.

    The layers are enough: they pass masks on here as they do there.
    """
    if kind == "NotEqual":
        return any(call.inputs == read and call.constants == [v] for read, v in masking)
    if kind == "ZerosLike":  # of a layer's output, to give a mask its shape
        return True
    return kind in MASK_OPERATIONS and bool(call.inputs) and masks.issuperset(call.inputs)


def check_masks(entries: tuple[Entry, ...]) -> None:
    """Raise FormatError where a layer is given a mask that no layer makes."""
    masking = any(masked_value(entry.kind, entry.config) is not None for entry in entries)
    for entry in entries:
        if entry.masked and not masking:
            raise FormatError(
                f"Layer {entry.name!r} gets a mask, but no embedding has mask_zero=True and there "
                "is no Masking layer; mask there instead."
            )


def _entry(layer: Any, inputs: tuple[str, ...]) -> Entry:
    kind, config = get(layer, "class_name"), get(layer, "config")
    name = get(config, "name", None) or get(layer, "name", None)
    if not isinstance(kind, str) or not isinstance(config, Mapping) or not isinstance(name, str):
        raise FormatError("The Keras model lists a layer without a name, class or configuration.")
    package = layer.get("registered_name") or layer.get("module")
    if str(layer.get("module")).startswith(OPERATIONS):
        package = layer["module"]
    elif _is_nameless_operation(layer, config):
        package = OPERATIONS
    return Entry(name, kind, config, inputs, package if isinstance(package, str) else None)


def _is_nameless_operation(layer: Any, config: Mapping[str, Any]) -> bool:
    """Whether this is a function in an .h5 of Keras 3, which does not say where classes come from.

    A function has its name and arguments alone; a layer says at least its type of numbers.
    """
    nodes = layer.get("inbound_nodes")
    of_keras_3 = isinstance(nodes, list) and bool(nodes) and isinstance(nodes[0], Mapping)
    named = {"module", "registered_name"} & set(layer)
    return of_keras_3 and not named and not {"trainable", "dtype", "layers"} & set(config)


def _start(layer: Any) -> Start:
    config = get(layer, "config")
    for key in ("batch_shape", "batch_input_shape"):
        shape = get(config, key, None)
        if isinstance(shape, list):
            length, units, *_ = [n if type(n) is int else None for n in (*shape[1:], None, None)]
            return Start(len(shape), length, units)
    return Start()


def _listed(entries: list[Entry]) -> tuple[Listed, ...]:
    """The list of layers; raises FormatError where two have one name."""
    if len({entry.name for entry in entries}) != len(entries):
        raise FormatError("The Keras model has two layers of the same name.")
    return tuple(
        Listed(e.name, e.kind, e.kind in MODELS or has_arrays(e.kind, e.config)) for e in entries
    )
