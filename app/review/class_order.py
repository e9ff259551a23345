"""Whether classes stand in an order, by what they are called; what is off by one class. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from app.review.outcomes import NO_CLASS
from app.review.true_classes import TrueClasses

# "very bad" stands next to "bad".
DEGREES = frozenset(
    ("very", "extremely", "strongly", "highly", "rather", "slightly", "somewhat", "mildly")
)
MIDDLES = frozenset(("neutral", "medium", "middle", "moderate", "average", "mixed", "okay", "ok"))
FEWEST = 3  # of two classes, one is always next to the other
_NUMBERED = re.compile(r"(\d+)(?:[ _-]*[^\W\d]+)?")


def in_order(labels: Sequence[str]) -> bool:
    """Whether classes count upwards ("1 star", "2 stars", from 1), have a degree beside their plain
    form ("very bad", "bad"), or have a middle ("low", "medium", "high").

    Names that say nothing of an order ("class 0", "sport") are taken to have none.
    """
    names = plain_names(labels)
    if len(names) < FEWEST:
        return False
    if counts_upwards(names) is not None:
        return True
    pairs = list(pairwise(names))
    if any(is_degree_of(one, other) or is_degree_of(other, one) for one, other in pairs):
        return True
    return has_middle(names)


def has_middle(names: Sequence[str]) -> bool:
    """Whether the one in the middle is called so."""
    return len(names) % 2 == 1 and names[len(names) // 2] in MIDDLES


def sides(count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The classes below and above the middle of an order of so many."""
    half = count // 2
    return tuple(range(half)), tuple(range(count - half, count))


def same_side(labels: Sequence[str], c: int) -> tuple[int, ...]:
    """The other classes on the same side of the middle of an order, as "very negative" is on that
    of "negative"; none where there is no order, or of the middle itself."""
    if not in_order(labels):
        return ()
    own = next((side for side in sides(len(labels)) if c in side), ())
    return tuple(other for other in own if other != c)


def plain_names(labels: Sequence[str]) -> list[str]:
    """Names of classes in small letters, single spaces between words."""
    return [" ".join(label.casefold().replace("_", " ").split()) for label in labels]


def counts_upwards(names: Sequence[str]) -> bool | None:
    """Whether plain names count 1, 2, …; False where downwards, None where they do not count."""
    numbers = [int(found[1]) for name in names if (found := _NUMBERED.fullmatch(name))]
    counts = list(range(1, len(names) + 1))
    return numbers == counts if numbers in (counts, counts[::-1]) else None


def is_degree_of(one: str, other: str) -> bool:
    """Whether a plain name is a degree of another: "very bad" of "bad"."""
    degree, _, rest = one.partition(" ")
    return degree in DEGREES and rest == other


def off_by_one(summary: pd.DataFrame, labels: Sequence[str]) -> int:
    """How many rows were said to be of the class next to theirs; 0 of classes without an order."""
    return len(_near(summary)) if in_order(labels) else 0


def _near(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[summary["off"] == 1]


def coarse_labels(summary: pd.DataFrame, classes: TrueClasses) -> str:
    """A sentence where classes stand in an order and labels name fewer of them than the model says,
    so that a finer prediction counts as incorrect; "" elsewhere, and where labels stand for several
    classes: then what is counted was chosen."""
    labels, near = classes.labels, _near(summary)
    named = {int(c) for c in summary["truth"] if c != NO_CLASS}
    finer = near[~near["said"].isin(named)]
    if finer.empty or not in_order(labels) or max(named) >= len(labels):
        return ""
    (truth, predicted), _ = Counter(
        zip(finer["truth"].astype(int), finer["said"].astype(int), strict=True)
    ).most_common(1)[0]
    count = len(finer)
    return (
        f"Your labels use only {len(named)} of the model's {len(labels)} classes, so "
        f"“{labels[predicted]}” counts as incorrect when the label is “{labels[truth]}”. "
        f"This is the only reason {count:,} row{'s count' if count > 1 else ' counts'} as "
        "incorrect."
    )
