"""Activations as separate layers, and the softmax that turns scores into attention weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import ACTIVATIONS, check_activation
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Shape, expect_one

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Activation(Layer):
    """An element-wise function as a layer."""

    kind: ClassVar[str] = "activation"
    knows_weights: ClassVar[bool] = True
    held: ClassVar[tuple[int, int]] = 4, 2

    activation: str = "linear"

    def __post_init__(self) -> None:
        check_activation("An activation layer", self.activation)

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_one(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        (x,) = inputs
        values = ops.calculus.activation(ACTIVATIONS[self.activation], x.values)
        return x._replace(values=values, weights=x.weights and self.activation == "linear")


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """Softmax over units, or over the time steps that exist.

    Relevance passes it like any activation. Where its result weighs time steps (`Dot`, `Multiply`),
    no relevance reaches it.

    Attributes:
        axis: in Keras' counting, -1 the last: of (B, T, D) 1 is time and 2 the units; of (B, T) and
            (B, D) 1 is the only one.
    """

    kind: ClassVar[str] = "softmax"
    held: ClassVar[tuple[int, int]] = 6, 2

    axis: int = -1

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = expect_one(inputs)
        axes = 3 if shape.time and shape.units else 2
        if self.axis not in (*range(1, axes), *range(1 - axes, 0)):
            raise FormatError(f"has no axis {self.axis} in {shape}.")
        return shape

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        counts, rank = x.real, x.values.shape.rank
        if counts is None or (not x.scores and self.axis % rank == 2):
            values = ops.calculus.activation(tf.nn.softmax, x.values)
            return x._replace(values=values, weights=x.turned and counts is not None)
        if not x.scores:
            counts = counts[..., None]
        soft = partial(over_time, counts=counts, axis=1)
        return x._replace(values=ops.calculus.activation(soft, x.values), weights=True)


def over_time(scores: tf.Tensor, counts: tf.Tensor, *, axis: int) -> tf.Tensor:
    """Softmax over an axis of the scores that count; 0 for the others."""
    import tensorflow as tf

    weights = tf.nn.softmax(tf.where(counts, scores, scores.dtype.min / 2), axis=axis)
    return tf.where(counts, weights, tf.zeros_like(weights))
