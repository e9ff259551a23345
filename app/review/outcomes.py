"""Whether the model is right, per row and counted by class. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app import settings
from app.review import true_classes
from app.review.true_classes import TrueClasses

RIGHT, WRONG, NOT_EXPLAINED = "right", "wrong", "not explained"
OUTCOMES = (RIGHT, WRONG, NOT_EXPLAINED)
# How they read, on the page and in files.
TITLES = {RIGHT: "correct", WRONG: "incorrect", NOT_EXPLAINED: NOT_EXPLAINED}
NO_CLASS = true_classes.NO_CLASS


def outcomes(summary: pd.DataFrame) -> np.ndarray:
    """Per row: one of OUTCOMES, or "" where no label says."""
    truth, predicted = summary["truth"].to_numpy(), summary["said"].to_numpy()
    right = summary["off"].to_numpy() == 0
    judged = np.where(truth == NO_CLASS, "", np.where(right, RIGHT, WRONG))
    return np.where(predicted == NO_CLASS, NOT_EXPLAINED, judged)


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many explained texts of each true class got which prediction.

    Attributes:
        counts: (R, K). right: whether the prediction is among the classes of the true one (R, K).
        down: the true class of each row, in order; NO_CLASS comes last, where a text has no label,
            and alone, where none has.
        across: the predicted class of each column, in order.
        left_out: classes that are not shown; their texts are not counted.
    """

    counts: np.ndarray
    right: np.ndarray
    down: list[int]
    across: list[int]
    left_out: int


def confusion(
    summary: pd.DataFrame, classes: TrueClasses, *, most: int = settings.MATRIX_CLASSES
) -> Confusion:
    """The counts of all classes, or of so many with the most texts: nothing has C x C entries.

    Where labels stand for several classes, true classes without texts have no row.
    """
    explained = summary[summary["said"] != NO_CLASS]
    truth, predicted = (explained[name].to_numpy(int) for name in ("truth", "said"))
    labelled, unlabelled = truth[truth != NO_CLASS], truth == NO_CLASS
    near = classes.nearest(labelled, predicted[~unlabelled])
    totals = np.bincount(np.concatenate([near, predicted]), minlength=len(classes.labels))
    across = np.sort(np.argsort(-totals, kind="stable")[:most])
    down = across
    if (labelled >= len(classes.labels)).any():
        found, texts = np.unique(labelled, return_counts=True)
        found = found[np.argsort(-texts, kind="stable")[:most]]
        down = np.array(sorted(found.tolist(), key=classes.members), int)
    elif not len(labelled):
        down = np.zeros(0, int)
    if unlabelled.any() or not len(labelled):
        down = np.append(down, NO_CLASS)
    # True class -> its row; predicted class -> its column; -1 where it is not shown.
    rows, columns = np.full(len(classes) + 1, -1), np.full(len(classes.labels), -1)
    rows[down], columns[across] = np.arange(len(down)), np.arange(len(across))
    at = rows[truth], columns[predicted]
    shown = (at[0] >= 0) & (at[1] >= 0)
    counts = np.zeros((len(down), len(across)), int)
    np.add.at(counts, (at[0][shown], at[1][shown]), 1)
    return Confusion(
        counts=counts,
        right=np.array([np.isin(across, classes.members(int(one))) for one in down], bool),
        down=down.tolist(),
        across=across.tolist(),
        left_out=len(classes.labels) - len(across),
    )
