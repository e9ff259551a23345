"""Text to tokens to ids: tokenizers by name, the vocabulary, unknown words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrp_engine.errors import FormatError, choices

# A word may hold inner hyphens, apostrophes and full stops; every other visible character is a
# token of its own. Nothing but white space is dropped. Matching time is linear.
_WORDS = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")

# By name, never by a pattern from a file: a pattern can be written to run for ever.
TOKENIZERS: dict[str, Callable[[str], list[str]]] = {
    "whitespace": str.split,
    "words": _WORDS.findall,
}

UNKNOWN_TOKENS = ("<unk>", "[UNK]", "<UNK>", "UNK", "<oov>", "<OOV>", "[OOV]", "unk")
PADDING_TOKENS = ("<pad>", "[PAD]", "<PAD>", "")


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """Cuts a text into tokens: a method of `TOKENIZERS`, after lower-casing where wanted.

    Raises:
        FormatError: there is no method of this name.
    """

    method: str = "whitespace"
    lowercase: bool = True

    def __post_init__(self) -> None:
        if self.method not in TOKENIZERS:
            raise FormatError(
                f"There is no tokenizer {self.method!r}; choose from {choices(TOKENIZERS)}."
            )

    def __call__(self, text: str) -> list[str]:
        return TOKENIZERS[self.method](text.lower() if self.lowercase else text)


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by id. Unknown words become `unknown`, or a zero vector where there is none.

    Raises:
        FormatError: the list is empty, an entry is not text, or an entry occurs twice.
    """

    tokens: tuple[str, ...]

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

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def index(self) -> dict[str, int]:
        return {token: position for position, token in enumerate(self.tokens)}

    @cached_property
    def unknown(self) -> str | None:
        """The token that stands for words not listed, None where the vocabulary has none."""
        return next((token for token in UNKNOWN_TOKENS if token in self.index), None)

    @cached_property
    def padding(self) -> str | None:
        """The token at id 0 where its name says that it is padding."""
        return self.tokens[0] if self.tokens[0] in PADDING_TOKENS else None

    def ids(self, tokens: Sequence[str]) -> np.ndarray:
        """Ids (n,) of tokens; unknown words get the id of `unknown`, or -1."""
        other = -1 if self.unknown is None else self.index[self.unknown]
        return np.array([self.index.get(token, other) for token in tokens], np.int64)

    def lacks(self, tokens: Iterable[str]) -> np.ndarray:
        """Which tokens (n,) are not listed."""
        return np.array([token not in self.index for token in tokens], bool)

    def words(self, ids: Iterable[int]) -> list[str]:
        """Tokens of ids; an id beyond the list is written as #id."""
        return [self.tokens[i] if 0 <= i < len(self.tokens) else f"#{i}" for i in ids]
