"""Which rows are looked at, and in which order. Pure: tables in, row numbers out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.review import own_columns
from app.review.faithful import FAITHFUL
from app.review.measures import MEASURES, Column, Order, on_the_page
from app.review.outcomes import outcomes

UNREVIEWED, REVIEWED = "unreviewed", "reviewed"
NOT_MINE, SPLIT = "not_mine", "split"
NEAR = 100  # rows on either side that are a few quick presses away


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order of the queue.

    Attributes:
        title: for people; meaning: in a sentence.
        column: of the summary; descending: the largest first.
        measure: the one that is sorted by, if it is one; `column` is its own.
        own: whether `column` is one of the file's own.
    """

    title: str
    meaning: str
    column: str
    descending: bool = False
    measure: Column | None = None
    own: bool = False


def _by(measure: Column, order: Order) -> Sort:
    return Sort(title=order.title, meaning=order.meaning, column=measure.name,
                descending=order.descending, measure=measure)  # fmt: skip


SORTS: dict[str, Sort] = {
    order.name: _by(measure, order)
    for measure in on_the_page((*MEASURES.values(), *FAITHFUL))
    for order in measure.orders
} | {
    "file": Sort(title="order of the file", meaning="As the rows stand in the file.", column="row")
}
FIRST = next(iter(SORTS))


def sorts_by(columns: Iterable[Column]) -> dict[str, Sort]:
    """The orders of a set that has these columns."""
    there = tuple(columns)
    return {n: s for n, s in SORTS.items() if s.measure is None or s.measure in there}


# How an address names an order by one of the file's own columns: its number, and the direction.
OWN_SORT = re.compile(r"own-([0-9]{1,3})-(up|down)")


def own_sorts(own: Sequence[str]) -> dict[str, Sort]:
    """Two orders for each of the file's own columns, by their names."""
    return {
        f"own-{n}-{direction}": Sort(
            title=f"{name}, {title}", meaning=f"By the file’s column “{name}”.", column=name,
            descending=direction == "down", own=True,
        )
        for n, name in enumerate(own)
        for direction, title in (("up", "ascending"), ("down", "descending"))
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a row must be to be in the queue; None lets everything pass.

    Attributes:
        truth, predicted: the true class (NO_CLASS: none given) and the predicted one.
        outcome: one of OUTCOMES.
        marked: a verdict that somebody gave, UNREVIEWED or REVIEWED by anybody, NOT_MINE: not by
            this reviewer, SPLIT: by several with different verdicts.
        reviewer: who is looking.
        find: a piece of the text or of one of the file's own columns, in any case.
        rows: only these.
    """

    truth: int | None = None
    predicted: int | None = None
    outcome: str | None = None
    marked: str | None = None
    reviewer: str = ""
    find: str = ""
    rows: frozenset[int] | None = None


# Row -> reviewer -> verdict; a row without one is unreviewed.
Verdicts = Mapping[int, Mapping[str, str]]


def queue(
    summary: pd.DataFrame,
    verdicts: Verdicts,
    chosen: Filter,
    sort: str = FIRST,
    own: pd.DataFrame | None = None,
) -> list[int]:
    """Row numbers that pass, in order; what has no value comes last, ties as in the file.

    Args:
        summary: as `app.review.summary` makes it. own: as `own_columns.read` does, same rows.
        sort: a name in `SORTS`, or of `own_sorts`.
    """
    own = pd.DataFrame(index=summary.index) if own is None else own.set_axis(summary.index)
    order = (SORTS | own_sorts(own.columns.tolist()))[sort]
    values = own_columns.order(own[order.column]) if order.own else summary[order.column]
    passing = values[_passing(summary, own, verdicts, chosen)].sort_values(
        ascending=not order.descending, kind="stable", na_position="last"
    )
    return [int(row) for row in summary.loc[passing.index, "row"]]


def _passing(
    summary: pd.DataFrame, own: pd.DataFrame, verdicts: Verdicts, chosen: Filter
) -> np.ndarray:
    passes = np.ones(len(summary), bool)
    if chosen.truth is not None:
        passes &= (summary["truth"] == chosen.truth).to_numpy()
    if chosen.predicted is not None:
        passes &= (summary["said"] == chosen.predicted).to_numpy()
    if chosen.outcome is not None:
        passes &= outcomes(summary) == chosen.outcome
    if chosen.find.strip():
        text = summary["text"].fillna("")
        piece = chosen.find.strip()
        said = text.str.contains(piece, case=False, regex=False).to_numpy(bool)
        passes &= said | own_columns.containing(own, piece)
    if chosen.rows is not None:
        passes &= summary["row"].isin(chosen.rows).to_numpy()
    if chosen.marked is not None:
        given = [verdicts.get(int(row), {}) for row in summary["row"]]
        wanted = MARKS.get(chosen.marked, lambda said, _: chosen.marked in said.values())
        passes &= np.array([wanted(said, chosen.reviewer) for said in given], bool)
    return passes


# What `Filter.marked` asks of a row's verdicts, and of who is looking; else for a verdict.
MARKS: dict[str, Callable[[Mapping[str, str], str], bool]] = {
    UNREVIEWED: lambda said, _: not said,
    REVIEWED: lambda said, _: bool(said),
    NOT_MINE: lambda said, reviewer: reviewer not in said,
    SPLIT: lambda said, _: len(set(said.values())) > 1,
}


def around(rows: list[int], row: int) -> tuple[list[int], float]:
    """The rows near one in the queue, and its place among them; one that is not in the queue
    stands half a place before the first."""
    if row not in rows:
        return rows[:NEAR], -0.5
    at = rows.index(row)
    start = max(0, at - NEAR)
    return rows[start : at + NEAR + 1], at - start


def without(rows: list[int], at: int, queued: Container[int]) -> tuple[list[int], float]:
    """What `around` gave, once the row has left the queue: between those that are still there."""
    before, after = ([n for n in part if n in queued] for part in (rows[:at], rows[at + 1 :]))
    return before + after, len(before) - 0.5


def after(rows: list[int], at: float) -> int | None:
    """The row behind a place of `around`; None at the end."""
    place = math.floor(at) + 1
    return rows[place] if place < len(rows) else None
