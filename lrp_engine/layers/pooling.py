"""Pooling over time: the winner takes the relevance, an average shares it, one step takes it all.

Axes: B batch, T time steps in, S time steps out, K steps in a window, D units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.windows import Windows
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Extent, Shape, expect_steps

if TYPE_CHECKING:
    import tensorflow as tf

_MOST_STEPS = 2**31


def largest(values: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """The largest (..., D) of the values (..., K, D) that count (..., K); 0 where none counts.

    Only the largest value, the first of equals, receives relevance and derivatives.
    """
    import tensorflow as tf

    counts = counts[..., None]
    candidates = tf.where(counts, values, values.dtype.min)
    first = tf.argmax(candidates, axis=-2)
    won = tf.range(tf.shape(values, tf.int64)[-2])[:, None] == first[..., None, :]
    return tf.reduce_sum(tf.where(won & counts, values, tf.zeros_like(values)), axis=-2)


def mean(ops: Ops, values: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """The mean (..., D) of values (..., K, D) that count (..., K): a weighted sum over all of them.

    0 where none counts.
    """
    import tensorflow as tf

    exists = counts[..., None, :]  # (..., 1, K)
    weights = tf.cast(exists, values.dtype)
    weights /= tf.maximum(tf.reduce_sum(weights, axis=-1, keepdims=True), 1)
    sink = ops.sink("mean", values[..., 0, :], bias=False)
    z = ops.calculus.sum_over_time(weights, values, exists, sink[..., None, :])
    return tf.squeeze(z, axis=-2)


@dataclass(frozen=True, eq=False)
class _Local:
    """What local pooling layers share; masks are forgotten, as in Keras."""

    size: int = 2
    strides: int = 2
    padding: str = "valid"

    def __post_init__(self) -> None:
        self.windows.check("A pooling layer")
        if self.padding not in ("valid", "same"):
            raise FormatError(
                f"A pooling layer has padding {self.padding!r}; supported: 'valid', 'same'."
            )

    @property
    def windows(self) -> Windows:
        return Windows(self.size, self.strides, self.padding)

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.windows.shape(expect_steps(inputs), inputs[0].units)

    def steps_after(self, steps: int) -> int:
        return self.windows.steps_after(steps)

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        return self.windows.numbers(output, *inputs)


@dataclass(frozen=True, eq=False)
class MaxPooling1D(_Local, Layer):
    """The largest value of each unit in each window."""

    kind: ClassVar[str] = "max_pooling1d"

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        values, inside, real = self.windows.cut(inputs[0])
        return Signal(largest(values, inside), real, real)


@dataclass(frozen=True, eq=False)
class AveragePooling1D(_Local, Layer):
    """The mean of each unit over what of each window lies within the sequence."""

    kind: ClassVar[str] = "average_pooling1d"

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        values, inside, real = self.windows.cut(inputs[0])
        return Signal(mean(ops, values, inside), real, real)


def _of_nothing(ops: Ops, name: str, x: Signal) -> tf.Tensor:
    """Zeros (B, D) that absorb: over no step there is no input to hand a share of the bias to."""
    import tensorflow as tf

    sink = ops.sink(name, x.values[:, 0], bias=False)[:, None]
    none = tf.zeros_like(x.values[:, :1, :1])
    return ops.calculus.sum_over_time(none, x.values[:, :1], none > 0, sink)[:, 0]


class _Global:
    def output_shape(self, *inputs: Shape) -> Shape:
        return Shape(expect_steps(inputs).units, time=False)

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        return 12 * inputs[0].numbers + 10 * output.numbers


@dataclass(frozen=True, eq=False)
class GlobalMaxPooling1D(_Global, Layer):
    """The largest value of each unit over time.

    Attributes:
        skip_masked: masked steps cannot win. Keras knows no masks here: False for its models.
    """

    kind: ClassVar[str] = "global_max_pooling1d"

    skip_masked: bool = True

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        counts = x.mask if self.skip_masked else x.real
        any_step = tf.reduce_any(counts, axis=1, keepdims=True)
        values = largest(x.values, counts)
        return Signal(tf.where(any_step, values, _of_nothing(ops, "maximum", x)))


@dataclass(frozen=True, eq=False)
class GlobalAveragePooling1D(_Global, Layer):
    """The mean of each unit over time, masked steps left out."""

    kind: ClassVar[str] = "global_average_pooling1d"

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        (x,) = inputs
        return Signal(mean(ops, x.values, x.mask))


@dataclass(frozen=True, eq=False)
class GlobalSumPooling1D(_Global, Layer):
    """The sum of each unit over time, masked steps left out."""

    kind: ClassVar[str] = "global_sum_pooling1d"

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        exists = x.mask[:, None]  # (B, 1, T)
        sink = ops.sink("sum", x.values[:, 0], bias=False)[:, None]
        ones = tf.cast(exists, x.values.dtype)
        return Signal(ops.calculus.sum_over_time(ones, x.values, exists, sink)[:, 0])


@dataclass(frozen=True, eq=False)
class TakeStep(_Global, Layer):
    """One time step of those that exist, which takes all relevance; masks are forgotten.

    Attributes:
        step: from 0 at the front; from -1 at the end, where each sample has its own. A step
            that a sample does not have is 0.
    """

    kind: ClassVar[str] = "take_step"
    by_position: ClassVar[bool] = True

    step: int = -1

    def __post_init__(self) -> None:
        if type(self.step) is not int or not -_MOST_STEPS <= self.step < _MOST_STEPS:
            raise FormatError(f"A time step is {self.step!r}, expected a whole number.")

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        steps = tf.range(tf.shape(x.values)[1])
        lengths = tf.reduce_sum(tf.cast(x.real, tf.int32), axis=1, keepdims=True)  # (B, 1)
        here = x.real & (steps == (self.step if self.step >= 0 else lengths + self.step))
        taken = tf.reduce_sum(tf.where(here[..., None], x.values, tf.zeros_like(x.values)), axis=1)
        any_step = tf.reduce_any(here, axis=1, keepdims=True)
        return Signal(tf.where(any_step, taken, _of_nothing(ops, "step", x)))
