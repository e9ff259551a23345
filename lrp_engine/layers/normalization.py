"""Normalization: statistics are constants, so each unit is a sum of one input and a bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.terms import Term
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Shape, expect_one, expect_shape

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of the training.

    Attributes:
        mean, variance: (D,).
        gamma, beta: (D,), or None for 1 and 0.
    """

    kind: ClassVar[str] = "batch_normalization"

    mean: Array
    variance: Array
    gamma: Array | None = None
    beta: Array | None = None
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        if len(self.mean.shape) != 1:
            raise FormatError(
                f"A mean of a normalization has shape {tuple(self.mean.shape)}, expected (units,)."
            )
        _check(self, ("variance", "gamma", "beta"), int(self.mean.shape[0]))

    def input_shape(self) -> Shape:
        return Shape(int(self.mean.shape[0]), time=False)

    def output_shape(self, *inputs: Shape) -> Shape:
        return _expect_units(inputs, int(self.mean.shape[0]))

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        weight = tf.math.rsqrt(self.variance + self.epsilon)
        if self.gamma is not None:
            weight *= self.gamma
        bias = -self.mean * weight
        if self.beta is not None:
            bias += self.beta
        scaled = ops.calculus.activation(lambda values: values * weight, x.values)
        sink = ops.sink("sum", x.values)
        return x._replace(values=ops.calculus.weighted_sum([Term(scaled)], bias, sink))


@dataclass(frozen=True, eq=False)
class Rescaling(Layer):
    """scale x + offset, by constants: a sum of one input and a bias.

    Attributes:
        scale, offset: (D,), one per unit; or (1,) for all units.
    """

    kind: ClassVar[str] = "rescaling"

    scale: Array
    offset: Array

    def __post_init__(self) -> None:
        if len(self.scale.shape) != 1 or 0 in self.scale.shape:
            raise FormatError(
                f"A scale has shape {tuple(self.scale.shape)}, expected (units,) or (1,)."
            )
        expect_shape("The offset of a scale", self.offset, self.scale.shape)

    def input_shape(self) -> Shape | None:
        units = int(self.scale.shape[0])
        return None if units == 1 else Shape(units, time=False)

    def output_shape(self, *inputs: Shape) -> Shape:
        given, units = expect_one(inputs), int(self.scale.shape[0])
        if units not in (1, given.units):
            raise FormatError(f"expects input with {units} units, found {given}.")
        return given

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        values = x.values[..., None] if x.scores else x.values
        scaled = ops.calculus.activation(lambda values: values * self.scale, values)
        bias = tf.broadcast_to(self.offset, [values.shape[-1]])
        sink = ops.sink("sum", values)
        z = ops.calculus.weighted_sum([Term(scaled)], bias, sink)
        return x._replace(values=z[..., 0] if x.scores else z)


@dataclass(frozen=True, eq=False)
class LayerNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of x's own D units.

    Relevance takes mean and variance as constants, the mean as part of the bias; derivatives flow
    through both.

    Attributes:
        gamma, beta: (D,), or None for 1 and 0.
    """

    kind: ClassVar[str] = "layer_normalization"

    gamma: Array | None = None
    beta: Array | None = None
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        arrays = [array for array in (self.gamma, self.beta) if array is not None]
        if arrays:
            _check(self, ("gamma", "beta"), int(arrays[0].shape[0]) if arrays[0].shape else 0)

    def input_shape(self) -> Shape | None:
        given = self.beta if self.gamma is None else self.gamma
        return None if given is None else Shape(int(given.shape[0]), time=False)

    def output_shape(self, *inputs: Shape) -> Shape:
        wanted = self.input_shape()
        return _expect_units(inputs, wanted.units if wanted else None)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs

        def weight(values: tf.Tensor) -> tf.Tensor:
            spread = tf.math.reduce_variance(values, axis=-1, keepdims=True)
            scale = tf.math.rsqrt(spread + self.epsilon)
            return scale if self.gamma is None else scale * self.gamma

        bias = -tf.reduce_mean(x.values, axis=-1, keepdims=True) * weight(x.values)
        bias = tf.broadcast_to(bias if self.beta is None else bias + self.beta, tf.shape(x.values))
        scaled = ops.calculus.activation(lambda values: values * weight(values), x.values)
        sink = ops.sink("sum", x.values)
        return x._replace(values=ops.calculus.weighted_sum([Term(scaled)], bias, sink))


def _check(layer: Layer, names: Sequence[str], units: int) -> None:
    for name in names:
        array = getattr(layer, name)
        if array is not None:
            expect_shape(f"The {name} of a normalization", array, (units,))
    if not 0 <= layer.epsilon < float("inf"):  # type: ignore[attr-defined]
        raise FormatError(f"A normalization has epsilon {layer.epsilon!r}.")  # type: ignore[attr-defined]


def _expect_units(inputs: Sequence[Shape], units: int | None) -> Shape:
    if len(inputs) != 1 or not inputs[0].units or units not in (None, inputs[0].units):
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(f"expects input with {units or 'some'} units, found {found}.")
    return inputs[0]
