"""Convolution over time: one weighted sum per window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import ACTIVATIONS, check_activation
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.terms import Term
from lrp_engine.layers.windows import Windows
from lrp_engine.model.layer import NEWER, Array, Layer
from lrp_engine.model.shapes import Extent, Shape, expect_inputs, expect_shape


@dataclass(frozen=True, eq=False)
class Conv1D(Layer):
    """activation(sum over a window of x W + b), as Keras' Conv1D: masks are forgotten.

    Outside of a sequence there is nothing: it adds nothing, and receives nothing.

    Attributes:
        kernel: W (K, D, M) for windows of K steps.
        bias: b (M,) or None.
        strides, dilation, padding, before, after: see `Windows`.
    """

    kind: ClassVar[str] = "conv1d"
    follows_rule: ClassVar[bool] = True

    kernel: Array
    bias: Array | None = None
    activation: str = "linear"
    strides: int = 1
    dilation: int = 1
    padding: str = "valid"
    before: int = field(default=0, metadata={NEWER: True})
    after: int = field(default=0, metadata={NEWER: True})

    def __post_init__(self) -> None:
        if len(self.kernel.shape) != 3 or 0 in self.kernel.shape:
            raise FormatError(
                f"A convolution kernel has shape {tuple(self.kernel.shape)}, expected "
                "(window, inputs, units)."
            )
        if self.bias is not None:
            expect_shape("A convolution bias", self.bias, (self.kernel.shape[2],))
        check_activation("A convolution", self.activation)
        self.windows.check("A convolution")

    @property
    def windows(self) -> Windows:
        size = int(self.kernel.shape[0])
        pads = (self.before, self.after)
        return Windows(size, self.strides, self.padding, self.dilation, *pads)

    def input_shape(self) -> Shape:
        return Shape(int(self.kernel.shape[1]), time=True)

    def output_shape(self, *inputs: Shape) -> Shape:
        expect_inputs(inputs, self.input_shape())
        return self.windows.shape(inputs[0], int(self.kernel.shape[2]))

    def steps_after(self, steps: int) -> int:
        return self.windows.steps_after(steps)

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        return self.windows.numbers(output, *inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        K, D, M = self.kernel.shape
        values, inside, real = self.windows.cut(x)
        flat = tf.reshape(values, [*tf.unstack(tf.shape(values)[:2]), K * D])
        exists = tf.repeat(tf.cast(inside, flat.dtype), D, axis=2)  # (B, S, K D)
        sink = ops.sink("sum", flat, bias=self.bias is not None)
        z = ops.calculus.layer_sum(
            Term(flat, tf.reshape(self.kernel, [K * D, M]), exists), self.bias, sink
        )
        return Signal(ops.calculus.activation(ACTIVATIONS[self.activation], z), real, real)
