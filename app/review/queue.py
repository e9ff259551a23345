"""Which rows are looked at, and in which order. Pure: tables in, row numbers out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

UNREVIEWED, REVIEWED = "unreviewed", "reviewed"
RIGHT, WRONG, NOT_EXPLAINED = "right", "wrong", "not explained"
OUTCOMES = (RIGHT, WRONG, NOT_EXPLAINED)
NO_LABEL = -1
NEAR = 100  # rows on either side that are a few quick presses away


@dataclass(frozen=True)
class Sort:
    """An order of the queue.

    Attributes:
        title: for people; meaning: in a sentence.
        column: of the summary; descending: the largest first.
    """

    title: str
    column: str
    descending: bool
    meaning: str


SORTS: dict[str, Sort] = {
    "margin": Sort(
        "closest calls", "margin", False,
        "Smallest margin first: the probability of the first class minus that of the second.",
    ),
    "unsure": Sort("least confident", "confidence", False, "Lowest probability of the said class."),
    "sure": Sort(
        "most confident", "confidence", True,
        "Highest probability of the said class; with “wrong”, the worst mistakes.",
    ),
    "leak": Sort(
        "most relevance outside the words", "leak", True,
        "Share of the account that biases, stabilizers and initial states hold, not the words.",
    ),
    "error": Sort(
        "largest conservation error", "error", True,
        "What is missing from the account, relative to its size: rounding, or a fault.",
    ),
    "gradient_x_input": Sort(
        "LRP against GI", "gradient_x_input", False,
        "Lowest rank agreement of LRP with Gradient × Input over the words.",
    ),
    "sensitivity": Sort(
        "LRP against SA", "sensitivity", False,
        "Lowest rank agreement of LRP with Sensitivity Analysis over the words.",
    ),
    "file": Sort("order of the file", "row", False, "As the rows stand in the file."),
}  # fmt: skip
FIRST = next(iter(SORTS))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a row must be to stand in the queue; None lets everything pass.

    Attributes:
        truth, said: the true class (NO_LABEL: none given) and the predicted one.
        outcome: one of OUTCOMES. marked: a verdict, UNREVIEWED or REVIEWED.
        find: a piece of the text, in any case.
        rows: only these.
    """

    truth: int | None = None
    said: int | None = None
    outcome: str | None = None
    marked: str | None = None
    find: str = ""
    rows: frozenset[int] | None = None


def queue(
    summary: pd.DataFrame, verdicts: Mapping[int, str], asked: Filter, sort: str = FIRST
) -> list[int]:
    """Row numbers that pass, in order; what has no value comes last, ties as in the file.

    Args:
        summary: as `digest.summary_of` makes it.
        verdicts: by row number; a row without one is unreviewed.
    """
    order = SORTS[sort]
    found = summary[_passing(summary, verdicts, asked)]
    found = found.sort_values(
        order.column, ascending=not order.descending, kind="stable", na_position="last"
    )
    return [int(row) for row in found["row"]]


def _passing(summary: pd.DataFrame, verdicts: Mapping[int, str], asked: Filter) -> np.ndarray:
    passes = np.ones(len(summary), bool)
    if asked.truth is not None:
        passes &= (summary["truth"] == asked.truth).to_numpy()
    if asked.said is not None:
        passes &= (summary["said"] == asked.said).to_numpy()
    if asked.outcome is not None:
        passes &= outcomes(summary) == asked.outcome
    if asked.find.strip():
        text = summary["text"].fillna("")
        piece = asked.find.strip()
        passes &= text.str.contains(piece, case=False, regex=False).to_numpy(bool)
    if asked.rows is not None:
        passes &= summary["row"].isin(asked.rows).to_numpy()
    if asked.marked is not None:
        given = [verdicts.get(int(row), "") for row in summary["row"]]
        kept = {
            UNREVIEWED: lambda verdict: not verdict,
            REVIEWED: bool,
        }.get(asked.marked, lambda verdict: verdict == asked.marked)
        passes &= np.array([bool(kept(verdict)) for verdict in given], bool)
    return passes


def outcomes(summary: pd.DataFrame) -> np.ndarray:
    """Per row: one of OUTCOMES, or "" where no label says."""
    truth, said = summary["truth"].to_numpy(), summary["said"].to_numpy()
    found = np.where(truth == NO_LABEL, "", np.where(truth == said, RIGHT, WRONG))
    return np.where(said < 0, NOT_EXPLAINED, found)


def confusion(summary: pd.DataFrame, classes: int) -> np.ndarray:
    """Counts (C + 1, C): true class down, predicted across; the last row has no label."""
    counts = np.zeros((classes + 1, classes), int)
    explained = summary[summary["said"] >= 0]
    # NO_LABEL is -1: the last row.
    np.add.at(counts, (explained["truth"].to_numpy(int), explained["said"].to_numpy(int)), 1)
    return counts


def around(rows: list[int], row: int) -> tuple[list[int], float]:
    """The rows near one in the queue, and its place among them; one that is not in the queue
    stands half a place before the first."""
    if row not in rows:
        return rows[:NEAR], -0.5
    at = rows.index(row)
    start = max(0, at - NEAR)
    return rows[start : at + NEAR + 1], at - start


def without(rows: list[int], at: int, found: Container[int]) -> tuple[list[int], float]:
    """What `around` gave, once the row has left the queue: between those that are still found."""
    before, after = ([n for n in part if n in found] for part in (rows[:at], rows[at + 1 :]))
    return before + after, len(before) - 0.5
