"""Measures of doubt: the table `MEASURES`. One entry gives a measure its column in the summary and
in exports, its orders of the queue, its column in the list and its words below the open row."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from app.review.methods import MAIN
from lrp_engine.attribution.methods import LIVE_METHODS, METHODS
from lrp_engine.evaluation.ranks import size_agreement
from lrp_engine.render.numbers import number, percentage


@dataclass(frozen=True, kw_only=True)
class MeasuredText:
    """What measures are computed from: one explained text.

    Attributes:
        probabilities: of each class (C,).
        relevance: method -> value of each word (n,).
        absorbed: relevance not attributed to words: the sizes of what initial states, biases and
            stabilizers hold, added up.
        conservation_error: what is missing from the account of the score.
    """

    probabilities: np.ndarray
    relevance: Mapping[str, np.ndarray]
    absorbed: float
    conservation_error: float

    @property
    def size(self) -> float:
        """Of the account: the sizes of all its entries, added up."""
        return float(np.abs(self.relevance[MAIN]).sum()) + self.absorbed


@dataclass(frozen=True, kw_only=True)
class Format:
    """How values are written.

    Attributes:
        column: in a list, in the style of printf, after `factor`. width: of that column, in pixels.
        sentence: a value as text; where there is none, `missing` is written.
    """

    column: str
    width: int
    sentence: Callable[[float], str]
    factor: float = 1
    missing: str = ""

    def write(self, value: float | None) -> str:
        """A value in a sentence; None and NaN stand for none."""
        return self.missing if value is None or np.isnan(value) else self.sentence(float(value))


SHARE = Format(column="%.1f %%", width=85, factor=100, sentence=percentage)
TINY = Format(column="%.1e", width=100, sentence="{:.1e}".format)
CORRELATION = Format(
    column="%.2f",
    width=100,
    sentence=lambda value: number(value, vmax=1),
    missing="too few words",
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order of the queue by a measure.

    Attributes:
        name: in addresses and session files. title: for people. meaning: in a sentence.
        descending: the largest first.
    """

    name: str
    title: str
    meaning: str
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A number per explained text, as pages and files know it.

    Attributes:
        name: of its column in the summary. exported: of its column in exports, where it differs.
        orders: of the queue.
        heading: of its column in the list, which is there while the queue has one of its orders;
            always: it is there with every order.
        term: what its value is called below the open row; "": it is not stated there.
        place: on the page, the lowest first; files keep the order of the table.
    """

    name: str
    format: Format
    heading: str
    orders: tuple[Order, ...]
    exported: str = ""
    term: str = ""
    always: bool = False
    place: int = 1


@dataclass(frozen=True, kw_only=True)
class Measure(Column):
    """A column that is computed of the explained text itself.

    Attributes:
        of: computes it; None where it is not defined.
        method: that it compares the main one with: sets without this method lack the measure.
    """

    of: Callable[[MeasuredText], float | None]
    method: str | None = None


def confidence(text: MeasuredText) -> float:
    """Probability of the predicted class."""
    return float(text.probabilities.max())


def margin(text: MeasuredText) -> float:
    """Probability of the predicted class minus that of the next one."""
    *_, second, first = (0.0, *np.sort(text.probabilities))
    return float(first - second)


def absorbed_share(text: MeasuredText) -> float:
    """Share of the account that is not attributed to words."""
    return text.absorbed / text.size if text.size else 0.0


def error_share(text: MeasuredText) -> float:
    """Size of the conservation error, relative to the account."""
    return abs(text.conservation_error) / text.size if text.size else 0.0


def agreement_with(name: str) -> Measure:
    """The rank agreement of the main method with another one over the words."""
    main, other = METHODS[MAIN], METHODS[name]
    return Measure(
        name=name,
        exported=f"agreement_{MAIN}_{name}",
        of=lambda text: size_agreement(text.relevance[MAIN], text.relevance[name]),
        format=CORRELATION,
        heading=f"{main.short}~{other.short}",
        term=f"rank agreement of {main.short} and {other.short}",
        orders=(
            Order(
                name=name,
                title=f"{main.short} against {other.short}",
                meaning=f"Lowest rank agreement of {main.short} with {other.title} over the words.",
            ),
        ),
        method=name,
        place=2 if other.signed else 3,
    )


_ENTRIES = (
    Measure(
        name="confidence",
        of=confidence,
        format=SHARE,
        heading="confidence",
        always=True,
        orders=(
            Order(
                name="unsure",
                title="least confident",
                meaning="Lowest probability of the predicted class.",
            ),
            Order(
                name="sure",
                title="most confident",
                meaning="Highest probability of the predicted class; with “incorrect”, the worst "
                "mistakes.",
                descending=True,
            ),
        ),
    ),
    Measure(
        name="margin",
        of=margin,
        format=SHARE,
        heading="margin",
        always=True,
        term="margin",
        orders=(
            Order(
                name="margin",
                title="closest calls",
                meaning="Smallest margin first: the probability of the first class minus that of "
                "the second.",
            ),
        ),
        place=0,
    ),
    Measure(
        name="leak",
        of=absorbed_share,
        format=SHARE,
        heading="unattributed",
        term="not attributed to words",
        orders=(
            Order(
                name="leak",
                title="most relevance not attributed to words",
                meaning="Share of the account that biases, stabilizers and initial states hold, "
                "not the words.",
                descending=True,
            ),
        ),
    ),
    Measure(
        name="error",
        exported="conservation_error_share",
        of=error_share,
        format=TINY,
        heading="error",
        orders=(
            Order(
                name="error",
                title="largest conservation error",
                meaning="What is missing from the account, relative to its size: rounding, or a "
                "fault.",
                descending=True,
            ),
        ),
    ),
    *(agreement_with(name) for name in LIVE_METHODS if name != MAIN),
)


MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ENTRIES}


def measures_by(methods: Container[str]) -> tuple[Measure, ...]:
    """The measures of a set that is explained by these methods, in the order of files."""
    every = MEASURES.values()
    return tuple(one for one in every if one.method is None or one.method in methods)


C = TypeVar("C", bound=Column)


def on_the_page(columns: Iterable[C]) -> list[C]:
    """Columns in the order in which a page names them."""
    return sorted(columns, key=lambda one: one.place)
