"""A Keras graph and its arrays as the nodes of a network, and what its output means."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.keras.classes import masked_value
from lrp_engine.formats.keras.graph import PREFIX, Graph
from lrp_engine.formats.keras.layers import build
from lrp_engine.formats.keras.lengths import texts_of_one_length
from lrp_engine.formats.keras.losses import LOSSES
from lrp_engine.formats.keras.several import called_inputs, several_inputs
from lrp_engine.formats.keras.weights import Weights
from lrp_engine.formats.plain import unused_name
from lrp_engine.layers import (
    Activation,
    Conv1D,
    Dense,
    Embedding,
    Layer,
    OneMasked,
    Shape,
    Softmax,
    Unmasked,
    ZeroMasked,
)
from lrp_engine.layers.activations import check_activation
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.graph import INPUT, Node, find_shapes
from lrp_engine.model.outputs import OUTPUTS
from lrp_engine.model.text import LONGEST


@dataclass(frozen=True, eq=False)
class _Step:
    """A layer and what reads it in place of the entries that became part of it."""

    node: Node
    activation: str = "linear"


def assemble(
    graph: Graph, weights: Weights, given: Companions, *, old: bool, loss: str = ""
) -> dict[str, Any]:
    """The arguments of Network: entries without a layer vanish, activations join their layer.

    Args:
        loss: that the model was trained by, where the file says it.

    Raises:
        FormatError: a layer is not supported, or the layers do not fit each other.
    """
    steps: list[_Step] = []
    called = called_inputs(graph)
    # Entry -> position of the step that computes it; inputs have negative ones.
    where: dict[str, int] = {name: -1 - n for n, name in enumerate(graph.inputs)}
    used: set[str] = {INPUT, *called}
    reads = Counter(name for entry in graph.entries for name in entry.inputs)
    shared = dict.fromkeys(graph.inputs, True)  # whether others see what an entry passes on

    masks = any(masked_value(entry.kind, entry.config) is not None for entry in graph.entries)

    def append(name: str, layer: Layer, sources: list[int]) -> int:
        inputs = tuple(called[-1 - s] if s < 0 else steps[s].node.name for s in sources)
        steps.append(_Step(Node(unused_name(name, used), layer, inputs)))
        return len(steps) - 1

    for entry in graph.entries:
        built = build(entry, weights(entry.path), old=old)
        sources = [where[name] for name in entry.inputs]
        if masks and entry.kind.startswith(PREFIX):  # functions know no masks
            sources = [append(f"{entry.name}_unmasked", Unmasked(), [at]) for at in sources]
        if masks and entry.kind == "MultiHeadAttention":
            raise FormatError(
                f"Layer {entry.name!r} (MultiHeadAttention) is in a model that masks steps. Keras "
                "then forgets the masks of what it reads, in an order that the file does not "
                "state. Where texts go in without padding, masks change nothing: build the model "
                "again with mask_zero=False and without Masking, give it the weights by "
                "new.set_weights(model.get_weights()), and save that."
            )
        if masks and entry.kind == "Multiply" and not old:
            # There masked steps of a factor count as 1, those of all factors make 0.
            sources = [append(f"{entry.name}_factor", OneMasked(), [at]) for at in sources]
            built = replace(built, after=ZeroMasked())
        if built.layer is not None:
            where[entry.name] = append(entry.name, built.layer, sources)
        else:
            where[entry.name] = sources[0]
        at = where[entry.name]
        first = entry.inputs[0]
        shared[entry.name] = built.layer is None and (shared[first] or reads[first] > 1)
        if built.activation != "linear":
            if at < 0 or steps[at].activation != "linear" or shared[entry.name]:
                layer = _activation(entry.name, built.activation)
                where[entry.name] = append(entry.name, layer, [at])
            else:
                steps[at] = replace(steps[at], activation=built.activation)
        if built.after is not None:
            name = f"{entry.name}_{built.after.kind}"
            where[entry.name] = append(name, built.after, [where[entry.name]])
    if not steps:
        raise FormatError("The Keras model has no layers with weights.")
    if where[graph.output] != len(steps) - 1:
        raise FormatError("The Keras model's output is not computed by its last layer.")
    nodes = [node for step in steps[:-1] for node in _with_activation(step, used)]
    last = steps[-1]
    if isinstance(last.node.layer, (Softmax, Activation)):  # of a layer that others read, too
        raise FormatError(f"The Keras model ends in {last.node.name!r}, which is not supported.")
    ends = last.activation in _LINKS and given.output != "linear"
    nodes += [last.node] if ends else _with_activation(last, used)
    sizes: dict[str, Any]
    if len(graph.inputs) > 1:
        sizes, shapes, text = {}, *several_inputs(nodes, graph, given)
    else:
        sizes, shapes = _shapes(nodes, graph)
        _check_input(graph, nodes[0].layer, shapes[INPUT])
        text = texts_of_one_length(graph.first, nodes[0].layer, given, always=bool(sizes))
    output, assumptions = _output(last, shapes[nodes[-1].name], given, loss)
    assumptions += text.pop("assumptions", [])
    return {"nodes": nodes, "output": output, "assumptions": assumptions, **sizes, **text}


def _shapes(nodes: list[Node], graph: Graph) -> tuple[dict[str, Any], dict[str, Shape]]:
    """Shapes, and what the file states of its inputs where the layers need it to be so."""
    axes, length, units = graph.first.axes, graph.first.length or 0, graph.first.units
    stated = 0 < length <= LONGEST
    if axes == 2 and stated and not nodes[0].layer.reads_ids:
        return _of_features(nodes, length)
    vectors = stated and axes == 3 and units is not None
    try:
        shapes = find_shapes(nodes)
        timed = shapes[INPUT].time
        needed = any(node.layer.by_position for node in nodes) if timed else vectors
        if not (stated and needed):
            return {}, shapes
    except FormatError:
        if not stated:
            raise
    sizes: dict[str, Any] = {"length": length}
    if units and vectors and not any(_says_units(node) for node in nodes):
        sizes["units"] = units
    return sizes, find_shapes(nodes, **sizes)


def _of_features(nodes: list[Node], count: int) -> tuple[dict[str, int], dict[str, Shape]]:
    """Of an input without steps; its features are counted where the weights behind it are not."""
    try:
        shapes = find_shapes(nodes)
        if not shapes[INPUT].time:
            return {}, shapes
    except FormatError:
        pass
    return {"units": count}, find_shapes(nodes, units=count)


def _says_units(node: Node) -> bool:
    """Whether weights are made for the units of the input."""
    return INPUT in node.inputs and node.layer.input_shape() is not None


def _with_activation(step: _Step, used: set[str]) -> list[Node]:
    """The layer with its activation inside, or else as a layer of its own under the same name."""
    node, layer = step.node, _activation(step.node.name, step.activation)
    if step.activation == "linear":
        return [node]
    if isinstance(node.layer, (Dense, Conv1D)) and isinstance(layer, Activation):
        return [replace(node, layer=replace(node.layer, activation=step.activation))]
    before = replace(node, name=unused_name(f"{node.name}_linear", used))
    return [before, Node(node.name, layer, (before.name,))]


def _activation(name: str, activation: str) -> Layer:
    if activation == "softmax":
        return Softmax()
    check_activation(f"Layer {name!r}", activation)
    return Activation(activation)


# Activations that are the link of an output kind: the layers end before them.
_LINKS = tuple(name for name in OUTPUTS if name != "linear")


def _output(last: _Step, shape: Shape, given: Companions, loss: str) -> tuple[str, list[str]]:
    """What the last layer's numbers mean, and what had to be assumed for it."""
    if given.output == "linear":
        return given.output, []
    if last.activation in _LINKS:
        if given.output not in (None, last.activation):
            raise FormatError(
                f"The spec has output {given.output!r}, but the file's last activation is "
                f"{last.activation!r}."
            )
        return last.activation, []
    if given.output is not None:
        return given.output, []
    meant = LOSSES.get(loss)
    if meant == "softmax" and shape.units == 1:
        meant = None
    if meant is not None:
        return meant, []
    trained = f"by the loss {loss!r:.60}, " if loss else ""
    numbers = "number is taken as a value" if shape.units == 1 else "numbers are taken as values"
    said = (
        f"The file ends in the activation {last.activation!r}, and does not say {trained}whether "
        f"its numbers are values or logits of classes: the last layer's {numbers}, as of a "
        'regression. For classes say it in the spec: "output": "softmax", or "sigmoid".'
    )
    return "linear", [Assumption(said, "output")]


def _check_input(graph: Graph, first: Layer, wanted: Shape) -> None:
    """An input of another rank than the layers are made for would be read as something else."""
    axes = graph.first.axes
    expected = 2 if isinstance(first, Embedding) or not wanted.time else 3
    if axes is not None and axes != expected:
        raise FormatError(
            f"The Keras model takes an input with {axes} axes, expected {expected}: "
            "(batch, time) of word ids, (batch, time, units) or (batch, features)."
        )
