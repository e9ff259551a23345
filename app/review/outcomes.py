"""Whether the model is right, per row and counted by class. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app import settings

RIGHT, WRONG, NOT_EXPLAINED = "right", "wrong", "not explained"
OUTCOMES = (RIGHT, WRONG, NOT_EXPLAINED)
# How they read, on the page and in files.
TITLES = {RIGHT: "correct", WRONG: "incorrect", NOT_EXPLAINED: NOT_EXPLAINED}
NO_CLASS = -1  # no label, or nothing predicted


def outcomes(summary: pd.DataFrame) -> np.ndarray:
    """Per row: one of OUTCOMES, or "" where no label says."""
    truth, predicted = summary["truth"].to_numpy(), summary["said"].to_numpy()
    judged = np.where(truth == NO_CLASS, "", np.where(truth == predicted, RIGHT, WRONG))
    return np.where(predicted == NO_CLASS, NOT_EXPLAINED, judged)


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many explained texts of each true class got which prediction.

    Attributes:
        counts: (R, K).
        down: the true class of each row, in order; NO_CLASS comes last, where a text has no label,
            and alone, where none has.
        across: the predicted class of each column, in order.
        left_out: classes that are not shown; their texts are not counted.
    """

    counts: np.ndarray
    down: list[int]
    across: list[int]
    left_out: int


def confusion(
    summary: pd.DataFrame, classes: int, *, most: int = settings.MATRIX_CLASSES
) -> Confusion:
    """The counts of all classes, or of so many with the most texts: nothing has C x C entries."""
    explained = summary[summary["said"] != NO_CLASS]
    truth, predicted = (explained[name].to_numpy(int) for name in ("truth", "said"))
    totals = np.bincount(np.concatenate([truth[truth != NO_CLASS], predicted]), minlength=classes)
    across = np.sort(np.argsort(-totals, kind="stable")[:most])
    places = np.full(classes + 1, -1)  # class -> its row and column; -1 where it is not shown
    places[across] = np.arange(len(across))
    places[NO_CLASS] = len(across)  # the last entry
    rows, columns = places[truth], places[predicted]
    shown = (rows >= 0) & (columns >= 0)
    counts = np.zeros((len(across) + 1, len(across)), int)
    np.add.at(counts, (rows[shown], columns[shown]), 1)
    down = np.append(across, NO_CLASS)
    labelled, unlabelled = (truth != NO_CLASS).any(), (truth == NO_CLASS).any()
    kept = np.where(down == NO_CLASS, unlabelled or not labelled, labelled)
    return Confusion(counts[kept], down[kept].tolist(), across.tolist(), classes - len(across))
