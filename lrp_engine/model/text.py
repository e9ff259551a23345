"""Text to tokens to ids: tokenizers by name, the vocabulary, unknown words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby, repeat
from string import ascii_uppercase, punctuation
from unicodedata import category

import numpy as np

from lrp_engine.errors import FormatError, choices

# A word may hold inner hyphens, apostrophes and full stops; every other visible character is a
# token of its own. Nothing but white space is dropped. Matching time is linear.
_ASCII_WORDS = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")


@cache
def _words() -> re.Pattern[str]:
    """The same where letters beyond ASCII are: accents, vowel signs and joiners stay with what they
    belong to, and an emoji of several characters is one token.
    """
    # `\w` matches letters and digits, not their combining marks.
    marks = [n for n in range(0x300, 0x20000) if category(chr(n)).startswith("M")]
    runs = [[n for _, n in run] for _, run in groupby(enumerate(marks), lambda at: at[1] - at[0])]
    belongs = "\u200c\u200d" + "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
    skins, flag = "\U0001f3fb-\U0001f3ff", "[\U0001f1e6-\U0001f1ff]{2}"
    word = rf"\w[\w{belongs}]*"
    other = rf"[^\w\s](?:\u200d[^\w\s]|[{belongs}{skins}])*"
    return re.compile(rf"{word}(?:[-'’.]{word})*|{flag}|{other}")


def _cut_words(text: str) -> list[str]:
    return (_ASCII_WORDS if text.isascii() else _words()).findall(text)


@dataclass(frozen=True)
class Cutter:
    """How a text is cut into tokens.

    Attributes:
        cut: the tokens of a text.
        between: what joins tokens to a text that is cut into them again; None where every text is
            one token.
    """

    cut: Callable[[str], list[str]]
    between: str | None = " "

    def __call__(self, text: str) -> list[str]:
        return self.cut(text)


# By name, never by a pattern from a file: a pattern can be written to run for ever.
# The last three are those of Keras' TextVectorization.
TOKENIZERS: dict[str, Cutter] = {
    "whitespace": Cutter(str.split),
    "words": Cutter(_cut_words),
    "ascii_whitespace": Cutter(re.compile(r"[^ \t\n\v\f\r]+").findall),
    "characters": Cutter(list, between=""),
    "whole": Cutter(lambda text: [text], between=None),
}

_LOWER = str.maketrans({c: c.lower() for c in ascii_uppercase})  # TensorFlow lowers ASCII only
_PUNCTUATION = dict.fromkeys(map(ord, punctuation))

# What a token becomes before it is looked up, by Keras' names. Each works letter by letter and
# leaves white space alone, so that doing it to a token or to the whole text is the same.
STANDARDIZERS: dict[str, Callable[[str], str]] = {
    "none": lambda token: token,
    "lower": lambda token: token.translate(_LOWER),
    "strip_punctuation": lambda token: token.translate(_PUNCTUATION),
    "lower_and_strip_punctuation": lambda token: token.translate(_LOWER).translate(_PUNCTUATION),
}

UNKNOWN_TOKENS = ("<unk>", "[UNK]", "<UNK>", "UNK", "<oov>", "<OOV>", "[OOV]", "unk")
LONGEST = 100_000  # tokens that a text may be padded to
PADDING_TOKENS = ("<pad>", "[PAD]", "<PAD>", "")


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """Cuts a text into tokens, as people see them, and says how each is looked up.

    Attributes:
        method: how a text is cut, a name in `TOKENIZERS`.
        lowercase: put the text in lower case first.
        standardize: what a token becomes when it is looked up, a name in `STANDARDIZERS`. Tokens
            of which nothing is left, such as a lone full stop, are left out.
        length: cut texts to so many tokens; None for no limit.
        pad: fill shorter texts up to `length` with the empty token, which the network reads.

    Raises:
        FormatError: there is no method or standardization of this name, or no such length.
    """

    method: str = "whitespace"
    lowercase: bool = True
    standardize: str = "none"
    length: int | None = None
    pad: bool = False

    def __post_init__(self) -> None:
        if self.method not in TOKENIZERS:
            raise FormatError(
                f"There is no tokenizer {self.method!r}; choose from {choices(TOKENIZERS)}."
            )
        if self.standardize not in STANDARDIZERS:
            raise FormatError(
                f"There is no standardization {self.standardize!r}; choose from "
                f"{choices(STANDARDIZERS)}."
            )
        if self.length is not None and not 0 < self.length <= LONGEST:
            raise FormatError(
                f"Texts are to be cut to {self.length} tokens, expected 1 to {LONGEST:,}."
            )
        if self.pad and self.length is None:
            raise FormatError("Texts are to be padded, but no length is given.")

    def __call__(self, text: str) -> list[str]:
        tokens = TOKENIZERS[self.method](text.lower() if self.lowercase else text)
        if self.standardize != "none" and self.method != "whole":
            tokens = [token for token in tokens if self.key(token)]
        return self.pad_and_truncate(tokens)

    def pad_and_truncate(self, tokens: Sequence[str]) -> list[str]:
        """Tokens cut and padded to the length."""
        fitted = list(tokens[: self.length])
        if self.pad and self.length is not None:
            fitted += [""] * (self.length - len(fitted))
        return fitted

    @property
    def between(self) -> str | None:
        """See `Cutter`."""
        return TOKENIZERS[self.method].between

    def key(self, token: str) -> str:
        """What is looked up in the vocabulary for a token."""
        return STANDARDIZERS[self.standardize](token)

    def keys(self, tokens: Iterable[str]) -> Iterable[str]:
        """`key` of each."""
        return tokens if self.standardize == "none" else [self.key(token) for token in tokens]


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
    def padding(self) -> str | None:
        """The token at id 0 where its name says that it is padding."""
        return self.tokens[0] if self.tokens[0] in PADDING_TOKENS else None

    def look_up(self, tokens: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Ids (n,) of tokens and which of them (n,) are not listed.

        Unknown words get the id of `unknown`, or -1.
        """
        ids = np.fromiter(map(self.index.get, tokens, repeat(-1)), np.int64)
        lacking = ids < 0
        if self.unknown is not None:
            ids[lacking] = self.index[self.unknown]
        return ids, lacking

    def ids(self, tokens: Iterable[str]) -> np.ndarray:
        """The first part of `look_up`."""
        return self.look_up(tokens)[0]

    def lacks(self, tokens: Iterable[str]) -> np.ndarray:
        """The second part of `look_up`."""
        return self.look_up(tokens)[1]

    def words(self, ids: Iterable[int]) -> list[str]:
        """Tokens of ids; an id beyond the list is written as #id."""
        return [self.tokens[i] if 0 <= i < len(self.tokens) else f"#{i}" for i in ids]
