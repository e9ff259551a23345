"""Which words push towards a class over a whole set, negated ones apart.

A word counts as negated where a negation stands among the three words before it. The rule is
simple on purpose: it can be checked by eye, and every count leads to its sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.review.methods import MAIN

if TYPE_CHECKING:
    import pyarrow as pa

REACH = 3  # words
ENOUGH = 20  # words to look at
AT_LEAST = 3  # occurrences of a word, where `ENOUGH` words occur so often
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
    marked = np.zeros(len(words), bool)
    for position, word in enumerate(words):
        marked[position] = position - last <= REACH
        if is_negation(word):
            last = position
    return marked


def schema() -> pa.Schema:
    """Columns of a set's words: row, said (the predicted class), word, negated, relevance."""
    import pyarrow as pa

    return pa.schema(
        [
            ("row", pa.int64()),
            ("said", pa.int32()),
            ("word", pa.string()),
            ("negated", pa.bool_()),
            ("relevance", pa.float64()),
        ]
    )


def occurrences_in(part: pa.Table) -> pa.Table:
    """Every word of a part's explained texts, with its relevance for the predicted class."""
    import pyarrow as pa

    explained = part.filter(part["error"].is_null())
    texts = explained["tokens"].to_pylist()
    counts = [len(text) for text in texts]
    predicted = [int(np.argmax(scores)) for scores in explained["scores"].to_pylist()]
    relevance = explained[MAIN].combine_chunks().flatten()
    frame = pd.DataFrame(
        {
            "row": np.repeat(explained["row"].to_numpy(), counts).astype(np.int64),
            "said": np.repeat(np.array(predicted, np.int32), counts),
            "word": pd.Series([word for text in texts for word in text], dtype=str),
            "negated": np.concatenate([np.zeros(0, bool), *map(negated, texts)]),
            "relevance": relevance.to_numpy(zero_copy_only=False),
        }
    )
    return pa.Table.from_pandas(frame, schema=schema(), preserve_index=False)


def table(occurrences: pd.DataFrame, predicted: int) -> pd.DataFrame:
    """Words of the sentences that the model gave to a class, the strongest push first.

    Args:
        occurrences: one row a word, with the columns of `schema`.

    Returns:
        word, negated, mean (relevance for the class), count, sentences; by mean, downwards.
    """
    chosen = occurrences[occurrences["said"] == predicted]
    grouped = chosen.groupby(["word", "negated"], observed=True, sort=True)
    means = grouped.agg(
        mean=("relevance", "mean"), count=("relevance", "size"), sentences=("row", "nunique")
    ).reset_index()
    return means.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)


def strongest(words: pd.DataFrame, *, at_least: int, most: int) -> pd.DataFrame:
    """Of `table`: words with so many occurrences, by the size of their mean, at most so many."""
    frequent = words[words["count"] >= at_least]
    order = frequent["mean"].abs().sort_values(ascending=False, kind="stable").index
    return frequent.loc[order[:most]].sort_values("mean", ascending=False, kind="stable")


def fitting_count(words: pd.DataFrame, *, most: int) -> int:
    """Of `table`: the largest minimum count up to `most` that leaves `ENOUGH` words, or 1."""
    return next((n for n in range(most, 1, -1) if (words["count"] >= n).sum() >= ENOUGH), 1)


def rows_with(
    occurrences: pd.DataFrame, predicted: int, word: str, negated: bool
) -> frozenset[int]:
    """Rows of the sentences behind a line of `table`."""
    chosen = occurrences[
        (occurrences["said"] == predicted)
        & (occurrences["word"] == word)
        & (occurrences["negated"] == negated)
    ]
    return frozenset(int(row) for row in chosen["row"])
