"""Slices: some of the time steps or some of the units go on, and take all relevance.

Axes: B batch, T time steps in, S time steps out, D units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Shape, expect_one

if TYPE_CHECKING:
    import tensorflow as tf

BOUND = 1_000_000  # of a start, a stop or a step


@dataclass(frozen=True, eq=False)
class Slice(Layer):
    """x[start:stop:step] along one axis, as in Python; masks go on with their steps.

    Attributes:
        axis: in Keras' counting, -1 the last: of (B, T, D) 1 is time and 2 the units, of (B, D) 1
            is the only one.
        start, stop: from the front, or below 0 from the end of each sample; None for all.
    """

    kind: ClassVar[str] = "slice"
    by_position: ClassVar[bool] = True

    axis: int = 1
    start: int | None = None
    stop: int | None = None
    step: int = 1

    def __post_init__(self) -> None:
        bounds = [n for n in (self.start, self.stop, self.step) if n is not None]
        if self.step == 0 or any(type(n) is not int or abs(n) > BOUND for n in bounds):
            raise FormatError(
                f"A slice is {self.start!r}:{self.stop!r}:{self.step!r}, expected whole numbers "
                f"up to {BOUND:,} and a step that is not 0."
            )

    @property
    def _slice(self) -> slice:
        return slice(self.start, self.stop, self.step)

    def output_shape(self, *inputs: Shape) -> Shape:
        given = expect_one(inputs)
        axes = given.time + (given.units > 0)
        if self.axis not in (*range(1, axes + 1), *range(-axes, 0)):
            raise FormatError(f"has no axis {self.axis} in {given}.")
        if self._over_time(given.time, axes):
            length = given.length
            if length is not None:
                length = len(range(length)[self._slice])
                if not length:
                    raise FormatError(f"takes no step of {given}.")
            bounds = f"{self.start}:{self.stop}:{self.step}"
            return given._replace(steps=f"{given.steps}[{bounds}]", length=length)
        units = len(range(given.units)[self._slice])
        if not units:
            raise FormatError(f"takes no unit of {given}.")
        return given._replace(units=units)

    def _over_time(self, time: bool, axes: int) -> bool:
        return time and self.axis in (1, -axes)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        axes = x.values.shape.rank - 1
        if not self._over_time(x.mask is not None, axes):
            return x._replace(values=x.values[..., self._slice])
        lengths = tf.reduce_sum(tf.cast(x.real, tf.int32), axis=1)  # (B,)
        first, count = self._places(lengths)
        slots = tf.range(tf.maximum(tf.reduce_max(count), 1))  # (S,)
        real = slots < count[:, None]
        places = tf.where(real, first[:, None] + slots * self.step, 0)  # (B, S)
        values = tf.gather(x.values, places, axis=1, batch_dims=1)
        there = real[..., None] if axes == 2 else real
        mask = tf.gather(x.mask, places, axis=1, batch_dims=1) & real
        return x._replace(
            values=tf.where(there, values, tf.zeros_like(values)), mask=mask, real=real
        )

    def _places(self, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The first step (B,) that is taken, and how many are, as Python's `slice.indices`."""
        import tensorflow as tf

        down = self.step < 0
        lowest, highest = (-1, lengths - 1) if down else (0, lengths)

        def place(bound: int | None, default: tf.Tensor | int) -> tf.Tensor:
            if bound is None:
                return default + tf.zeros_like(lengths)
            at = bound + lengths if bound < 0 else bound + tf.zeros_like(lengths)
            return tf.minimum(tf.maximum(at, lowest), highest)

        first = place(self.start, highest if down else lowest)
        end = place(self.stop, lowest if down else highest)
        between = first - end if down else end - first
        size = abs(self.step)
        return first, tf.maximum((between + size - 1) // size, 0)
