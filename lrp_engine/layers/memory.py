"""What a loop over time remembers of a step for its way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


class Memory:
    """Values of weighted sums in one time step: recorded forward, replayed on the way back.

    A loop over time stores these instead of every intermediate value, and its backward pass
    repeats only the cheap element-wise part of a step, no matrix product.

    Args:
        known: what was recorded, to replay it.
        gates, summands: what the way back will read, see `Calculus.reads_gates` and
            `Calculus.reads_summands`.
    """

    def __init__(
        self, known: Sequence[tf.Tensor] | None = None, *, gates: bool, summands: bool
    ) -> None:
        self.gates, self.summands = gates, summands
        self.replaying = known is not None
        self.values = list(known or [])

    def next(self, compute: Callable[[], tf.Tensor]) -> tf.Tensor:
        if self.replaying:
            return self.values.pop(0)
        self.values.append(compute())
        return self.values[-1]
