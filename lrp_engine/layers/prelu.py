"""PReLU: the identity where a value is positive, else a learned slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Shape, expect_one


@dataclass(frozen=True, eq=False)
class PReLU(Layer):
    """x where x > 0, else slope x, element-wise (He et al. 2015, doi 10.1109/ICCV.2015.123, eq. 1).

    Relevance passes it unchanged, like any activation.

    Attributes:
        slope: (D,), one per unit, the same at every time step; or (1,) for all units; or (T, D)
            for T steps, (T, 1) for all units of each.
    """

    kind: ClassVar[str] = "prelu"

    slope: Array

    def __post_init__(self) -> None:
        if len(self.slope.shape) not in (1, 2) or 0 in self.slope.shape:
            raise FormatError(
                f"A slope of a PReLU has shape {tuple(self.slope.shape)}, expected (units,), (1,) "
                "or (steps, units)."
            )

    def input_shape(self) -> Shape | None:
        units = int(self.slope.shape[-1])
        return None if units == 1 else Shape(units, time=len(self.slope.shape) == 2)

    def output_shape(self, *inputs: Shape) -> Shape:
        given, (*steps, units) = expect_one(inputs), map(int, self.slope.shape)
        if steps and (not given.time or steps != [given.length]):
            raise FormatError(f"has slopes of {steps[0]} time steps, found {given}.")
        if units not in (1, given.units):
            raise FormatError(f"expects input with {units} units, found {given}.")
        return given

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs

        def slanted(values: tf.Tensor) -> tf.Tensor:
            return tf.where(values > 0, values, self.slope * values)

        return x._replace(values=ops.calculus.activation(slanted, x.values), weights=False)
