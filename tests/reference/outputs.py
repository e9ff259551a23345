"""Slow versions of the output kinds' links: loops over single numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def softmax(scores: np.ndarray) -> list[list[float]]:
    """Each score's share of all exponentials of its row."""
    rows = []
    for row in scores.tolist():
        powers = [math.exp(score - max(row)) for score in row]
        rows.append([power / math.fsum(powers) for power in powers])
    return rows


def sigmoid(scores: np.ndarray) -> list[list[float]]:
    """1 / (1 + e^-z), by whichever form does not overflow."""

    def one(z: float) -> float:
        return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))

    return [[one(score) for score in row] for row in scores.tolist()]


def linear(scores: np.ndarray) -> list[list[float]]:
    """The numbers themselves."""
    return [list(row) for row in scores.tolist()]


REFERENCES: dict[str, Callable[[np.ndarray], list[list[float]]]] = {
    "softmax": softmax,
    "sigmoid": sigmoid,
    "linear": linear,
}
