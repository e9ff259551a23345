"""Windows over time, for convolution and local pooling.

Axes: B batch, T time steps in, S time steps out, K steps in a window, D units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lrp_engine.errors import FormatError, choices
from lrp_engine.layers.ops import Signal
from lrp_engine.model.shapes import Extent, Shape

if TYPE_CHECKING:
    import tensorflow as tf

PADDINGS = ("valid", "same", "causal")


class Cut(NamedTuple):
    """Windows of a signal."""

    values: tf.Tensor  # (B, S, K, D), zeros outside of the sequence
    inside: tf.Tensor  # (B, S, K)
    real: tf.Tensor  # (B, S)


@dataclass(frozen=True)
class Windows:
    """Where windows of `size` steps lie, `dilation` apart within, `stride` apart from each other.

    "valid": only whole windows. "same": as many as steps / stride, centred as in TensorFlow.
    "causal": as many, each ending at its own step. Every sequence counts for itself: what fills
    up a batch is outside of it.
    """

    size: int
    stride: int
    padding: str
    dilation: int = 1

    def check(self, what: str) -> None:
        """Raise FormatError for options that no window has."""
        numbers = (self.size, self.stride, self.dilation)
        if any(type(n) is not int or n < 1 for n in numbers):
            raise FormatError(
                f"{what} has size {self.size}, stride {self.stride} and dilation {self.dilation}, "
                "expected numbers from 1."
            )
        if self.padding not in PADDINGS:
            raise FormatError(
                f"{what} has padding {self.padding!r}; supported: {choices(PADDINGS)}."
            )

    @property
    def reach(self) -> int:
        """Steps from the first to the last of a window."""
        return (self.size - 1) * self.dilation + 1

    def shape(self, before: Shape, units: int) -> Shape:
        """The shape of one output of so many units per window."""
        if self.padding != "valid" and self.stride == 1:
            return before._replace(units=units)
        steps = f"{before.steps} > {self.padding} {self.size}x{self.dilation}/{self.stride}"
        length = before.length
        if length is not None:
            starts = length - self.reach + 1 if self.padding == "valid" else length
            length = -(-starts // self.stride)
            if length < 1:
                raise FormatError(f"has windows of {self.reach} steps, longer than {before}.")
        return Shape(units, True, steps, length)

    def steps_after(self, steps: int) -> int:
        return max(1, -(-steps // self.stride))

    def numbers(self, output: Extent, x: Extent) -> int:
        """See `Layer.numbers`: every window with its units, cut out, marked and shared back."""
        return 12 * output.numbers + 4 * x.numbers + 10 * output.steps * self.size * x.units

    def cut(self, x: Signal) -> Cut:
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(x.real, tf.int32), axis=1)  # (B,)
        starts = lengths - self.reach + 1 if self.padding == "valid" else lengths
        counts = tf.maximum((starts + self.stride - 1) // self.stride, 0)
        before = {
            "valid": tf.zeros_like(lengths),
            "same": tf.maximum((counts - 1) * self.stride + self.reach - lengths, 0) // 2,
            "causal": tf.fill(tf.shape(lengths), self.reach - 1),
        }[self.padding]
        slots = tf.range(tf.maximum(tf.reduce_max(counts), 1))  # (S,)
        real = slots < counts[:, None]
        within = tf.range(self.size) * self.dilation  # (K,)
        places = slots[:, None] * self.stride + within - before[:, None, None]  # (B, S, K)
        inside = (places >= 0) & (places < lengths[:, None, None]) & real[..., None]
        gathered = tf.gather(x.values, tf.where(inside, places, 0), axis=1, batch_dims=1)
        return Cut(tf.where(inside[..., None], gathered, tf.zeros_like(gathered)), inside, real)
