"""Edits of a text word by word, and what an edit changed. Pure: imports no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from lrp_engine import Explanation
from lrp_engine.errors import InputError
from lrp_engine.render.wording import visible

KEPT, REPLACED, DROPPED, INSERTED = "kept", "replaced", "dropped", "inserted"


@dataclass(frozen=True)
class Edit:
    """An edited text and the position of the word to look at next."""

    text: str
    pick: int


# In all three, `between` is what joins tokens: see `lrp_engine.model.text.Cutter`.


def drop(tokens: Sequence[str], at: int, between: str | None = " ") -> Edit:
    """The text without a word.

    Raises:
        InputError: no such word, or no other one.
    """
    _check(tokens, at)
    left = [*tokens[:at], *tokens[at + 1 :]]
    if not any(left):  # padding is no word
        raise InputError("This is the only word; a text needs one. Replace it instead.")
    return Edit((between or "").join(left), min(at, len(left) - 1))


def replace(tokens: Sequence[str], at: int, words: str, between: str | None = " ") -> Edit:
    """The text with other words in a word's place.

    Raises:
        InputError: no such word, or no other words given.
    """
    _check(tokens, at)
    words = _words(words, between)
    return Edit((between or "").join((*tokens[:at], words, *tokens[at + 1 :])), at)


def insert(tokens: Sequence[str], at: int, words: str, between: str | None = " ") -> Edit:
    """The text with words before position `at`, which may be its end.

    Raises:
        InputError: no such position, no words given, or the model reads a text as one piece.
    """
    if at != len(tokens):
        _check(tokens, at)
    if between is None:
        raise InputError(
            "The model reads a text as one piece; nothing stands beside it. Replace it."
        )
    return Edit(between.join((*tokens[:at], _words(words, between), *tokens[at:])), at)


def _check(tokens: Sequence[str], at: int) -> None:
    if not 0 <= at < len(tokens):
        raise InputError(
            f"There is no word at position {at}; the text has positions 0 to {len(tokens) - 1}."
        )


def _words(words: str, between: str | None) -> str:
    """What was typed, as a text has it; white space counts where it is not what parts words."""
    if between == " ":
        words = " ".join(words.split())
    if not words:
        raise InputError("No word was given; type one, or drop the word instead.")
    return words


def aligned(before: Sequence[str], after: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of positions, in reading order; None where a side has no such word."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    pairs: list[tuple[int | None, int | None]] = [(n, n) for n in range(start)]
    middle = before[start : len(before) - end], after[start : len(after) - end]
    for _, a, b, c, d in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        for n in range(max(b - a, d - c)):
            pairs.append(
                (start + a + n if a + n < b else None, start + c + n if c + n < d else None)
            )
    pairs += [(len(before) - n, len(after) - n) for n in range(end, 0, -1)]
    return pairs


def differences(before: Explanation, after: Explanation) -> pd.DataFrame:
    """One row per aligned word: change, before, after (words), value before and after, difference.

    A missing word counts as 0 in the difference; `at` is its position in the edited text, or NA.

    Raises:
        InputError: the methods differ.
    """
    if before.method != after.method:
        raise InputError(
            f"Before is {before.method} and after is {after.method}; compare the same method."
        )
    old, new = before.tokens[0], after.tokens[0]
    a, b = before.token_relevance[0].tolist(), after.token_relevance[0].tolist()
    rows = []
    for n, m in aligned(old, new):
        one, two = (0.0 if n is None else a[n]), (0.0 if m is None else b[m])
        word = "" if n is None else visible(old[n])
        other = "" if m is None else visible(new[m])
        rows.append((_change(n, m, word == other), word, other, one, two, two - one, m))
    columns = ["change", "before", "after", "value before", "value after", "difference", "at"]
    return pd.DataFrame(rows, columns=columns).astype({"at": "Int64"})


def _change(n: int | None, m: int | None, same: bool) -> str:
    if n is None:
        return INSERTED
    if m is None:
        return DROPPED
    return KEPT if same else REPLACED


def class_changes(before: Explanation, after: Explanation) -> pd.DataFrame:
    """One row per class: class, score before, score after, change, the same of probabilities.

    Values have no probabilities.
    """
    table = pd.DataFrame({"class": [visible(label) for label in after.labels]})
    numbers = [("score", before.scores[0], after.scores[0])]
    if after.output_kind.has_classes:
        numbers.append(("probability", before.shares[0], after.shares[0]))
    for name, one, two in numbers:
        table[f"{name} before"] = one.astype(np.float64)
        table[f"{name} after"] = two.astype(np.float64)
        table[f"{name} change"] = table[f"{name} after"] - table[f"{name} before"]
    return table
