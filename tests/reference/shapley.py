"""The slow version of Shapley values: one order of the words after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations

import numpy as np

Score = Callable[[Sequence[bool]], float]


def exact(score: Score, words: int) -> np.ndarray:
    """(n,) the mean over all n! orders of what each word adds to those before it."""
    return np.mean([_gains(score, order) for order in permutations(range(words))], axis=0)


def sampled(score: Score, orders: Iterable[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Means (n,) over orders, and standard errors of the means of pairs of them."""
    gains = [_gains(score, order) for order in orders]
    pairs = [(a + b) / 2 for a, b in zip(gains[::2], gains[1::2], strict=True)]
    mean = sum(pairs) / len(pairs)
    spread = sum((pair - mean) ** 2 for pair in pairs) / (len(pairs) - 1)
    return mean, np.sqrt(spread / len(pairs))


def _gains(score: Score, order: Sequence[int]) -> np.ndarray:
    there, found = [False] * len(order), np.zeros(len(order))
    before = score(there)
    for word in order:
        there[word] = True
        after = score(there)
        found[word] = after - before
        before = after
    return found
