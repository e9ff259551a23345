"""What recurrent layers share: weights in blocks of H columns, shapes, both reading directions."""

from __future__ import annotations

from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import check_activation
from lrp_engine.model.layer import Array
from lrp_engine.model.shapes import Extent, Shape, expect_inputs, expect_shape

TRACED = 8  # layers that take as long to trace as a loop over time
STEP = 1_000_000  # operations in the time that a step of the loop takes by itself


class Recurrent:
    """Mixed into every layer whose step reads x_t (E) and h_{t-1} (H)."""

    title: ClassVar[str]  # what people call the layer
    blocks: ClassVar[int]  # how many sums of H units a step makes of x_t

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    activation: str
    return_sequences: bool
    go_backwards: bool

    @property
    def counts(self) -> int:
        return TRACED

    def check(self) -> None:
        """Raise FormatError unless kernels and bias fit each other."""
        if len(self.recurrent_kernel.shape) != 2 or len(self.kernel.shape) != 2:
            raise FormatError(
                f"{self.title} kernels must be matrices, found shapes "
                f"{tuple(self.kernel.shape)} and {tuple(self.recurrent_kernel.shape)}."
            )
        H, n = self.units, self.blocks
        expect_shape(f"The {self.title} recurrent kernel", self.recurrent_kernel, (H, n * H))
        expect_shape(f"The {self.title} kernel", self.kernel, (self.kernel.shape[0], n * H))
        expect_shape(f"The {self.title} bias", self.bias, (n * H,))
        check_activation(f"The {self.title}", self.activation)
        if hasattr(self, "recurrent_activation"):
            check_activation(f"The {self.title}'s gates", self.recurrent_activation)

    @property
    def units(self) -> int:
        return int(self.recurrent_kernel.shape[0])

    def input_shape(self) -> Shape:
        return Shape(int(self.kernel.shape[0]), time=True)

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        """Of every step: its sums, what it remembers of them, and all that comes back."""
        (x,) = inputs
        return x.steps * ((8 * self.blocks + 4) * self.units + 6 * x.units) + 4 * output.numbers

    def operations(self, output: Extent, *inputs: Extent) -> int:
        (x,) = inputs
        return x.steps * (STEP + self.kernel.size + self.recurrent_kernel.size)

    def output_shape(self, *inputs: Shape) -> Shape:
        expect_inputs(inputs, self.input_shape())
        if self.return_sequences:
            return inputs[0]._replace(units=self.units)
        return Shape(self.units, time=False)
