"""The options of a text pipeline: their names and types in files, and what is wrong with a value.

`network.json`, `spec["tokenizer"]` and `load(tokenizer=...)` use the same names and values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrp_engine.errors import FormatError, choices


@dataclass(frozen=True)
class TextOption:
    """What an option means, and what a value may be, for programs and for people.

    Attributes:
        reads: a line of docs/formats.md, which options with the same words share.
        empty: whether null says "none".
    """

    types: tuple[type, ...]
    expected: str
    reads: str
    empty: bool = False

    def fits(self, value: Any) -> bool:
        if value is None:
            return self.empty
        if isinstance(value, bool):  # which Python counts as a whole number
            return bool in self.types
        if isinstance(value, (list, tuple)):
            return list in self.types and all(isinstance(word, str) for word in value)
        return isinstance(value, self.types)


_KERAS = (
    "of `keras`: characters that become `split`; what parts words (empty parts are dropped); every "
    "character is a word"
)
_MARKS = "an id or a word put in front or behind"


def _mark(reads: str) -> TextOption:
    return TextOption((int, str), "an id or a word of the vocabulary", reads, empty=True)


def _flag(reads: str) -> TextOption:
    return TextOption((bool,), "true or false", reads)


def _count(reads: str) -> TextOption:
    return TextOption((int,), "a number", reads, empty=True)


# In the order in which they act.
OPTIONS: dict[str, TextOption] = {
    "lowercase": _flag("put the text in lower case (default true)"),
    "method": TextOption(
        (str,), "a name",
        "how it is cut: `whitespace`, `words`, `keras` (Keras' Tokenizer), `ascii_whitespace`, "
        "`characters`, `whole` (TextVectorization's)",
    ),
    "filters": TextOption((str,), "characters", _KERAS),
    "split": TextOption((str,), "the text between two words", _KERAS),
    "char_level": _flag(_KERAS),
    "pieces": TextOption(
        (str,), "a tokenizer.json of Hugging Face, as a text",
        "in place of `method`: what a `tokenizer.json` says, as a text", empty=True,
    ),
    "standardize": TextOption(
        (str,), "a name", "what a word becomes when it is looked up, by TextVectorization's names"
    ),
    "drop": TextOption((list,), "a list of words", "words left out (stop words)"),
    "num_words": _count("words from this place of the vocabulary on count as unknown"),
    "unknown": TextOption(
        (int, str), '"drop", "zero", or an id or a word of the vocabulary',
        '`"drop"`: left out, as Keras\' Tokenizer does without `oov_token`; `"zero"`: a vector of '
        "zeros; a word (the `oov_token`) or an id. Default: the vocabulary's own unknown word, or "
        "else zeros",
        empty=True,
    ),
    "offset": TextOption(
        (int,), "a number",
        "added to the ids of words; `unknown`, `start`, `end`, `pad_id` given as ids are not "
        "shifted",
    ),
    "start": _mark(_MARKS),
    "end": _mark(_MARKS),
    "length": _count("tokens that are read; a Keras file of fixed length says it itself"),
    "truncate": TextOption(
        (str,), '"pre" or "post"', '`"post"` (default) cuts at the back, `"pre"` at the front'
    ),
    "pad": TextOption(
        (bool, str), '"pre", "post" or false',
        '`"pre"`, `"post"` (or true): filled up to `length`, which the network reads; false',
    ),
    "pad_id": TextOption(
        (int,), "an id", "with which id; default: the vocabulary's padding token, or 0", empty=True
    ),
}  # fmt: skip


def checked(options: Any, what: str) -> dict[str, Any]:
    """Options of a text pipeline from a file or a caller, as `Tokenizer` takes them.

    Args:
        what: names them in the error, as "The tokenizer in the spec".

    Raises:
        FormatError: they are no options by name, there is no such option, or a value is of the
            wrong type; lists what is valid.
    """
    if not isinstance(options, Mapping):
        raise FormatError(
            f"{what} is {options!r:.80}, expected an object with some of {choices(OPTIONS)}."
        )
    made: dict[str, Any] = {}
    for name, value in options.items():
        if name not in OPTIONS:
            listed = ", ".join(f"{key!r} ({option.expected})" for key, option in OPTIONS.items())
            raise FormatError(f"{what} has an unknown key {name!r:.60}; valid: {listed}.")
        if not OPTIONS[name].fits(value):
            raise FormatError(
                f"{what} has {name!r}: {value!r:.60}, expected {OPTIONS[name].expected}."
            )
        made[name] = tuple(value) if isinstance(value, list) else value
    return made
