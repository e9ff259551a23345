"""Attention: softmax of scores weighs values over time.

Relevance goes to the values alone, by the epsilon rule for the weighted sum over time with the
weights as constants; none flows into the softmax. Derivatives flow everywhere.

Axes: B batch, Q query steps, T value steps, D units, A units of a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import ACTIVATIONS, check_activation
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.softmax import over_time
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Extent, Shape, expect_inputs, expect_shape

if TYPE_CHECKING:
    import tensorflow as tf


class _Attention:
    """Inputs: query (B, Q, D), value (B, T, D') and, where it is not the value, key (B, T, D).

    Attributes:
        causal: a query reads values up to its own step.
    """

    causal: bool

    def input_shape(self) -> Shape | None:
        return None

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(inputs) in (2, 3):
            query, value, key = inputs[0], inputs[1], inputs[-1]
            fits = all(shape.time and shape.units for shape in inputs)
            if fits and query.units == key.units and value.steps == key.steps:
                self.check_units(query.units)
                return query._replace(units=value.units)
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(
            "expects a query (batch, time, units), a value and perhaps a key with as many units "
            f"as the query, found {found}."
        )

    def check_units(self, units: int) -> None:
        pass

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        """Scores and weights of every pair of steps, or the units of every pair."""
        query, value = inputs[0], inputs[1]
        pairs = query.steps * value.steps
        of_pair = 11 + self.units_of_pair(query.units)
        return pairs * of_pair + 12 * output.numbers + 6 * sum(one.numbers for one in inputs)

    def units_of_pair(self, units: int) -> int:
        """Numbers held for a pair of steps beside its score, where each has so many units."""
        return 0

    def operations(self, output: Extent, *inputs: Extent) -> int:
        query, value = inputs[0], inputs[1]
        return (
            query.steps
            * value.steps
            * (query.units + value.units + self.units_of_pair(query.units) + 50)
        )

    def scored(self, query: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Scores (B, Q, T)."""
        raise NotImplementedError

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:

        query, value, key = inputs[0], inputs[1], inputs[-1]
        scores = self.scored(query.values, key.values)
        exists = steps_read(query.mask, value.mask, scores, causal=self.causal)
        weights = over_time(scores, exists, axis=-1)
        sink = ops.sink("context", query.values, bias=False)
        z = ops.calculus.sum_over_time(weights, value.values, exists, sink)
        return query._replace(values=z)


def steps_read(query: tf.Tensor, mask: tf.Tensor, scores: tf.Tensor, *, causal: bool) -> tf.Tensor:
    """Which steps (B, Q, T) each query reads; a masked one reads nothing, as in Keras.

    Args:
        query, mask: which queries (B, Q) and steps (B, T) exist.
        scores: (B, Q, T), for their shape.
    """
    import tensorflow as tf

    exists = mask[:, None, :] & query[..., None]
    if causal:
        exists &= tf.linalg.band_part(tf.ones_like(scores), -1, 0) > 0
    return exists


@dataclass(frozen=True, eq=False)
class Attention(_Attention, Layer):
    """Dot-product attention, Luong et al. 2015 (arXiv 1508.04025), with the options of Keras.

    Attributes:
        scale: (1,), s in s q k, or s (q + k) with `concat`; None for 1.
        concat: (1,), c in c sum tanh(s (q + k)), the score in place of the product; None for it.
        causal: a query reads values up to its own step.
    """

    kind: ClassVar[str] = "attention"

    scale: Array | None = None
    concat: Array | None = None
    causal: bool = False

    def __post_init__(self) -> None:
        for name in ("scale", "concat"):
            if getattr(self, name) is not None:
                expect_shape(f"The {name} of an attention", getattr(self, name), (1,))

    def units_of_pair(self, units: int) -> int:
        return 0 if self.concat is None else 6 * units

    def scored(self, query: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        if self.concat is None:
            scores = tf.matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        pairs = query[:, :, None] + key[:, None]  # (B, Q, T, D)
        pairs = pairs if self.scale is None else pairs * self.scale
        return self.concat * tf.reduce_sum(tf.tanh(pairs), axis=-1)


@dataclass(frozen=True, eq=False)
class AdditiveAttention(_Attention, Layer):
    """sum of scale tanh(q + k), after Bahdanau et al. 2015 (arXiv 1409.0473), as in Keras.

    Attributes:
        scale: (D,), or None for ones.
        causal: a query reads values up to its own step.
    """

    kind: ClassVar[str] = "additive_attention"

    scale: Array | None = None
    causal: bool = False

    def __post_init__(self) -> None:
        if self.scale is not None and len(self.scale.shape) != 1:
            raise FormatError(
                f"The scale of an attention has shape {tuple(self.scale.shape)}, expected (units,)."
            )

    def check_units(self, units: int) -> None:
        if self.scale is not None:
            expect_shape("The scale of an attention", self.scale, (units,))

    def units_of_pair(self, units: int) -> int:
        return 6 * units

    def scored(self, query: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        bent = tf.tanh(query[:, :, None] + key[:, None])  # (B, Q, T, D)
        return tf.reduce_sum(bent if self.scale is None else bent * self.scale, axis=-1)


@dataclass(frozen=True, eq=False)
class AttentionPooling(Layer):
    """sum_t a_t h_t with a = softmax over time of v activation(h_t W + b): (B, T, D) to (B, D).

    Yang et al. 2016 (doi 10.18653/v1/N16-1174).

    Attributes:
        kernel: W (D, A).
        query: v (A,).
        bias: b (A,) or None.
    """

    kind: ClassVar[str] = "attention_pooling"

    kernel: Array
    query: Array
    bias: Array | None = None
    activation: str = "tanh"

    def __post_init__(self) -> None:
        if len(self.kernel.shape) != 2 or 0 in self.kernel.shape:
            raise FormatError(
                f"An attention kernel has shape {tuple(self.kernel.shape)}, expected "
                "(inputs, units)."
            )
        for name in ("query", "bias"):
            if getattr(self, name) is not None:
                expect_shape(
                    f"The {name} of an attention", getattr(self, name), (self.kernel.shape[1],)
                )
        check_activation("An attention", self.activation)

    def input_shape(self) -> Shape:
        return Shape(int(self.kernel.shape[0]), time=True)

    def output_shape(self, *inputs: Shape) -> Shape:
        expect_inputs(inputs, self.input_shape())
        return Shape(inputs[0].units, time=False)

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        (x,) = inputs
        return x.steps * (6 * int(self.kernel.shape[1]) + 12) + 8 * x.numbers + 10 * output.numbers

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        bent = tf.tensordot(x.values, self.kernel, 1)
        bent = ACTIVATIONS[self.activation](bent if self.bias is None else bent + self.bias)
        scores = tf.tensordot(bent, self.query, 1)  # (B, T)
        weights = over_time(scores, x.mask, axis=1)
        sink = ops.sink("context", x.values[:, 0], bias=False)
        z = ops.calculus.sum_over_time(
            weights[:, None],
            x.values,
            x.mask[:, None],
            sink[:, None],
        )
        return Signal(z[:, 0])
