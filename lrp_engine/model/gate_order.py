"""GateOrder: which block of an LSTM's weights is which gate, and how that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

# How an order is known, in words.
SOURCES = {
    "format": "fixed by the format",
    "given": "given by the caller",
    "detected": "detected from reference scores",
    "assumed": "assumed, the field's most common order",
}


@dataclass(frozen=True, kw_only=True)
class GateReading:
    """One way to read the eight arrays, and how far its scores are from the reference.

    Attributes:
        order: the blocks, a permutation of "ifgo".
        forget_bias: what is added to the forget gate's bias at run time.
        backward_first: whether the first three arrays are the backward direction.
        difference: largest deviation of a score, relative to the largest reference score.
    """

    order: str
    forget_bias: int = 0
    backward_first: bool = False
    difference: float = math.nan

    def __str__(self) -> str:
        words = " ".join(self.order)
        if self.forget_bias:
            words += f" with forget bias {self.forget_bias}"
        return words + (", backward direction first" if self.backward_first else "")


@dataclass(frozen=True, kw_only=True)
class GateOrder:
    """The reading that was taken.

    Attributes:
        source: how it is known, a key of `SOURCES`.
        runner_up: the best of the readings that mean another network; None unless detected.
        samples: reference samples that were compared.
    """

    reading: GateReading
    source: str
    runner_up: GateReading | None = None
    samples: int = 0

    @property
    def order(self) -> str:
        return self.reading.order

    @property
    def margin(self) -> float | None:
        """How many times worse the runner-up is; None unless detected."""
        if self.runner_up is None:
            return None
        best = self.reading.difference
        return self.runner_up.difference / best if best > 0 else math.inf

    def sentence(self) -> str:
        """What was read and how that is known."""
        if self.runner_up is None:
            return f"The gate blocks are in the order {self.reading}: {SOURCES[self.source]}."
        return (
            f"The gate blocks are in the order {self.reading}: {SOURCES[self.source]} "
            f"({self.samples} sample{'s' if self.samples > 1 else ''}; largest difference "
            f"{self.reading.difference:.1e}; next best: {self.runner_up}, "
            f"{self.runner_up.difference:.1e})."
        )
