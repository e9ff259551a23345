"""The slow version of LIME: one sample drawn, one pair of words at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, sqrt

import numpy as np


def of_masks(
    score: Callable[[Sequence[bool]], float], masks: np.ndarray, *, width: float, ridge: float
) -> tuple[np.ndarray, float]:
    """Coefficients (n,) and R² of a weighted ridge regression on masks (m, n).

    The normal equations of words and of an intercept without penalty, element by element.

    Args:
        score: of a text of which only some words stay.
    """
    count, words = masks.shape
    targets = [score(mask.tolist()) for mask in masks]
    weights = []
    for mask in masks:
        kept = sum(mask.tolist())
        # The cosine of the mask and of all ones: kept / (sqrt(kept) sqrt(n)).
        distance = 1 - (kept / (sqrt(kept) * sqrt(words)) if kept else 0)
        weights.append(exp(-(distance**2) / (2 * width**2)))
    rows = [[float(kept) for kept in mask] + [1.0] for mask in masks]
    A, b = np.zeros((words + 1, words + 1)), np.zeros(words + 1)
    for row, weight, target in zip(rows, weights, targets, strict=True):
        for i in range(words + 1):
            b[i] += weight * row[i] * target
            for j in range(words + 1):
                A[i, j] += weight * row[i] * row[j]
    for i in range(words):
        A[i, i] += ridge
    found = np.linalg.solve(A, b)
    whole = sum(weights)
    mean = sum(w * t for w, t in zip(weights, targets, strict=True)) / whole
    left = spread = 0.0
    for row, weight, target in zip(rows, weights, targets, strict=True):
        guess = sum(value * coefficient for value, coefficient in zip(row, found, strict=True))
        left += weight * (target - guess) ** 2
        spread += weight * (target - mean) ** 2
    assert count == len(rows)
    return found[:words], 1 - left / spread
