"""Tokenizer: how a text becomes what a network reads, as data with named steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.model.text.cutters import (
    BY_FUNCTION,
    BY_PIECES,
    FUNCTION,
    PIECES,
    TOKENIZERS,
    Cutter,
    CutText,
    Span,
)
from lrp_engine.model.text.standardizers import STANDARDIZERS

LONGEST = 100_000  # tokens that a text may be padded to
KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
SIDES = ("pre", "post")
DROP, ZERO = "drop", "zero"
_MOST = 2**31 - 1  # of any id


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """What turns a text into the ids that a network reads, step by step, in Keras' order.

    An id is a row of the embedding. A word has the id of its place in the vocabulary plus `offset`.

    Attributes:
        method: how a text is cut, a name in `TOKENIZERS`.
        lowercase: put the text in lower case first.
        standardize: what a token becomes when it is looked up, a name in `STANDARDIZERS`. Tokens
            of which nothing is left, such as a lone full stop, are left out.
        filters, split, char_level: of the method "keras": characters that become `split`; what
            stands between two words; every character is a word instead, and nothing is filtered.
        drop: words left out before they are looked up (stop words).
        num_words: words from this place of the vocabulary on count as unknown; None for no limit.
        unknown: what stands for words that are not known: "drop" leaves them out, "zero" is a
            vector of zeros, otherwise an id or a word; None is the vocabulary's own unknown word,
            or a vector of zeros where it has none.
        offset: added to the ids of words.
        start, end: an id, or a word of the vocabulary, put before and behind every text.
        length: cut texts to so many tokens, marks included; None for no limit.
        truncate: where what is too long is cut: "pre" at the front, "post" at the back.
        pad: where shorter texts are filled up to `length`, which the network reads: "pre" in front,
            "post" behind (or True), False: not at all.
        pad_id: the id to fill up with; None is the vocabulary's padding token, or 0.
        pieces: Hugging Face's tokenizer.json as a text, which cuts texts into pieces of words
            instead of a `method`.
        function: of a caller, cuts texts instead of a `method`; such a tokenizer cannot be saved.

    Raises:
        FormatError: a value is not one of those, or two do not go together; lists what is valid.
    """

    method: str = "whitespace"
    lowercase: bool = True
    standardize: str = "none"
    filters: str = KERAS_FILTERS
    split: str = " "
    char_level: bool = False
    drop: tuple[str, ...] = ()
    num_words: int | None = None
    unknown: str | int | None = None
    offset: int = 0
    start: str | int | None = None
    end: str | int | None = None
    length: int | None = None
    truncate: str = "post"
    pad: str | bool = False
    pad_id: int | None = None
    pieces: str | None = None
    function: Callable[[str], Sequence[str]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "drop", tuple(self.drop))
        if self.pad is True:
            object.__setattr__(self, "pad", "post")
        if self.function is not None:
            object.__setattr__(self, "method", FUNCTION)
        if self.pieces is not None:
            object.__setattr__(self, "method", PIECES)
        for check in (self._check_names, self._check_keras, self._check_numbers):
            check()

    def _check_names(self) -> None:
        if self.function is None and self.pieces is None:
            _one_of("There is no tokenizer", self.method, TOKENIZERS)
        _one_of("There is no standardization", self.standardize, STANDARDIZERS)
        _one_of("Texts are to be cut at", self.truncate, SIDES)
        _one_of("Texts are to be padded at", self.pad, (*SIDES, False))

    def _check_keras(self) -> None:
        if not self.split:
            raise FormatError("The 'split' of the tokenizer is empty; expected what parts words.")
        if self.method == "keras":
            return
        for name in ("filters", "split", "char_level"):
            if getattr(self, name) != _DEFAULTS[name]:
                raise FormatError(
                    f"{name!r} belongs to the tokenizer 'keras', and this one is "
                    f"{self.method!r}; leave it out, or choose 'keras'."
                )

    def _check_numbers(self) -> None:
        if self.length is not None and not 0 < self.length <= LONGEST:
            raise FormatError(
                f"Texts are to be cut to {self.length} tokens, expected 1 to {LONGEST:,}."
            )
        if self.pad and self.length is None:
            raise FormatError("Texts are to be padded, but no length is given.")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, int) and not least <= value <= _MOST:
                raise FormatError(
                    f"The tokenizer's {name!r} is {value}, expected a whole number from {least} on."
                )

    # Files ---------------------------------------------------------------------------------------

    def with_options(self, options: Mapping[str, Any]) -> Tokenizer:
        """The same with some options changed, see `options.checked`.

        Another method drops what belongs to the old one: filters mean nothing to it.
        """
        changed = dict(options)
        if self.method == "keras" and changed.get("method", "keras") != "keras":
            keras = {name: _DEFAULTS[name] for name in ("filters", "split", "char_level")}
            changed = {**keras, **changed}
        if "method" in changed:
            changed["function"] = None
            changed.setdefault("pieces", None)
        return replace(self, **changed)

    def to_dict(self) -> dict[str, Any]:
        """Its options as network.json keeps them: those that every version wrote, and the others
        where they are not the usual ones.
        """
        always: dict[str, Any] = {"method": self.method, "lowercase": self.lowercase}
        if self.function is not None:
            name = getattr(self.function, "__qualname__", type(self.function).__qualname__)
            module = getattr(self.function, "__module__", None) or "builtins"  # as of str.split
            always[FUNCTION] = f"{module}.{name}"
        return {**always, **self.changed_options()}

    def changed_options(self) -> dict[str, Any]:
        """Options that are not the usual ones, by name, as plain JSON values."""
        values = {name: getattr(self, name) for name, usual in _DEFAULTS.items()
                  if getattr(self, name) != usual and name != "function"}  # fmt: skip
        return {
            # `true` is what the first version of network.json says; hashes of networks hold it.
            name: list(value) if isinstance(value, tuple) else True if value == "post" else value
            for name, value in values.items()
        }

    # Cutting -------------------------------------------------------------------------------------

    @property
    def cutter(self) -> Cutter:
        if self.function is not None:
            return BY_FUNCTION
        return TOKENIZERS[self.method] if self.pieces is None else BY_PIECES

    @property
    def between(self) -> str | None:
        """See `Cutter`."""
        if self.char_level:
            return ""
        return self.split if self.method == "keras" else self.cutter.between

    @cached_property
    def filter_table(self) -> dict[int, str]:
        return str.maketrans(dict.fromkeys(self.filters, self.split))

    @cached_property
    def dropped(self) -> frozenset[str]:
        return frozenset(self.drop)

    def cut(self, text: str) -> CutText:
        """The words of a text, before they are looked up."""
        tokens = self.cut_all(text)
        if self.leaves_out_some:
            tokens = [token for token in tokens if not self.leaves_out(token)]
        return CutText(tokens, text)

    def cut_all(self, text: str) -> list[str]:
        """The same with those that are left out."""
        return self.cutter.cut(text.lower() if self.lowercase else text, self)

    def spans(self, text: str, tokens: Sequence[str]) -> list[Span | None]:
        """Where the tokens of `cut_all` stand in the text; None for one that is not in it."""
        lowered = text.lower() if self.lowercase else text
        spans = self.cutter.spans(lowered, tokens, self)
        if len(lowered) == len(text):
            return spans
        # One letter may have become two: the letters behind each of the lowered text.
        came_from = [n for n, c in enumerate(text) for _ in c.lower()]
        return [span and (came_from[span[0]], came_from[span[1] - 1] + 1) for span in spans]

    @property
    def leaves_out_some(self) -> bool:
        return bool(self.drop) or (self.standardize != "none" and self.method != "whole")

    def leaves_out(self, token: str) -> str:
        """Why a token is left out whatever the vocabulary holds; empty where it is not."""
        key = self.key(token)
        if not key and self.standardize != "none" and self.method != "whole":
            return "punctuation"
        return "stop word" if key in self.dropped else ""

    def __call__(self, text: str) -> list[str]:
        """The words of a text, as they are looked up."""
        return list(self.cut(text))

    def steps(self, words: int) -> int:
        """How many time steps so many words become, at most."""
        marked = words + (self.start is not None) + (self.end is not None)
        if self.length is None:
            return marked
        return self.length if self.pad else min(marked, self.length)

    def key(self, token: str) -> str:
        """What is looked up in the vocabulary for a token."""
        return STANDARDIZERS[self.standardize](token)

    def keys(self, tokens: Iterable[str]) -> Iterable[str]:
        """`key` of each."""
        return tokens if self.standardize == "none" else [self.key(token) for token in tokens]


_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(Tokenizer)}
_LEAST = {"num_words": 1, "offset": 0, "unknown": 0, "start": 0, "end": 0, "pad_id": 0}


def _one_of(what: str, value: object, valid: Iterable[object]) -> None:
    if value not in tuple(valid):
        raise FormatError(f"{what} {value!r:.60}; choose from {choices(map(str, valid))}.")
