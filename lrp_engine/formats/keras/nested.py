"""Keras models inside models: one flat graph, in which every layer remembers where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.graph import MODELS, Entry, Graph
from lrp_engine.formats.keras.parsing import check_masks, parse_graph

_DEEPEST = 8  # models inside models inside models


def parse_model(model: Any, wanted: str | int | None = None) -> Graph:
    """The graph of a configuration, its inner models dissolved into their layers.

    An inner layer is called `inner model/layer`; `Entry.path` holds the parts.

    Args:
        wanted: as of `parse_graph`.

    Raises:
        FormatError: a model is malformed, or nested too deeply.
    """
    graph = _flat(model, (), 0, wanted)
    check_masks(graph.entries)
    return graph


def _flat(model: Any, path: tuple[str, ...], depth: int, wanted: str | int | None = None) -> Graph:
    if depth > _DEEPEST:
        raise FormatError(f"The Keras model nests models deeper than {_DEEPEST} levels.")
    graph = parse_graph(_first_call(model), wanted)
    if depth and graph.outputs:
        raise FormatError(
            f"The model {'/'.join(path)!r:.60} inside has {len(graph.outputs)} outputs, expected "
            "one."
        )
    entries: list[Entry] = []
    levels = {path: graph.listed}
    outputs: dict[str, str] = {}  # what stands for an inner model -> the entry that computes it

    def named(name: str) -> str:
        return "/".join((*path, name)) if path else name

    for entry in graph.entries:
        inputs = tuple(outputs.get(name, named(name)) for name in entry.inputs)
        here = replace(entry, name=named(entry.name), inputs=inputs)
        here = replace(here, path=(*path, entry.layer or entry.name))
        if entry.kind not in MODELS or here.foreign:
            entries.append(here)
            continue
        if entry.layer is not None:
            raise FormatError(
                f"The model {entry.layer!r} inside is used more than once, expected once."
            )
        if len(inputs) != 1:
            raise FormatError(f"The model {entry.name!r} inside reads {len(inputs)} inputs.")
        inner = _flat(
            {"class_name": entry.kind, "config": entry.config}, (*path, entry.name), depth + 1
        )
        levels |= inner.levels
        entries += [
            replace(e, inputs=tuple(inputs[0] if i == inner.input else i for i in e.inputs))
            for e in inner.entries
        ]
        outputs[entry.name] = inputs[0] if inner.output == inner.input else inner.output
    return replace(
        graph,
        entries=tuple(entries),
        input=named(graph.input),
        output=outputs.get(graph.output, named(graph.output)),
        levels=levels,
    )


def _first_call(model: Any) -> Any:
    """A functional configuration in which inner models are read at call 0.

    A model is born with call 0, its own input to its own output, so that Keras numbers its first
    use in another model 1, in some notations and versions.
    """
    config = model.get("config") if isinstance(model, Mapping) else None
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(layers, list):
        return model
    inner = {
        layer.get("name") for layer in layers
        if isinstance(layer, Mapping) and layer.get("class_name") in MODELS
    }  # fmt: skip
    if not inner:
        return model
    wired = [
        {**layer, "inbound_nodes": _renumbered(layer["inbound_nodes"], inner)}
        if isinstance(layer, Mapping) and "inbound_nodes" in layer
        else layer
        for layer in layers
    ]
    outputs = _renumbered(config.get("output_layers"), inner)
    return {**model, "config": {**config, "layers": wired, "output_layers": outputs}}


def _renumbered(value: Any, inner: set[Any], depth: int = 0) -> Any:
    if depth > 20:  # a connection lies a few lists deep
        return value
    if isinstance(value, Mapping):
        return {key: _renumbered(item, inner, depth + 1) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) >= 3 and isinstance(value[0], str) and value[0] in inner and value[1] == 1:
        return [value[0], 0, *value[2:]]
    return [_renumbered(item, inner, depth + 1) for item in value]
