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
    """What a value of an option may be, for programs and for people."""

    types: tuple[type, ...]
    expected: str
    empty: bool = False  # whether null says "none"

    def fits(self, value: Any) -> bool:
        if value is None:
            return self.empty
        if isinstance(value, bool):  # which Python counts as a whole number
            return bool in self.types
        if isinstance(value, (list, tuple)):
            return list in self.types and all(isinstance(word, str) for word in value)
        return isinstance(value, self.types)


_MARK = TextOption((int, str), "an id or a word of the vocabulary", empty=True)
_FLAG = TextOption((bool,), "true or false")
_COUNT = TextOption((int,), "a number", empty=True)

OPTIONS: dict[str, TextOption] = {
    "method": TextOption((str,), "a name"),
    "lowercase": _FLAG,
    "standardize": TextOption((str,), "a name"),
    "filters": TextOption((str,), "characters"),
    "split": TextOption((str,), "the text between two words"),
    "char_level": _FLAG,
    "drop": TextOption((list,), "a list of words"),
    "num_words": _COUNT,
    "unknown": TextOption((int, str), '"drop", "zero", or an id or a word of the vocabulary',
                          empty=True),
    "offset": TextOption((int,), "a number"),
    "start": _MARK,
    "end": _MARK,
    "length": _COUNT,
    "truncate": TextOption((str,), '"pre" or "post"'),
    "pad": TextOption((bool, str), '"pre", "post" or false'),
    "pad_id": TextOption((int,), "an id", empty=True),
    "pieces": TextOption((str,), "a tokenizer.json of Hugging Face, as a text", empty=True),
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
