"""Layers that read several signals and make one of them, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers import merging
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Shape

if TYPE_CHECKING:
    import tensorflow as tf


class _Merge:
    """Signals of one shape; a step is read where any of them is, as in Keras."""

    at_most: ClassVar[int | None] = None

    def output_shape(self, *inputs: Shape) -> Shape:
        few = self.at_most or len(inputs)
        if not inputs or len(inputs) > few or {_steps(s) for s in inputs} != {_steps(inputs[0])}:
            raise FormatError(f"cannot merge {_listed(inputs)}.")
        if not all(shape.units for shape in inputs):
            raise FormatError(f"cannot merge {_listed(inputs)}, which have no units.")
        return self.merged_shape(inputs)

    def merged_shape(self, inputs: Sequence[Shape]) -> Shape:
        if any(shape.units != inputs[0].units for shape in inputs):
            raise FormatError(f"cannot merge {_listed(inputs)}: the numbers of units differ.")
        return inputs[0]

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return _together(self.merged(ops, [signal.values for signal in inputs]), inputs)

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        raise NotImplementedError


def _together(values: tf.Tensor, inputs: Sequence[Signal]) -> Signal:
    masks = [signal.mask for signal in inputs]
    mask = None if masks[0] is None else reduce(lambda a, b: a | b, masks)
    return Signal(values, mask, inputs[0].real)


def _steps(shape: Shape) -> tuple[bool, str]:
    return shape.time, shape.steps if shape.time else ""


def _listed(inputs: Sequence[Shape]) -> str:
    shown = " and ".join(
        f"{shape} of steps {shape.steps!r}" if shape.time else str(shape) for shape in inputs
    )
    return shown or "nothing"


@dataclass(frozen=True, eq=False)
class Concatenate(_Merge, Layer):
    """All units side by side.

    Attributes:
        axis: the last one, in Keras' counting.
    """

    kind: ClassVar[str] = "concatenate"

    axis: int = -1

    def merged_shape(self, inputs: Sequence[Shape]) -> Shape:
        if self.axis not in (-1, 1 + inputs[0].time):
            raise FormatError(f"joins {_listed(inputs)} over axis {self.axis}, expected the last.")
        return inputs[0]._replace(units=sum(shape.units for shape in inputs))

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        import tensorflow as tf

        return tf.concat(values, axis=-1)


@dataclass(frozen=True, eq=False)
class Add(_Merge, Layer):
    """The sum: relevance in proportion to the values."""

    kind: ClassVar[str] = "add"

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        return merging.add(ops, values)


@dataclass(frozen=True, eq=False)
class Average(_Merge, Layer):
    """The mean: relevance in proportion to the values."""

    kind: ClassVar[str] = "average"

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        return merging.average(ops, values)


@dataclass(frozen=True, eq=False)
class Subtract(_Merge, Layer):
    """The first minus the second: relevance in proportion to the summands."""

    kind: ClassVar[str] = "subtract"
    at_most: ClassVar[int | None] = 2

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        import tensorflow as tf

        first, *rest = values
        return merging.add(ops, [first, *(ops.calculus.activation(tf.negative, v) for v in rest)])


@dataclass(frozen=True, eq=False)
class Maximum(_Merge, Layer):
    """The largest value of each unit, the first of equals, takes all relevance."""

    kind: ClassVar[str] = "maximum"

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        import tensorflow as tf

        return reduce(lambda a, b: tf.where(a >= b, a, b), values)


@dataclass(frozen=True, eq=False)
class Multiply(_Merge, Layer):
    """The product of two: half of the relevance to each.

    An input with a single unit is the other's gate, and the gate rule applies. A gate made by a
    softmax over time is an attention weight and receives nothing.
    """

    kind: ClassVar[str] = "multiply"
    knows_weights: ClassVar[bool] = True
    at_most: ClassVar[int | None] = 2

    @property
    def has_gates(self) -> bool:
        return True

    def merged_shape(self, inputs: Sequence[Shape]) -> Shape:
        largest = max(inputs, key=lambda shape: shape.units)
        if any(shape.units not in (1, largest.units) for shape in inputs):
            raise FormatError(f"cannot merge {_listed(inputs)}: the numbers of units differ.")
        return largest

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        if len(inputs) == 1:
            return inputs[0]
        gate, signal = sorted(inputs, key=lambda one: int(one.values.shape[-1]))
        if gate.values.shape[-1] == signal.values.shape[-1]:
            if gate.weights == signal.weights:
                return super().forward(ops, *inputs)
            gate, signal = sorted(inputs, key=lambda one: not one.weights)
        wide = tf.broadcast_to(gate.values, tf.shape(signal.values))
        values = ops.calculus.product(wide, signal.values, weights=gate.weights)
        return _together(values, inputs)

    def merged(self, ops: Ops, values: Sequence[tf.Tensor]) -> tf.Tensor:
        return merging.multiply(ops, values)
