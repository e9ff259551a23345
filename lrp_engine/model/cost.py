"""What one pass through a network costs, counted from shapes before anything is computed.

The bytes are an upper bound: a test holds them to what passes take. The operations are an estimate
of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lrp_engine.model.graph import Node
from lrp_engine.model.layer import arrays_of
from lrp_engine.model.shapes import Extent, Shape

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Weights are held again: as tensors, split into gates, transposed; for some rules by sign.
WEIGHTS, BY_SIGN = 3, 8
# Numbers held in a forward pass alone, of those of a pass with its way back.
FORWARD = 0.5
# A backward pass costs about as many operations as two forward passes.
BACKWARD = 2


class Cost(NamedTuple):
    """Of one pass.

    Attributes:
        nbytes: that it holds at once, at most.
        operations: multiplications, about.
        largest: the node that takes most of the bytes; slowest: most of the operations.
    """

    nbytes: int
    operations: int
    largest: str
    slowest: str


class PassCost:
    """The cost of passes through a network, by their rows.

    Attributes:
        steps: time steps of the node that has most of them.
        fixed: bytes that a pass holds whatever its rows; by_row: that each row adds.

    Args:
        network: the rows of its embedding are looked up before a pass.
        steps: time steps of the longest sample, padding included; of the longest of its inputs.
        dtype: of the pass; that of the network where None.
        backward: how many backward passes follow the forward pass.
        layers: whether what reached every layer, and its output, are kept; over_time: the same of
            the states of recurrent layers at every step.
        by_sign: whether a rule tells positive from negative contributions.
    """

    def __init__(
        self,
        network: Network,
        *,
        steps: int = 1,
        dtype: str | None = None,
        backward: int = 0,
        layers: bool = False,
        over_time: bool = False,
        by_sign: bool = False,
    ) -> None:
        itemsize = np.dtype(dtype or network.dtype).itemsize
        starts = {name: network.shapes[name] for name in network.inputs}
        extents = {
            n: Extent(steps if start.time else 1, start.units) for n, start in starts.items()
        }
        held = {name: 2 * itemsize * extent.numbers for name, extent in extents.items()}
        weights: dict[str, int] = {}
        operations: dict[str, int] = {}
        factor = FORWARD if not backward else 1 + (backward - 1) / 2
        for node in network.nodes:
            layer, inputs = node.layer, [extents[name] for name in node.inputs]
            output = extents[node.name] = _extent(node, network.shapes[node.name], inputs)
            numbers = factor * layer.numbers(output, *inputs) + 4 * layers * output.numbers
            if over_time and (units := sum(layer.states_over_time.values())):
                numbers += 8 * units * max(extent.steps for extent in inputs)
            held[node.name] = int(itemsize * numbers)
            count = 0 if layer.reads_ids else sum(a.size for a in arrays_of(layer))
            weights[node.name] = (BY_SIGN if by_sign else WEIGHTS) * itemsize * count
            forward = 0 if layer.reads_ids else layer.operations(output, *inputs)
            operations[node.name] = forward * (1 + BACKWARD * backward)
        self.fixed, self.by_row = sum(weights.values()), sum(held.values())
        self._operations = sum(operations.values())
        self.steps = max(extent.steps for extent in extents.values())
        self._largest, self._heaviest, self._slowest = map(_first, (held, weights, operations))

    def of(self, rows: int) -> Cost:
        """The cost of one pass over so many rows."""
        return Cost(
            self.fixed + rows * self.by_row,
            rows * self._operations,
            self._heaviest if self.fixed > rows * self.by_row else self._largest,
            self._slowest,
        )


def _first(costs: dict[str, int]) -> str:
    """The first node that costs about as much as the most costly one: those after it inherit."""
    most = max(costs.values())
    return next(name for name, cost in costs.items() if 2 * cost >= most)


def _extent(node: Node, shape: Shape, inputs: Sequence[Extent]) -> Extent:
    steps = 1
    if shape.time:
        given = max(extent.steps for extent in inputs)
        steps = shape.length or node.layer.steps_after(given)
    return Extent(steps, max(1, shape.units))
