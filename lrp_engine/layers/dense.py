"""Dense: one weighted sum and an activation, on (B, D) or at every time step of (B, T, D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import ACTIVATIONS, check_activation
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.terms import Term
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Shape, expect_shape


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """activation(x W + b) with kernel W (D, M) and bias b (M,) or None."""

    kind: ClassVar[str] = "dense"
    follows_rule: ClassVar[bool] = True

    kernel: Array
    bias: Array | None = None
    activation: str = "linear"

    def __post_init__(self) -> None:
        if len(self.kernel.shape) != 2 or 0 in self.kernel.shape:
            raise FormatError(
                f"A dense kernel has shape {tuple(self.kernel.shape)}, expected (inputs, units)."
            )
        if self.bias is not None:
            expect_shape("A dense bias", self.bias, (self.kernel.shape[1],))
        check_activation("A dense layer", self.activation)

    def input_shape(self) -> Shape:
        return Shape(int(self.kernel.shape[0]), time=False)

    def output_shape(self, *inputs: Shape) -> Shape:
        units, outputs = (int(n) for n in self.kernel.shape)
        if len(inputs) == 1 and not inputs[0].units and inputs[0].length == units:
            return Shape(outputs, time=False)  # a number of each step, as units
        if len(inputs) != 1 or inputs[0].units != units:
            found = " and ".join(map(str, inputs)) or "nothing"
            raise FormatError(f"expects input with {units} units, found {found}.")
        return inputs[0]._replace(units=outputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        (x,) = inputs
        x = Signal(x.values) if x.scores else x
        sink = ops.sink("sum", x.values, bias=self.bias is not None)
        z = ops.calculus.layer_sum(Term(x.values, self.kernel), self.bias, sink)
        return x._replace(values=ops.calculus.activation(ACTIVATIONS[self.activation], z))
