"""Products summed over units or over time: attention built by hand from scores and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.merging import multiply
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.terms import Term
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Extent, Shape


@dataclass(frozen=True, eq=False)
class Dot(Layer):
    """Two signals, contracted as by Keras' Dot with `axes=(axis, other_axis)`.

    Over time, sum_t a_t h_t: a (B, T) or (B, T, 1) holds weights, in practice a softmax. All
    relevance goes to h (B, T, D), by the epsilon rule for the weighted sum over time.
    Over units, sum_d x_d y_d, scores of (B, T, D) and (B, D) or of (B, D) and (B, D): half of the
    relevance, if any arrives, to each.
    """

    kind: ClassVar[str] = "dot"

    axis: int = 1
    other_axis: int = 1

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(inputs) == 2:
            one, two = inputs
            axes = (_positive(self.axis, one), _positive(self.other_axis, two))
            if one.time and two.time and axes == (1, 1) and one.steps == two.steps:
                if one.units == 0:
                    return Shape(two.units or 1, time=False)
                if two.units == 0:
                    return Shape(one.units, time=False)
                if one.units == 1:
                    return Shape(two.units, True, "1", 1)
            if one.units == two.units > 0 and axes == (_last(one), _last(two)):
                if not one.time and not two.time:
                    return Shape(1, time=False)
                if one.time != two.time:
                    return (one if one.time else two)._replace(units=0)
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(
            f"multiplies {found} over axes ({self.axis}, {self.other_axis}), which is not "
            "supported: weights and states over time, or vectors over units."
        )

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        largest = max(extent.numbers for extent in inputs)
        return 16 * largest + 10 * output.numbers

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        one, two = inputs
        if one.mask is not None and two.mask is not None:
            return _over_time(ops, *((two, one) if two.scores and not one.scores else (one, two)))
        timed = one if one.mask is not None else two
        a, b = one.values, two.values
        if timed.mask is not None:
            shape = tf.shape(timed.values)
            a, b = (
                v if s is timed else tf.broadcast_to(v[:, None], shape)
                for v, s in ((a, one), (b, two))
            )
        both = multiply(ops, [a, b])
        ones = tf.ones([both.shape[-1], 1], both.dtype)
        sink = ops.sink("sum", both, bias=False)
        z = ops.calculus.weighted_sum([Term(both, ones)], None, sink)
        if timed.mask is None:
            return Signal(z)
        return Signal(tf.squeeze(z, axis=-1), timed.real, timed.real)


def _over_time(ops: Ops, weights: Signal, states: Signal) -> Signal:
    import tensorflow as tf

    values = states.values[..., None] if states.scores else states.values
    a = weights.values if weights.scores else weights.values[..., 0]
    exists = weights.real[:, None]  # (B, 1, T)
    sink = ops.sink("context", values[:, 0], bias=False)[:, None]
    a = tf.where(exists, a[:, None], tf.zeros_like(a[:, None]))
    z = ops.calculus.sum_over_time(a, values, exists, sink)  # (B, 1, D)
    if weights.scores:
        return Signal(z[:, 0])
    real = tf.fill([tf.shape(z)[0], 1], True)
    return Signal(z, real, real)


def _last(shape: Shape) -> int:
    return 2 if shape.time and shape.units else 1


def _positive(axis: int, shape: Shape) -> int:
    return axis if axis > 0 else axis + _last(shape) + 1
