"""What a measure states of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lrp_engine.evaluation.text import Asking, Text

# What a measure needs besides texts and relevances.
Need = Literal["labels", "classes", "words", "answers"]
# The class that the relevances are of: the predicted one (or that asked for), or the true one.
Target = Literal["predicted", "label"]
# Which texts count; documents are made of several texts.
Scope = Literal["all", "right", "wrong", "documents"]
Function = Callable[[Text, np.ndarray], Asking]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One way to ask how far relevances may be believed.

    Attributes:
        name: key in `MEASURES`.
        title: for people. meaning: one sentence for people.
        best: "high", "low", or the number that the value of a perfect explanation has.
        function: (text, relevances (n,)) -> its numbers (k,), see `text.Asking`.
        points: (step) -> what the k numbers belong to, for the axis of a curve; one for no curve.
            None: the layers of the network.
        axis: what `points` count.
        combine: how the numbers of all texts become one, a name in `bootstrap.COMBINE`.
        scope, target: see above.
        least, most: words that a text must have, of a step: (step) -> words.
        needs: see above.
        fast: whether it is measured unless asked for.
        random: whether relevances drawn at random say anything.
        tie: a difference that is smaller is none.
        source: where it is defined.
    """

    name: str
    title: str
    meaning: str
    best: Literal["high", "low"] | float
    function: Function
    source: str
    points: Callable[[int], tuple[float, ...]] | None = lambda step: (1.0,)
    axis: str = ""
    combine: str = "mean"
    scope: Scope = "all"
    target: Target = "predicted"
    least: Callable[[int], int] = lambda step: 5
    most: Callable[[int], int] | None = None
    needs: tuple[Need, ...] = ()
    fast: bool = True
    random: bool = True
    tie: float = 0.005

    def goodness(self, value: np.ndarray) -> np.ndarray:
        """Values so that more is better."""
        if self.best == "high":
            return value
        return -value if self.best == "low" else -np.abs(value - float(self.best))

    def lacking(self, step: int) -> str:
        """A sentence for where it can measure none of the texts: which ones it needs."""
        which = f" that is classified {self.scope}" if self.scope in ("right", "wrong") else ""
        return f"It needs a text of {self.lengths(step)}{which}; there is none."

    def lengths(self, step: int) -> str:
        """How long a text must be, in words, as "5 or more words"."""
        most = " or more" if self.most is None else f" to {self.most(step)}"
        return f"{self.least(step)}{most} words"

    def fits(self, words: int, step: int) -> bool:
        """Whether a text of so many words can be measured."""
        return words >= self.least(step) and (self.most is None or words <= self.most(step))
