"""What a loop over time remembers of a step for its way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus


class Memory:
    """Values of weighted sums in one time step: recorded forward, replayed on the way back.

    A loop over time stores these instead of every intermediate value, and its backward pass
    repeats only the cheap element-wise part of a step, no matrix product.

    Args:
        calculus: the one that records; it says what the way back will read.
        known: what was recorded, to replay it.
    """

    def __init__(self, calculus: Calculus, known: Sequence[tf.Tensor] | None = None) -> None:
        self.gates, self.summands = calculus.reads_gates, calculus.reads_summands
        self.replaying = known is not None
        self.values = list(known or [])

    def next(self, compute: Callable[[], tf.Tensor]) -> tf.Tensor:
        if self.replaying:
            return self.values.pop(0)
        self.values.append(compute())
        return self.values[-1]
