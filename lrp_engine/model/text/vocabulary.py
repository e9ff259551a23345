"""The vocabulary: words by id, and which of them stand for unknown words and for padding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np

from lrp_engine.errors import FormatError

UNKNOWN_TOKENS = ("<unk>", "[UNK]", "<UNK>", "UNK", "<oov>", "<OOV>", "[OOV]", "unk")
PADDING_TOKENS = ("<pad>", "[PAD]", "<PAD>", "")
_MARK = re.compile(r"\[.*\]|<.*>", re.DOTALL)  # [CLS], <start>: of programs, in no text


def is_mark(token: str) -> bool:
    """Whether a token stands for something beside the words of a text, by how it is written."""
    special = token in UNKNOWN_TOKENS or token in PADDING_TOKENS
    return special or _MARK.fullmatch(token) is not None


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by id. Unknown words become `unknown`, or a zero vector where there is none.

    Attributes:
        tokens: by id.
        unknown_token: the token for unknown words; None: the first of `UNKNOWN_TOKENS` listed.

    Raises:
        FormatError: the list is empty, an entry is not text, an entry occurs twice, or the token
            for unknown words is not listed.
    """

    tokens: tuple[str, ...]
    unknown_token: str | None = None

    def __post_init__(self) -> None:
        if not self.tokens:
            raise FormatError("The vocabulary is empty; it needs one word per embedding row.")
        for position, token in enumerate(self.tokens):
            if not isinstance(token, str):
                raise FormatError(
                    f"Vocabulary entry {position} is {type(token).__name__}, expected text."
                )
        if len(self.index) != len(self.tokens):
            seen: set[str] = set()
            twice = next(t for t in self.tokens if t in seen or seen.add(t))  # type: ignore[func-returns-value]
            raise FormatError(
                f"The vocabulary holds {twice!r} more than once; every word needs one id."
            )
        if self.unknown_token is not None and self.unknown_token not in self.index:
            raise FormatError(
                f"The vocabulary lacks {self.unknown_token!r:.60}, which is to stand for unknown "
                "words."
            )

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def index(self) -> dict[str, int]:
        return {token: position for position, token in enumerate(self.tokens)}

    @cached_property
    def unknown(self) -> str | None:
        """The token that stands for words not listed, None where the vocabulary has none."""
        if self.unknown_token is not None:
            return self.unknown_token
        return next((token for token in UNKNOWN_TOKENS if token in self.index), None)

    @cached_property
    def padding_id(self) -> int | None:
        """The id of the token whose name says that it is padding; None where there is none."""
        return next((self.index[token] for token in PADDING_TOKENS if token in self.index), None)

    def places(self, tokens: Iterable[str]) -> np.ndarray:
        """Places (n,) of tokens in the list, -1 for those not listed."""
        return np.fromiter(map(self.index.get, tokens, repeat(-1)), np.int64)

    def lacks(self, tokens: Iterable[str]) -> np.ndarray:
        """Which tokens (n,) are not listed."""
        return self.places(tokens) < 0

    def ids(self, tokens: Iterable[str]) -> np.ndarray:
        """`places`, with that of `unknown` for tokens not listed, where there is one."""
        ids = self.places(tokens)
        if self.unknown is not None:
            ids[ids < 0] = self.index[self.unknown]
        return ids

    def words(self, ids: Iterable[int]) -> list[str]:
        """Tokens of ids; an id beyond the list is written as #id."""
        return [self.tokens[i] if 0 <= i < len(self.tokens) else f"#{i}" for i in ids]
