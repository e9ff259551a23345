"""Rank correlation; equal values share their mean rank."""

from __future__ import annotations

import numpy as np

LEAST = 3  # values; of fewer an order says nothing


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (n,) from 0 on, equal values sharing the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[which]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of a (n,) and b (n,); 0 where one has equal values only."""
    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x * x).sum() * (y * y).sum())
    return float(np.clip((x * y).sum() / size, -1, 1)) if size > 0 else 0.0


def size_agreement(a: np.ndarray, b: np.ndarray) -> float | None:
    """`spearman` of |a| (n,) and |b| (n,): whether both put words in one order of importance.

    None where it is not defined: fewer than `LEAST` values, all of them equal, or not numbers.
    """
    a, b = np.abs(a), np.abs(b)
    if len(a) < LEAST or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return None
    return spearman(a, b)
