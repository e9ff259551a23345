"""A result as the page shows it: a sentence, a table, curves, what was not measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.trust.result import Result
from lrp_engine.attribution.methods import METHODS
from lrp_engine.evaluation import frames
from lrp_engine.evaluation.measures import MEASURES
from lrp_engine.evaluation.report import Section, sections
from lrp_engine.evaluation.result import Evaluation
from lrp_engine.evaluation.verdict import called, of_random_weights

# Columns of the first table, of those that were measured.
FIRST = (
    "marked_correlation", "marked_share", "comprehensiveness", "sufficiency", "correlation",
    "slope", "deletion_right", "deletion_wrong", "pointing",
)  # fmt: skip
COLUMNS = 6
# Fewer texts than these tell few explainers apart.
FEW = 20
RANDOM_CALLED = "random order"
GOALS = {"high": "↑ more is better", "low": "↓ less is better"}
# Marks of a report, in words for a cell.
MARKS = {"best": "best", "tie": "ties", "chance": "no better than random",
         "best, chance": "best, but no better than random"}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A value with its interval, as text; mark: one of `MARKS`, or ""."""

    value: str
    interval: str
    mark: str = ""

    @property
    def said(self) -> str:
        return MARKS.get(self.mark, "")


@dataclass(frozen=True)
class Column:
    """A measure at the head of a table."""

    title: str
    goal: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A row per explainer: what it is called, the method in full ("" for a random order), a cell
    per column; None where there is no number."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, str, tuple[Cell | None, ...]], ...]


@dataclass(frozen=True)
class Curve:
    """A measure's curve: points by explainer, value, low, high.

    Attributes:
        named: whether points are names.
    """

    title: str
    meaning: str
    axis: str
    named: bool
    points: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the page says.

    Attributes:
        model_hash, model_name: of the model. texts: where they come from.
        sentence: what to take from it; doubts: what speaks against relying on it.
        facts: of what it was measured, in short.
        table: the first measures; sections: all of them.
        curves: by measure.
        left_out: titles of measures, and why they were not taken.
        check: what random weights say: a sentence, a table, curves.
    """

    model_hash: str
    model_name: str
    texts: str
    sentence: str = ""
    doubts: tuple[str, ...] = ()
    facts: str = ""
    table: Table | None = None
    sections: tuple[Section, ...] = ()
    curves: dict[str, Curve] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()
    check: str = ""
    check_table: Table | None = None
    check_curves: dict[str, Curve] = field(default_factory=dict)


def shown(result: Result) -> Shown:
    """A result, read."""
    evaluation, check = result.evaluation, result.check
    return Shown(
        model_hash=result.model_hash,
        model_name=result.model_name,
        texts=result.texts,
        sentence=evaluation.sentence if evaluation else "",
        doubts=tuple(_doubts(result)),
        facts=_facts(result),
        table=_table(evaluation, _first(evaluation)) if evaluation else None,
        sections=tuple(sections(evaluation)) if evaluation else (),
        curves=_curves(evaluation) if evaluation else {},
        left_out=_left_out(evaluation, checked=check is not None) if evaluation else (),
        check=of_random_weights(check) if check else result.check_problem,
        check_table=_table(check, check.measures) if check else None,
        check_curves=_curves(check) if check else {},
    )


def _first(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(name for name in FIRST if name in evaluation.values)[:COLUMNS]


def _table(evaluation: Evaluation, measures: Sequence[str]) -> Table:
    of = dict(zip(evaluation.measures, sections(evaluation), strict=True))
    rows = []
    for j, one in enumerate(evaluation.explainers):
        cells = tuple(_cell(of[name], j) for name in measures)
        title = METHODS[one.method].title if one.method in METHODS else ""
        if any(cells):
            rows.append((called(one) if title else RANDOM_CALLED, title, cells))
    columns = tuple(_column(name) for name in measures)
    return Table(columns, tuple(rows))


def _column(name: str) -> Column:
    info = MEASURES[name]
    goal = GOALS.get(str(info.best), f"→ {info.best} is best")
    return Column(info.title, goal.replace(".0 ", " "), info.meaning)


def _cell(section: Section, j: int) -> Cell | None:
    if j >= len(section.lines):
        return None
    line = section.lines[j]
    return Cell(line.value, line.interval, line.mark)


def _curves(evaluation: Evaluation) -> dict[str, Curve]:
    found = {}
    for name in evaluation.measures:
        if not evaluation.points[name]:
            continue
        info = MEASURES[name]
        table = frames.curves(evaluation, [name])
        names = {
            (one.method, one.rule): RANDOM_CALLED if one.method not in METHODS else called(one)
            for one in evaluation.explainers
        }
        keys = zip(table["method"], table["rule"], strict=True)
        points = table.assign(explainer=[names[key] for key in keys])
        named = any(isinstance(point, str) for point in evaluation.points[name])
        points = points[["explainer", "point", "value", "low", "high"]]
        found[name] = Curve(info.title, info.meaning, info.axis, named, points.dropna())
    return found


def _doubts(result: Result) -> list[str]:
    said = []
    evaluation = result.evaluation
    if result.count < FEW:
        said.append(
            f"These are {result.count} text{'s' * (result.count != 1)}: too few to tell "
            f"explanations apart for sure. From {FEW} on the intervals begin to say something, a "
            "hundred or more are better."
        )
    if evaluation is not None and not np.any([len(v) for v in evaluation.values.values()] or [0]):
        said.append("No text is long enough to be measured: most measures need five words.")
    return said


def _facts(result: Result) -> str:
    """On what it was measured, in a line."""
    count = f"{result.count:,} texts"
    if result.count < result.found:
        count = f"{result.count:,} of {result.found:,} texts, drawn at random"
    parts = [f"{count}: {result.texts}"]
    evaluation = result.evaluation
    if evaluation is not None and evaluation.unexplained:
        parts.append(f"{evaluation.unexplained:,} of them could not be explained")
    if result.long:
        parts.append(f"{result.long:,} left out, too long for this model")
    if result.most_words:
        parts.append("no more, since their words are many")
    parts.append(f"{result.made}")
    return "; ".join(parts)


def _left_out(evaluation: Evaluation, *, checked: bool) -> tuple[tuple[str, str], ...]:
    """Measures by the reason for which they were not taken."""
    reasons: dict[str, list[str]] = {}
    for name, why in evaluation.left_out.items():
        if not (checked and MEASURES[name].points is None):  # that is the check
            reasons.setdefault(why, []).append(MEASURES[name].title)
    return tuple((", ".join(titles), why) for why, titles in reasons.items())
