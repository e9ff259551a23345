"""Which words push towards a class over a whole set, negated ones apart. Pure.

A word counts as negated where a negation stands among the three words before it. The rule is
simple on purpose: it can be checked by eye, and every count leads to its sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

REACH = 3  # words
NEGATIONS = frozenset(
    ("not", "no", "never", "none", "nothing", "nobody", "nowhere", "neither", "nor", "cannot",
     "without", "hardly", "barely", "scarcely")
)  # fmt: skip
# Where words are cut at the apostrophe, or not.
_ENDINGS = ("n't", "n’t")


def is_negation(word: str) -> bool:
    word = word.casefold()
    return word in NEGATIONS or word.endswith(_ENDINGS)


def negated(words: Sequence[str]) -> np.ndarray:
    """Which words (n,) have a negation among the `REACH` words before them."""
    last = -REACH - 1
    found = np.zeros(len(words), bool)
    for position, word in enumerate(words):
        found[position] = position - last <= REACH
        if is_negation(word):
            last = position
    return found


def table(occurrences: pd.DataFrame, said: int) -> pd.DataFrame:
    """Words of the sentences that the model gave to a class, the strongest push first.

    Args:
        occurrences: one row a word: row, said, word, negated, relevance.

    Returns:
        word, negated, mean (relevance for the class), count, sentences; by mean, downwards.
    """
    chosen = occurrences[occurrences["said"] == said]
    grouped = chosen.groupby(["word", "negated"], observed=True, sort=True)
    found = grouped.agg(
        mean=("relevance", "mean"), count=("relevance", "size"), sentences=("row", "nunique")
    ).reset_index()
    return found.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)


def strongest(found: pd.DataFrame, *, at_least: int, most: int) -> pd.DataFrame:
    """Of `table`: words with so many occurrences, by the size of their mean, at most so many."""
    frequent = found[found["count"] >= at_least]
    order = frequent["mean"].abs().sort_values(ascending=False, kind="stable").index
    return frequent.loc[order[:most]].sort_values("mean", ascending=False, kind="stable")


def rows_with(occurrences: pd.DataFrame, said: int, word: str, negated: bool) -> frozenset[int]:
    """Rows of the sentences behind a line of `table`."""
    chosen = occurrences[
        (occurrences["said"] == said)
        & (occurrences["word"] == word)
        & (occurrences["negated"] == negated)
    ]
    return frozenset(int(row) for row in chosen["row"])
