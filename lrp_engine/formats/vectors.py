"""Vectors by word: a vocabulary and its embeddings in one dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.text import Vocabulary


def is_vectors(value: Any) -> bool:
    """Whether a value maps words to vectors; ids are no vectors."""
    if not isinstance(value, Mapping) or not value:
        return False
    first = next(iter(value.values()))
    if isinstance(first, np.ndarray):
        return first.ndim == 1
    return isinstance(first, Sequence) and not isinstance(first, str)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words in order and one row (V, E) for each."""

    words: tuple[str, ...]
    table: np.ndarray

    @classmethod
    def of(cls, vectors: Mapping[Any, Any]) -> Vectors:
        """From a dictionary.

        Raises:
            FormatError: a key is no word, or the vectors are not numbers of one length.
        """
        if not is_vectors(vectors):
            raise FormatError(
                "The embeddings are a dictionary, but not one from words to vectors of numbers."
            )
        for word in vectors:
            if not isinstance(word, str):
                raise FormatError(f"The embeddings have a vector for {word!r:.60}, expected words.")
        try:
            table = np.array(list(vectors.values()))
        except ValueError:
            raise FormatError("The embeddings have vectors of different lengths.") from None
        if table.ndim != 2 or 0 in table.shape or table.dtype.kind not in "fiu":
            raise FormatError(
                f"The embeddings' vectors form an array of shape {table.shape} of {table.dtype}, "
                "expected numbers of shape (words, units)."
            )
        return cls(tuple(vectors), table)

    def by_word(self, vocabulary: Vocabulary | None) -> tuple[Vocabulary, np.ndarray, list[str]]:
        """Vocabulary, its table, and what had to be assumed.

        Without a vocabulary the words are the vocabulary; with one, the rows are in its order, and
        words without a vector get zeros.
        """
        if vocabulary is None:
            return Vocabulary(self.words), self.table, []
        places = {word: row for row, word in enumerate(self.words)}
        rows = np.array([places.get(word, -1) for word in vocabulary.tokens])
        missing = int((rows < 0).sum())
        if missing == len(rows):
            raise FormatError(
                "None of the vocabulary's words has a vector in the embeddings; the two files do "
                "not belong together."
            )
        table = np.where(rows[:, None] >= 0, self.table[rows], 0)
        sentences = [
            f"{missing} of the vocabulary's {len(rows)} words have no vector in the embeddings and "
            "get zeros."
        ]
        return vocabulary, table, sentences if missing else []
