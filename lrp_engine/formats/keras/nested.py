"""Keras models inside models: one flat graph, in which every layer remembers where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.graph import MODELS, Entry, Graph
from lrp_engine.formats.keras.parsing import check_masks, parse_graph

_DEEPEST = 8  # models inside models inside models
_MOST_MODELS = 256


def parse_model(model: Any, wanted: str | int | None = None) -> Graph:
    """The graph of a configuration, its inner models dissolved into their layers.

    An inner layer is called `inner model/layer`; `Entry.path` holds the parts.

    Args:
        wanted: as of `parse_graph`.

    Raises:
        FormatError: a model is malformed, or nested too deeply.
    """
    graph = _flat(model, (), (), count(), wanted)
    check_masks(graph.entries)
    read = {graph.output, *(name for entry in graph.entries for name in entry.inputs)}
    if not read & set(graph.inputs):
        raise FormatError("The Keras model's output is computed from none of its inputs.")
    return replace(
        graph,
        inputs={name: start for name, start in graph.inputs.items() if name in read},
        unread=tuple(name for name in graph.inputs if name not in read),
    )


def _flat(
    model: Any,
    path: tuple[str, ...],
    called: tuple[str, ...],
    models: Iterator[int],
    wanted: str | int | None = None,
) -> Graph:
    """The graph of a model.

    Args:
        path: the models it lies in and its own name. called: the same, told apart where a model is
            used more than once.
        models: counts them.
    """
    depth = len(path)
    if depth > _DEEPEST:
        raise FormatError(f"The Keras model nests models deeper than {_DEEPEST} levels.")
    if next(models) > _MOST_MODELS:
        raise FormatError(f"The Keras model uses models inside more than {_MOST_MODELS} times.")
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
        return "/".join((*called, name)) if called else name

    for entry in graph.entries:
        inputs = tuple(outputs.get(name, named(name)) for name in entry.inputs)
        here = replace(entry, name=named(entry.name), inputs=inputs)
        here = replace(here, path=(*path, entry.layer or entry.name))
        if entry.kind not in MODELS or here.foreign:
            entries.append(here)
            continue
        if entry.output:
            raise FormatError(
                f"The model {entry.layer!r:.60} inside is read at its output {entry.output}, "
                "expected its only one."
            )
        inner = _flat(
            {"class_name": entry.kind, "config": entry.config},
            here.path,
            (*called, entry.name),
            models,
        )
        if len(inputs) != len(inner.inputs):
            raise FormatError(
                f"The model {entry.name!r:.60} inside gets {len(inputs)} inputs, expected "
                f"{len(inner.inputs)}."
            )
        levels |= inner.levels
        given = dict(zip(inner.inputs, inputs, strict=True))
        entries += [
            replace(e, inputs=tuple(given.get(i, i) for i in e.inputs)) for e in inner.entries
        ]
        outputs[entry.name] = given.get(inner.output, inner.output)
    return replace(
        graph,
        entries=tuple(entries),
        inputs={named(name): start for name, start in graph.inputs.items()},
        output=outputs.get(graph.output, named(graph.output)),
        levels=levels,
    )


def _first_call(model: Any) -> Any:
    """A functional configuration in which the calls of inner models count from 0.

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
    read = [layer.get("inbound_nodes") for layer in layers if isinstance(layer, Mapping)]
    calls: dict[str, set[int]] = {}
    for value in (read, config.get("output_layers")):
        _renumbered(value, inner, lambda name, call: calls.setdefault(name, set()).add(call))

    def from_0(name: str, call: int) -> int:
        return call if 0 in calls[name] else call - 1

    wired = [
        {**layer, "inbound_nodes": _renumbered(layer["inbound_nodes"], inner, from_0)}
        if isinstance(layer, Mapping) and "inbound_nodes" in layer
        else layer
        for layer in layers
    ]
    outputs = _renumbered(config.get("output_layers"), inner, from_0)
    return {**model, "config": {**config, "layers": wired, "output_layers": outputs}}


def _renumbered(
    value: Any, inner: set[Any], renumber: Callable[[str, int], Any], depth: int = 0
) -> Any:
    """The same connections, with the calls of inner models numbered anew."""
    if depth > 20:  # a connection lies a few lists deep
        return value
    if isinstance(value, Mapping):
        return {key: _renumbered(item, inner, renumber, depth + 1) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    name, call, *rest = value if len(value) >= 3 else (None, None)
    if isinstance(name, str) and name in inner and type(call) is int:
        return [name, renumber(name, call), *rest]
    return [_renumbered(item, inner, renumber, depth + 1) for item in value]
