"""Whether the model is right, per row and counted by class. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd

RIGHT, WRONG, NOT_EXPLAINED = "right", "wrong", "not explained"
OUTCOMES = (RIGHT, WRONG, NOT_EXPLAINED)
NO_CLASS = -1  # no label, or nothing predicted


def outcomes(summary: pd.DataFrame) -> np.ndarray:
    """Per row: one of OUTCOMES, or "" where no label says."""
    truth, predicted = summary["truth"].to_numpy(), summary["said"].to_numpy()
    judged = np.where(truth == NO_CLASS, "", np.where(truth == predicted, RIGHT, WRONG))
    return np.where(predicted == NO_CLASS, NOT_EXPLAINED, judged)


def confusion(summary: pd.DataFrame, classes: int) -> np.ndarray:
    """Counts (C + 1, C): true class down, predicted across; the last row has no label."""
    counts = np.zeros((classes + 1, classes), int)
    explained = summary[summary["said"] != NO_CLASS]
    # NO_CLASS is -1: the last row.
    np.add.at(counts, (explained["truth"].to_numpy(int), explained["said"].to_numpy(int)), 1)
    return counts
