"""Nodes: named layers that read each other, with their shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.model.layer import Layer, map_arrays
from lrp_engine.model.reads import Input, start_shapes
from lrp_engine.model.shapes import WORDS, Shape

INPUT = "input"
# Tracing a layer takes a part of a second, a recurrent one seconds: together they count no more.
MOST_LAYERS = 256


@dataclass(frozen=True, eq=False)
class Node:
    """A named layer and the names of the nodes it reads; `"input"` is the network's input."""

    name: str
    layer: Layer
    inputs: tuple[str, ...] = (INPUT,)


def require_few(layers: Iterable[Layer]) -> None:
    """Stop where there are too many layers, before anything is done with each.

    Raises:
        FormatError: they are, or count as, more than `MOST_LAYERS`, see `Layer.counts`.
    """
    many = sum(layer.counts for layer in layers)
    if many > MOST_LAYERS:
        raise FormatError(
            f"The network's layers count as {many:,} (a recurrent one as several); up to "
            f"{MOST_LAYERS} are read."
        )


def find_shapes(
    nodes: Sequence[Node],
    length: int | None = None,
    units: int | None = None,
    *,
    time: bool = False,
) -> dict[str, Shape]:
    """Output shape by node name, and that of the input, which the layers' weights are made for.

    Of a network of one input; of several see `several_shapes`.

    Args:
        length: time steps of every input, where there can be no other number.
        units: of an input step, where no layer's weights say it, as before a Flatten; without a
            length or `time` the number of features of an input that has no steps.
        time: inputs have time steps, where the layers work with and without, as dense ones do.

    Raises:
        FormatError: a name is not one, or layers do not fit each other.
    """
    claims = (node.layer.input_shape() for node in nodes)
    claimed = next((claim for claim in claims if claim is not None), None)
    if units is not None:
        return _shapes(nodes, {INPUT: Shape(units, time=time or length is not None, length=length)})
    if claimed is None:
        raise FormatError("No layer says how many numbers the network takes: none has weights.")
    timed = claimed._replace(time=True, length=length)
    try:
        return _shapes(nodes, {INPUT: timed if time or claimed.time else claimed})
    except FormatError:
        # A dense layer works at every time step, too; a later layer may need them.
        try:
            shapes = _shapes(nodes, {INPUT: timed})
        except FormatError:
            pass
        else:
            last = shapes[nodes[-1].name]
            if not last.time or last.steps == WORDS:
                return shapes
        raise


def several_shapes(nodes: Sequence[Node], inputs: Sequence[Input]) -> dict[str, Shape]:
    """Output shape by node name, and those of several inputs.

    Steps of different inputs are different ones. Where layers merge them step by step they must be
    the same, and every input then needs as many: they have the steps `WORDS`.

    Raises:
        FormatError: as of `find_shapes`.
    """
    try:
        return _shapes(nodes, start_shapes(inputs, tied=False))
    except FormatError:
        return _shapes(nodes, start_shapes(inputs, tied=True))


def _shapes(nodes: Sequence[Node], start: Mapping[str, Shape]) -> dict[str, Shape]:
    shapes = {**start}
    for position, node in enumerate(nodes):
        if node.name in shapes or not node.name or "/" in node.name:
            raise FormatError(f"Layer name {node.name!r} is empty, holds '/' or is used twice.")
        several = len(start) > 1 and start.keys() >= {*node.inputs}
        if node.layer.reads_ids and position > 0 and not several:
            raise FormatError(f"The embedding {node.name!r} must be the first layer.")
        missing = [name for name in node.inputs if name not in shapes]
        if missing:
            raise FormatError(
                f"Layer {node.name!r} reads {missing[0]!r}, but no earlier layer is called so."
            )
        try:
            shapes[node.name] = node.layer.output_shape(*(shapes[i] for i in node.inputs))
        except FormatError as error:
            raise FormatError(f"Layer {node.name!r}: {error}") from None
    return shapes


def frozen(node: Node, dtype: str, copies: dict[int, tuple[np.ndarray, np.ndarray]]) -> Node:
    """The node with read-only copies of its weights in `dtype`.

    Args:
        copies: those made before, by the identity of an array: nodes that share one go on so.

    Raises:
        FormatError: weights are no numbers, or not finite in it.
    """

    def freeze(given: np.ndarray) -> np.ndarray:
        if id(given) in copies:
            return copies[id(given)][1]
        if given.dtype.kind not in "fiu":
            raise FormatError(f"Layer {node.name!r} has weights of type {given.dtype}.")
        with np.errstate(over="ignore"):  # reported below, as infinity
            array = np.array(given, dtype)  # a copy: the caller may change its own
        if not np.isfinite(array).all():
            why = "too large for it" if np.isfinite(given).all() else "the training diverged"
            raise FormatError(
                f"Layer {node.name!r} has weights that are not finite in {dtype} (NaN or "
                f"infinity); probably {why}."
            )
        array.flags.writeable = False
        copies[id(given)] = given, array  # the one given stays alive, so its identity is its own
        return array

    return replace(node, layer=map_arrays(node.layer, freeze))
