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

PADDINGS = ("valid", "same", "causal", "given")


class Cut(NamedTuple):
    """Windows of a signal."""

    values: tf.Tensor  # (B, S, K, D), zeros outside of the sequence
    inside: tf.Tensor  # (B, S, K)
    real: tf.Tensor  # (B, S)


@dataclass(frozen=True)
class Windows:
    """Where windows of `size` steps lie, `dilation` apart within, `stride` apart from each other.

    "valid": only whole windows. "same": as many as steps / stride, centred as in TensorFlow.
    "causal": as many, each ending at its own step. "given": whole windows over the sequence with
    so many steps more `before` and `after` it. Every sequence counts for itself: what fills up a
    batch is outside of it.
    """

    size: int
    stride: int
    padding: str
    dilation: int = 1
    before: int = 0
    after: int = 0

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
        pads = (self.before, self.after)
        most = self.reach - 1 if self.padding == "given" else 0
        if any(type(n) is not int or not 0 <= n <= most for n in pads):
            raise FormatError(
                f"{what} has {self.before} and {self.after} steps of padding, expected 0 to "
                f"{most}: less than a window reaches."
            )

    @property
    def reach(self) -> int:
        """Steps from the first to the last of a window."""
        return (self.size - 1) * self.dilation + 1

    @property
    def lost(self) -> int:
        """So many windows less than steps, at a stride of 1."""
        whole = self.padding in ("valid", "given")
        return self.reach - 1 - self.before - self.after if whole else 0

    def shape(self, before: Shape, units: int) -> Shape:
        """The shape of one output of so many units per window."""
        if not self.lost and self.stride == 1:
            return before._replace(units=units)
        pads = f" {self.before}+{self.after}" if self.padding == "given" else ""
        steps = f"{before.steps} > {self.padding}{pads} {self.size}x{self.dilation}/{self.stride}"
        length = before.length
        if length is not None:
            length = -(-(length - self.lost) // self.stride)
            if length < 1:
                raise FormatError(f"has windows of {self.reach} steps, longer than {before}.")
        return Shape(units, True, steps, length)

    def steps_after(self, steps: int) -> int:
        return max(1, -(-(steps - min(0, self.lost)) // self.stride))

    def numbers(self, output: Extent, x: Extent) -> int:
        """See `Layer.numbers`: every window with its units, cut out, marked and shared back."""
        return 12 * output.numbers + 4 * x.numbers + 10 * output.steps * self.size * x.units

    def cut(self, x: Signal) -> Cut:
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(x.real, tf.int32), axis=1)  # (B,)
        starts = tf.where(lengths > 0, lengths - self.lost, 0)  # no step, no window
        counts = tf.maximum((starts + self.stride - 1) // self.stride, 0)
        before = {
            "valid": tf.zeros_like(lengths),
            "same": tf.maximum((counts - 1) * self.stride + self.reach - lengths, 0) // 2,
            "causal": tf.fill(tf.shape(lengths), self.reach - 1),
            "given": tf.fill(tf.shape(lengths), self.before),
        }[self.padding]
        slots = tf.range(tf.maximum(tf.reduce_max(counts), 1))  # (S,)
        real = slots < counts[:, None]
        within = tf.range(self.size) * self.dilation  # (K,)
        places = slots[:, None] * self.stride + within - before[:, None, None]  # (B, S, K)
        inside = (places >= 0) & (places < lengths[:, None, None]) & real[..., None]
        gathered = tf.gather(x.values, tf.where(inside, places, 0), axis=1, batch_dims=1)
        return Cut(tf.where(inside[..., None], gathered, tf.zeros_like(gathered)), inside, real)
