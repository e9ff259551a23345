"""The results file: one row per number, from which the document's tables are made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app import settings
from lrp_engine import Evaluation

FILE = settings.REPOSITORY / "docs" / "evidence.csv"
# Curves of which every point is kept.
CURVES = ("deletion_right", "deletion_wrong", "descriptive_accuracy")
COLUMNS = ["part", "model", "method", "rule", "measure", "point", "value", "low", "high", "n",
           "better"]  # fmt: skip
NUMBERS = ("value", "low", "high")
DIGITS = 5


def rows_of(evaluation: Evaluation, part: str, model: str) -> pd.DataFrame:
    """Values with intervals, and points of curves.

    `better` compares with the first explainer, on the same texts: 1 or -1 where the difference is
    real, 0 where it is none.
    """
    keys = ["method", "rule", "measure"]
    compared = evaluation.differences()
    compared["better"] = compared["real"] * (2 * compared["better"] - 1)
    values = evaluation.to_frame().merge(compared[[*keys, "better"]], on=keys, how="left")
    curves = evaluation.curves()
    found = pd.concat([values, curves[curves["measure"].isin(CURVES)]], ignore_index=True)
    return found.assign(part=part, model=model)


def frame(rows: Sequence[tuple], part: str, model: str) -> pd.DataFrame:
    """Numbers without intervals: rows of method, rule, measure, value, n."""
    found = pd.DataFrame(rows, columns=["method", "rule", "measure", "value", "n"])
    return found.assign(part=part, model=model)


def read(path: Path = FILE) -> pd.DataFrame:
    """The results; what is empty or a count is text, the rest are numbers."""
    texts = dict.fromkeys(set(COLUMNS) - set(NUMBERS), str)
    return pd.read_csv(path, keep_default_na=False, na_values={name: ["nan"] for name in NUMBERS},
                       dtype=texts)  # fmt: skip


def write(found: pd.DataFrame, path: Path = FILE) -> None:
    """Replace the rows of the same part and model."""
    kept = read(path) if path.is_file() else pd.DataFrame(columns=COLUMNS)
    new = set(zip(found["part"], found["model"], strict=True))
    kept = kept[[pair not in new for pair in zip(kept["part"], kept["model"], strict=True)]]
    found = found.reindex(columns=COLUMNS)
    for name in NUMBERS:
        found[name] = found[name].astype(float).round(DIGITS)
    for name in ("point", "better", "n"):
        found[name] = [_short(value) for value in found[name]]
    found["rule"] = found["rule"].fillna("")
    whole = pd.concat([kept, found], ignore_index=True)
    whole = whole.sort_values("part", kind="stable")
    whole.to_csv(path, index=False, lineterminator="\n", na_rep="nan")


def _short(value: object) -> str:
    """A number as short as it can be said; nothing for none."""
    return "" if pd.isna(value) else f"{value:g}"  # type: ignore[call-overload]
