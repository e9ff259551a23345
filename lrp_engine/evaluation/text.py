"""A text as a measure sees it, and what a measure may ask of the network.

Axes: n words (or steps, features) that can be left out, m variants asked about, C classes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Kept:
    """Asks for the scores (m, C) of variants of the text.

    Attributes:
        kept: (m, n) bool, which words stay.
        removal: a name in `REMOVALS`; None for that of the evaluation.
    """

    kept: np.ndarray
    removal: str | None = None


@dataclass(frozen=True)
class Moved:
    """Asks for relevances (1 + draws, n) by the same method: of the text's own vectors first, then
    of vectors moved by uniform noise.

    Attributes:
        radius: most that a number is moved by, in standard deviations of the text's numbers.
    """

    draws: int
    radius: float


@dataclass(frozen=True)
class Randomized:
    """Asks for relevances (L, n) by the same method through networks whose last 1, ..., L layers
    with weights have random ones."""


Request = Kept | Moved | Randomized
# A measure's function yields requests, gets answers, and returns its numbers (k,).
Asking = Generator[Request, np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """One text of n words, with the class that is asked about.

    Attributes:
        index: its place among all texts; with `seed` it decides what is drawn for it.
        words: n.
        scores: (C,) of the whole text.
        target: the class or value that the relevances are of.
        to_output: scores (..., C) -> probabilities, or values.
        label: the true class, where it is known.
        step: words that curves take out at a time.
        answer: (n,) the right relevance, NaN where there is none; None where nobody knows.
        origins: (n,) of which class the sentence is that each word stands in; of documents only.
    """

    index: int
    words: int
    scores: np.ndarray
    target: int
    to_output: Callable[[np.ndarray], np.ndarray]
    label: int | None = None
    step: int = 1
    seed: int = 0
    answer: np.ndarray | None = None
    origins: np.ndarray | None = None

    def value(self, scores: np.ndarray) -> np.ndarray:
        """Probability of the target, or the value, of scores (m, C): (m,)."""
        return np.asarray(self.to_output(scores))[..., self.target]

    @cached_property
    def whole(self) -> float:
        """Probability of the target, or the value, of the whole text."""
        return float(self.value(self.scores))

    def rng(self, name: str) -> np.random.Generator:
        """Draws that are the same for every method, process and order of the work."""
        return np.random.default_rng([self.seed, self.index, zlib.crc32(name.encode())])


def falling(relevance: np.ndarray) -> np.ndarray:
    """Positions (n,) by falling relevance; of equal ones the first comes first."""
    return np.argsort(-relevance, kind="stable")


def rising(relevance: np.ndarray) -> np.ndarray:
    """Positions (n,) by rising relevance; of equal ones the first comes first."""
    return np.argsort(relevance, kind="stable")


def without_first(order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Which words (m, n) stay where the first of an order are left out, so many each time."""
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return place[None, :] >= np.asarray(counts)[:, None]
