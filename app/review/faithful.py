"""How far the explanation of a row may be believed: what is measured of each, on request.

The numbers are the engine's (`lrp_engine.evaluation`), each beside that of a random order of words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.review.measures import CORRELATION, Column, Format, Order, measures_by
from app.review.methods import MAIN
from lrp_engine import MEASURES as ENGINE_MEASURES
from lrp_engine import METHODS
from lrp_engine.evaluation.measures.known import MOST_LEFT_OUT
from lrp_engine.render.numbers import points

RANDOM = "_random"  # how the column of the random order ends
# Shortened texts that comprehensiveness and sufficiency ask about, of the method and of chance.
SHORTENED = 20


def _points(value: float) -> str:
    """A difference of probabilities, as "41.2 points"."""
    return f"{points(value)} points"


POINTS = Format(
    column="%.1f", width=75, factor=100, sentence=_points, missing="too few words"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Faithful(Column):
    """A column that the engine measured; it is named like its measure there."""

    always: bool = True

    @property
    def meaning(self) -> str:
        """In a sentence."""
        return ENGINE_MEASURES[self.name].meaning

    @property
    def falling(self) -> bool:
        """Whether less is better."""
        return ENGINE_MEASURES[self.name].best == "low"

    @property
    def random(self) -> str:
        """The column of the random order."""
        return f"{self.name}{RANDOM}"

    def sentence(self, summary: pd.DataFrame) -> str:
        """Over all rows, beside the random order."""
        title = f"{self.term[0].upper()}{self.term[1:]}"
        pairs = summary[[self.name, self.random]].dropna()
        if pairs.empty:
            return f"{title}: {self.format.missing} in every text."
        own, random = pairs[self.name], pairs[self.random]
        better = int((own < random if self.falling else own > random).sum())
        return (
            f"{title}: {self.format.write(own.mean())} on average, a random order "
            f"{self.format.write(random.mean())}; better than random in {better:,} of "
            f"{len(pairs):,} texts."
        )


_SHORT = METHODS[MAIN].short
FAITHFUL: tuple[Faithful, ...] = (
    Faithful(
        name="comprehensiveness",
        format=POINTS,
        heading="compr.",
        term="comprehensiveness",
        place=4,
        orders=(
            Order(
                name="comprehensiveness",
                title="least comprehensive explanations",
                meaning="Smallest fall of the probability when the top words are left out.",
            ),
        ),
    ),
    Faithful(
        name="sufficiency",
        format=POINTS,
        heading="suff.",
        term="sufficiency",
        place=5,
        orders=(
            Order(
                name="sufficiency",
                title="least sufficient explanations",
                meaning="Largest fall of the probability when only the top words are kept.",
                descending=True,
            ),
        ),
    ),
    Faithful(
        name="occlusion",
        exported=f"agreement_{MAIN}_occlusion",
        format=CORRELATION,
        heading=f"{_SHORT}~{METHODS['occlusion'].short}",
        term="rank agreement with occlusion",
        place=6,
        orders=(
            Order(
                name="occlusion",
                title=f"{_SHORT} against occlusion",
                meaning=f"Lowest rank agreement of {_SHORT} with leaving out each word.",
            ),
        ),
    ),
)
NAMES = tuple(one.name for one in FAITHFUL)
# Of the file of numbers, after the number of the row.
NUMBERS = tuple(name for one in FAITHFUL for name in (one.name, one.random))


def columns(methods: Container[str], measured: bool) -> tuple[Column, ...]:
    """The columns of a set that is explained by these methods, in the order of files."""
    return (*measures_by(methods), *(FAITHFUL if measured else ()))


def words_read(words: Iterable[int]) -> int:
    """Words that the model reads, at most, while texts of so many words each are measured."""
    n = np.fromiter(words, np.int64)
    return int((n * (SHORTENED + np.where(n <= MOST_LEFT_OUT, n, 0))).sum())
