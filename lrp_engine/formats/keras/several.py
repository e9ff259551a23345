"""The inputs of a Keras model that has several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.inputs import about_input
from lrp_engine.formats.keras.graph import Graph
from lrp_engine.formats.keras.lengths import texts_of_one_length
from lrp_engine.formats.plain import unused_name
from lrp_engine.model.graph import INPUT, Node, several_shapes
from lrp_engine.model.reads import Input, checked_inputs
from lrp_engine.model.shapes import Shape


def called_inputs(graph: Graph) -> list[str]:
    """What nodes call the inputs."""
    if len(graph.inputs) == 1:
        return [INPUT]
    used: set[str] = set()
    return [unused_name(name, used) for name in graph.inputs]


def several_inputs(
    nodes: Sequence[Node], graph: Graph, given: Companions
) -> tuple[dict[str, Shape], dict[str, Any]]:
    """Shapes of all nodes; and the inputs, what is assumed of them, and warnings.

    A length counts where layers are made for it; texts are filled up to it where padding is read.

    Raises:
        FormatError: an input has other axes than layers can read, or layers do not fit.
    """
    inputs = _described(nodes, graph)
    free = [replace(one, length=None) for one in inputs]
    try:
        shapes = several_shapes(nodes, checked_inputs(free, nodes))
        always = any(node.layer.by_position for node in nodes)
    except FormatError:
        always = True
    if always:
        free = inputs
        shapes = several_shapes(nodes, checked_inputs(free, nodes))
    several, assumptions, warnings = [], [], []
    for one, start in zip(free, graph.inputs.values(), strict=True):
        text: dict[str, Any] = {}
        if one.ids:
            table = next(n.layer for n in nodes if n.layer.reads_ids and one.name in n.inputs)
            own = given.of_input(one.name)
            text = texts_of_one_length(start, table, own, always=always)
        assumptions += [about_input(one.name, said) for said in text.pop("assumptions", [])]
        warnings += [about_input(one.name, said) for said in text.pop("warnings", [])]
        several.append(replace(one, **text))
    return shapes, {"several": several, "assumptions": assumptions, "warnings": tuple(warnings)}


def _described(nodes: Sequence[Node], graph: Graph) -> list[Input]:
    """The inputs as the file describes them."""
    found = []
    for name, start in zip(called_inputs(graph), graph.inputs.values(), strict=True):
        ids = any(node.layer.reads_ids for node in nodes if name in node.inputs)
        expected = (2,) if ids else (2, 3)
        if start.axes not in expected:
            raise FormatError(
                f"The Keras model's input {name!r:.60} has "
                f"{start.axes or 'no stated'} axes, expected "
                f"{' or '.join(map(str, expected))}: (batch, time) of word ids, (batch, time, "
                "units) or (batch, features)."
            )
        timed = start.axes == 3
        units = 0 if ids else start.units if timed else start.length
        if units is None:
            raise FormatError(f"The Keras model's input {name!r:.60} does not say its last axis.")
        length = start.length if ids or timed else None
        found.append(Input(name=name, units=units, time=timed, ids=ids, length=length))
    return found
