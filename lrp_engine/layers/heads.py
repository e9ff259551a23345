"""Attention with several heads, Vaswani et al. 2017 (arXiv 1706.03762), as Keras computes it.

Axes: B batch, Q query steps, T value steps, N heads, K units of a key, V units of a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.attention import steps_read
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.softmax import over_time
from lrp_engine.layers.terms import Term
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Extent, Shape, expect_shape

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Layer):
    """Per head softmax(q k / sqrt(K)) v, heads side by side, then one linear map.

    Inputs: query (B, Q, D), value (B, T, D') and, where it is not the value, key. The weights are
    constants for relevance: it flows through the values alone, and none into queries and keys.

    Attributes:
        query_kernel, key_kernel: (D, N, K). value_kernel: (D', N, V). output_kernel: (N, V, M).
        query_bias, key_bias: (N, K). value_bias: (N, V). output_bias: (M,). None for zeros.
        causal: a query reads values up to its own step.
    """

    kind: ClassVar[str] = "multi_head_attention"

    query_kernel: Array
    key_kernel: Array
    value_kernel: Array
    output_kernel: Array
    query_bias: Array | None = None
    key_bias: Array | None = None
    value_bias: Array | None = None
    output_bias: Array | None = None
    causal: bool = False

    def __post_init__(self) -> None:
        for name in ("query", "key", "value", "output"):
            kernel = getattr(self, f"{name}_kernel")
            if len(kernel.shape) != 3 or 0 in kernel.shape:
                raise FormatError(
                    f"The {name} kernel of an attention has shape {tuple(kernel.shape)}, expected "
                    "three axes."
                )
            bias = getattr(self, f"{name}_bias")
            if bias is not None:
                shape = kernel.shape[2:] if name == "output" else kernel.shape[1:]
                expect_shape(f"The {name} bias of an attention", bias, shape)
        heads = tuple(self.query_kernel.shape[1:])
        expect_shape(
            "The key kernel of an attention", self.key_kernel, (self.key_kernel.shape[0], *heads)
        )
        expect_shape(
            "The output kernel of an attention",
            self.output_kernel,
            (*self.value_kernel.shape[1:], self.output_kernel.shape[2]),
        )
        if self.value_kernel.shape[1] != heads[0]:
            raise FormatError(
                f"An attention has {heads[0]} heads of queries and {self.value_kernel.shape[1]} "
                "of values, expected as many."
            )

    def input_shape(self) -> Shape:
        return Shape(int(self.query_kernel.shape[0]), time=True)

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(inputs) in (2, 3):
            query, value, key = inputs[0], inputs[1], inputs[-1]
            kernels = (self.query_kernel, self.value_kernel, self.key_kernel)
            fits = all(
                shape.time and shape.units == kernel.shape[0]
                for shape, kernel in zip((query, value, key), kernels, strict=True)
            )
            if fits and value.steps == key.steps:
                return query._replace(units=int(self.output_kernel.shape[2]))
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(
            "expects a query (batch, time, units), a value and perhaps a key of the units that "
            f"its kernels have, found {found}."
        )

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        query, value = inputs[0], inputs[1]
        heads = int(self.query_kernel.shape[1])
        wide = max(kernel.shape[1] * kernel.shape[2] for kernel in (self.query_kernel,
                                                                    self.value_kernel))  # fmt: skip
        each = 14 * (query.steps + 2 * value.steps) * int(wide)
        pairs = 16 * heads * query.steps * value.steps
        return pairs + each + 12 * output.numbers + 6 * sum(one.numbers for one in inputs)

    def operations(self, output: Extent, *inputs: Extent) -> int:
        pairs = inputs[0].steps * inputs[1].steps
        heads, units = self.query_kernel.shape[1:]
        both = int(heads) * (int(units) + int(self.value_kernel.shape[2]) + 50)
        return pairs * both + super().operations(output, *inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        query, value, key = inputs[0], inputs[1], inputs[-1]
        N, V = (int(n) for n in self.value_kernel.shape[1:])
        weights, exists = self._weights(query, key, value)  # (B, N, Q, T)
        flat = tf.reshape(self.value_kernel, [-1, N * V])
        bias = None if self.value_bias is None else tf.reshape(self.value_bias, [-1])
        sink = ops.sink("value", value.values, bias=bias is not None)
        v = ops.calculus.weighted_sum([Term(value.values, flat)], bias, sink)
        steps = tf.shape(v)[1]
        by_head = tf.transpose(tf.reshape(v, [-1, steps, N, V]), [0, 2, 1, 3])  # (B, N, T, V)
        # One sink for all heads: what they absorb of a step adds up.
        sink = tf.tile(ops.sink("context", query.values, bias=False)[:, None], [1, N, 1, 1])
        context = ops.calculus.sum_over_time(weights, by_head, exists, sink)
        together = tf.reshape(
            tf.transpose(context, [0, 2, 1, 3]), [-1, tf.shape(query.values)[1], N * V]
        )
        together = tf.ensure_shape(together, [None, None, N * V])
        out = tf.reshape(self.output_kernel, [N * V, -1])
        sink = ops.sink("output", together, bias=self.output_bias is not None)
        return query._replace(
            values=ops.calculus.weighted_sum([Term(together, out)], self.output_bias, sink)
        )

    def _weights(self, query: Signal, key: Signal, value: Signal) -> tuple[tf.Tensor, tf.Tensor]:
        """Attention weights (B, N, Q, T), and which steps (B, N, Q, T) are read."""
        import tensorflow as tf

        def by_head(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
            projected = tf.einsum("btd,dnk->bntk", x, kernel)
            return projected if bias is None else projected + bias[:, None]

        q = by_head(query.values, self.query_kernel, self.query_bias)
        k = by_head(key.values, self.key_kernel, self.key_bias)
        scores = tf.matmul(q, k, transpose_b=True) / int(self.query_kernel.shape[2]) ** 0.5
        exists = steps_read(query.mask, value.mask & key.mask, scores[:, 0], causal=self.causal)
        exists = tf.broadcast_to(exists[:, None], tf.shape(scores))
        return over_time(scores, exists, axis=-1), exists
