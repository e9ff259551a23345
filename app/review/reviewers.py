"""What several reviewers say of the same rows: all of it, and how far they agree. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.review.verdicts import Review
from lrp_engine.render.numbers import number, percentage

UNNAMED = "unnamed"
# Row -> reviewer ("" where nobody gave a name) -> the newest version of this reviewer.
Given = Mapping[int, Mapping[str, Review]]


def choices_in(given: Given) -> dict[int, dict[str, str]]:
    """Row -> reviewer -> verdict; what was taken back, or holds a note alone, is none."""
    return {
        row: {name: review.verdict.choice for name, review in said.items() if review.verdict.choice}
        for row, said in given.items()
    }


def newest_of(given: Given) -> dict[int, Review]:
    """Row -> what was saved last, by whomever."""
    return {row: max(said.values(), key=lambda one: one.version) for row, said in given.items()}


def named(reviewer: str) -> str:
    return reviewer or UNNAMED


def reviewers_in(given: Given) -> list[str]:
    """Everybody who gave a verdict, in alphabetical order."""
    found = {name for said in choices_in(given).values() for name in said}
    return sorted(found, key=str.casefold)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two reviewers on the rows that both judged.

    Attributes:
        rows: how many; same: with the same verdict.
        kappa: see `kappa`.
    """

    one: str
    other: str
    rows: int
    same: int
    kappa: float | None


def agreements(given: Given) -> list[Agreement]:
    """Every two reviewers who judged a row in common."""
    said = choices_in(given).values()
    found = []
    for one, other in combinations(reviewers_in(given), 2):
        pairs = [(row[one], row[other]) for row in said if one in row and other in row]
        if pairs:
            same = sum(a == b for a, b in pairs)
            found.append(Agreement(one=one, other=other, rows=len(pairs), same=same,
                                   kappa=kappa(pairs)))  # fmt: skip
    return found


def agreement_sentence(one: Agreement) -> str:
    """Two reviewers in words, as "Ana and Ben agree on 18 of 20 rows (90.0 %; Cohen’s κ 0.81)"."""
    if one.kappa is None:
        beyond = "κ is not defined: both gave one verdict only"
    else:
        beyond = f"Cohen’s κ {number(one.kappa, signed=False, vmax=1)}"
    return (
        f"{named(one.one)} and {named(one.other)} agree on {one.same:,} of the {one.rows:,} rows "
        f"that both judged ({percentage(one.same / one.rows)}; {beyond})."
    )


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa, (p - e) / (1 - e): how often two agree, beyond what chance does.

    p is the share of equal pairs, e that of two who draw from their own verdicts at random.
    Cohen 1960, doi 10.1177/001316446002000104. None where both gave one and the same verdict only.
    """
    n = len(pairs)
    one, other = (Counter(column) for column in zip(*pairs, strict=True))
    agreed = sum(a == b for a, b in pairs) / n
    expected = sum(one[choice] * other[choice] for choice in one) / n**2
    return (agreed - expected) / (1 - expected) if expected < 1 else None
