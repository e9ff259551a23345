"""Which ids words, unknown words, marks and padding have: rows of the embedding.

n words of any number of texts are looked up at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.model.text.tokenizer import DROP, ZERO, Tokenizer
from lrp_engine.model.text.vocabulary import PADDING_TOKENS, Vocabulary

NO_ROW = -1  # of a word that is read as a vector of zeros
KNOWN, NOT_LISTED, BEYOND = range(3)  # what the vocabulary says of a word


@dataclass(frozen=True)
class Ids:
    """The ids that a text pipeline gives.

    Attributes:
        unknown: of a word that is not known, `NO_ROW` for none.
        start, end: of the marks, None for none.
        pad: of padding.
    """

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    unknown: int
    start: int | None
    end: int | None
    pad: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, vocabulary: Vocabulary, rows: int) -> Ids:
        """The ids of a network whose embedding has so many rows.

        Raises:
            FormatError: a word is not in the vocabulary, or an id beyond the rows.
        """
        ids = {}
        for name in ("unknown", "start", "end", "pad_id"):
            value = getattr(tokenizer, name)
            if isinstance(value, str) and not (name == "unknown" and value in (DROP, ZERO)):
                if value not in vocabulary.index:
                    raise FormatError(
                        f"The tokenizer's {name!r} is {value!r:.60}, which is not in the "
                        "vocabulary; give one of its words, or an id."
                    )
                value = vocabulary.index[value] + tokenizer.offset
            if isinstance(value, int) and value >= rows:
                raise FormatError(
                    f"The tokenizer's {name!r} is {value}, but the embedding has only {rows} rows; "
                    f"ids go from 0 to {rows - 1}."
                )
            ids[name] = value
        if ids["unknown"] is None and vocabulary.unknown is not None:
            ids["unknown"] = vocabulary.index[vocabulary.unknown] + tokenizer.offset
        if ids["pad_id"] is None:
            # Shifted ids leave the first ones to padding and marks.
            ids["pad_id"] = 0 if tokenizer.offset else vocabulary.padding_id or 0
        unknown = ids["unknown"] if isinstance(ids["unknown"], int) else NO_ROW
        return cls(tokenizer, vocabulary, unknown, ids["start"], ids["end"], ids["pad_id"])

    @property
    def by_place(self) -> tuple[int, int, int]:
        """Ids of the end mark, the start mark and padding, which places -3, -2, -1 stand for."""
        return (self.end or 0, self.start or 0, self.pad)

    @property
    def names_by_place(self) -> tuple[str, str, str]:
        """What is shown of each; padding is empty."""
        end, start, _ = self.words(self.by_place)
        return end, start, ""

    def look_up(self, keys: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Ids (n,) of words, and what the vocabulary says of each (n,): `KNOWN` or why not.

        Keras' Tokenizer numbers words from 1 on: id 0, where it is padding, is no word's.
        """
        places = self.vocabulary.places(keys)
        why = (places < 0).astype(np.int8)  # NOT_LISTED
        if self.tokenizer.method == "keras" and self.vocabulary.tokens[0] in PADDING_TOKENS:
            why[places == 0] = NOT_LISTED
        if self.tokenizer.num_words is not None:
            why[places >= self.tokenizer.num_words] = BEYOND
        places += self.tokenizer.offset
        places[why > 0] = self.unknown
        return places, why

    def words(self, ids: Iterable[int]) -> list[str]:
        """Words of ids; an id that is no word's is written as #id, or by what it stands for."""
        tokens, offset = self.vocabulary.tokens, self.tokenizer.offset
        return [
            self._below_offset.get(i, f"#{i}") if not 0 <= i - offset < len(tokens)
            else tokens[i - offset]
            for i in ids
        ]  # fmt: skip

    @cached_property
    def _below_offset(self) -> dict[int | None, str]:
        """What ids stand for that a shift leaves free."""
        marks = {self.unknown: "<unknown>", self.end: "<end>", self.start: "<start>",
                 self.pad: "<pad>"}  # fmt: skip
        return {n: name for n, name in marks.items() if n is not None and n < self.tokenizer.offset}

    @property
    def substitute(self) -> str | None:
        """What the network reads in the place of an unknown word; None for a vector of zeros."""
        if self.unknown == NO_ROW:
            return None
        return self.words([self.unknown])[0]
