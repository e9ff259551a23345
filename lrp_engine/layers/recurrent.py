"""What recurrent layers share: weights in blocks of H columns, shapes, both reading directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import check_activation
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.recurrence import Step, scan, swap_time
from lrp_engine.model.layer import Array
from lrp_engine.model.shapes import Extent, Shape, expect_inputs, expect_shape

if TYPE_CHECKING:
    import tensorflow as tf

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

    @property
    def states_over_time(self) -> Mapping[str, int]:
        return {"c" if getattr(self, "cell", False) else "h": self.units}

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

    def read(
        self,
        ops: Ops,
        x: Signal,
        step: Step,
        *,
        inputs: Sequence[tf.Tensor],
        probes: Sequence[tf.Tensor],
        states: Sequence[str],
    ) -> Signal:
        """The step over time, see `scan`; states by their names, the first one is the output."""
        reached = ops.reached(states[0], x, self.units)
        output, over_time = scan(
            step,
            ops.calculus,
            inputs=inputs,
            probes=probes,
            states=[ops.initial_state(name, x.values, self.units) for name in states],
            mask=None if x.mask is ops.all_read else swap_time(x.mask),
            backwards=self.go_backwards,
            sequences=self.return_sequences,
            reached=swap_time(reached),
        )
        if over_time is not None:
            ops.remember(states[0], x._replace(values=swap_time(over_time)))
        if self.return_sequences:
            return x._replace(values=swap_time(output))
        return Signal(output)
