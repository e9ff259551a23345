"""How a text is cut into tokens, by name, and where in the text each token stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, groupby
from numbers import Number
from typing import Any, Protocol
from unicodedata import category

from lrp_engine.errors import InputError

Span = tuple[int, int]  # of characters, the second not included


class Options(Protocol):
    """Of a `Tokenizer`, what ways of cutting read."""

    @property
    def filters(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def char_level(self) -> bool: ...
    @property
    def pieces(self) -> str | None: ...
    @property
    def filter_table(self) -> dict[int, Any]: ...
    @property
    def function(self) -> Callable[[str], Sequence[str]] | None: ...


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


def locate(text: str, tokens: Iterable[str]) -> list[Span | None]:
    """Where tokens stand that were cut from a text in order; None for one that is not in it.

    What lies between two tokens holds no token, so that the first place is the right one.
    """
    spans: list[Span | None] = []
    end = 0
    for token in tokens:
        start = text.find(token, end)
        if start < 0 or not token:
            spans.append(None)
            continue
        end = start + len(token)
        spans.append((start, end))
    return spans


@dataclass(frozen=True)
class Cutter:
    """How a text is cut into tokens.

    Attributes:
        cut: the tokens of a text, by the options of a options.
        between: what joins tokens to a text that is cut into them again; None where every text is
            one token.
        spans: where the tokens of a text stand in it.
    """

    cut: Callable[[str, Options], list[str]]
    between: str | None = " "
    spans: Callable[[str, Sequence[str], Options], list[Span | None]] = lambda text, tokens, _: (
        locate(text, tokens)
    )


class CutText(tuple[str, ...]):
    """The tokens of a text, which remember it; a token list like any other."""

    text: str

    def __new__(cls, tokens: Iterable[str], text: str) -> CutText:
        made = super().__new__(cls, tokens)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[tuple[str, ...], str]:  # for copies and pickles
        return tuple(self), self.text


# Keras' Tokenizer: `text_to_word_sequence`, or every character ----------------------------------


def _keras_parts(text: str, options: Options) -> list[str]:
    """What stands between two `split`, empty where they follow each other."""
    return text.translate(options.filter_table).split(options.split)


def _cut_keras(text: str, options: Options) -> list[str]:
    if options.char_level:
        return list(text)
    return [part for part in _keras_parts(text, options) if part]


def _spans_keras(text: str, tokens: Sequence[str], options: Options) -> list[Span | None]:
    if options.char_level:
        return [(n, n + 1) for n in range(len(tokens))]
    split, filtered = len(options.split), set(options.filters)
    # Characters of the text behind each character of the filtered one, which may be longer.
    came_from = [n for n, c in enumerate(text) for _ in range(split if c in filtered else 1)]
    came_from.append(len(text))
    parts = _keras_parts(text, options)
    starts = accumulate((len(part) + split for part in parts), initial=0)
    return [
        (came_from[start], came_from[start + len(part) - 1] + 1)
        for start, part in zip(starts, parts, strict=False)
        if part
    ]


def _whitespace(text: str, _: Options) -> list[str]:
    return text.split()


_ASCII_SPACED = re.compile(r"[^ \t\n\v\f\r]+")

# By name, never by a pattern from a file: a pattern can be written to run for ever.
# "ascii_whitespace", "characters" and "whole" are those of Keras' TextVectorization, "keras" that
# of its older Tokenizer.
TOKENIZERS: dict[str, Cutter] = {
    "whitespace": Cutter(_whitespace),
    "words": Cutter(lambda text, _: _cut_words(text)),
    "keras": Cutter(_cut_keras, spans=_spans_keras),
    "ascii_whitespace": Cutter(lambda text, _: _ASCII_SPACED.findall(text)),
    "characters": Cutter(lambda text, _: list(text), between=""),
    "whole": Cutter(lambda text, _: [text], between=None, spans=lambda text, *_: [(0, len(text))]),
}


def _cut_by_function(text: str, options: Options) -> list[str]:
    assert options.function is not None
    tokens = options.function(text)
    listed = isinstance(tokens, Iterable) and not isinstance(tokens, (str, bytes, Mapping))
    words = list(tokens) if listed else []
    # Objects that stand for words, as spaCy's, say them; numbers are ids.
    if not listed or any(isinstance(word, Number) or hasattr(word, "dtype") for word in words):
        raise InputError(
            f"The tokenizer's function gave {tokens!r:.60} for a text, expected a list of words."
        )
    return [str(word) for word in words]


# Of a function that a caller gives; no file can name it.
BY_FUNCTION = Cutter(_cut_by_function)
FUNCTION = "function"


# Pieces of words: the package `tokenizers` ------------------------------------------------------


@lru_cache(maxsize=8)
def _pieces(described: str) -> Any:
    """The tokenizer of a description that the limited child has read before."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise InputError(
            "This network reads pieces of words, which needs the package tokenizers: "
            "pip install 'tokenizers>=0.21,<1'."
        ) from None
    return Tokenizer.from_str(described)


def _encoded(text: str, options: Options) -> Any:
    return _pieces(options.pieces or "").encode(text, add_special_tokens=False)


def _spans_pieces(text: str, tokens: Sequence[str], options: Options) -> list[Span | None]:
    return [span if span[0] < span[1] else None for span in _encoded(text, options).offsets]


# Of a tokenizer that a file describes. An edited word would be cut anew, so that none is edited.
BY_PIECES = Cutter(
    lambda text, options: _encoded(text, options).tokens, between=None, spans=_spans_pieces
)
PIECES = "pieces"
