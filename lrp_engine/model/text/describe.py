"""A text pipeline in plain English, one sentence a step: for pages, reports and the terminal."""

from __future__ import annotations

from collections.abc import Callable

from lrp_engine.model.text.tokenizer import DROP, KERAS_FILTERS, Tokenizer

_METHODS = {
    "whitespace": "The text is split at white space.",
    "words": "The text is split into words and punctuation marks.",
    "ascii_whitespace": "The text is split at white space, as Keras' TextVectorization does.",
    "characters": "The text is split into characters.",
    "whole": "The text is one token.",
    "function": "The text is split by a function of the caller.",
    "pieces": "The text is cut into pieces of words by Hugging Face's tokenizer.",
}
_STANDARDIZED = {
    "lower": "Words are looked up in lower case.",
    "strip_punctuation": "Words are looked up without punctuation.",
    "lower_and_strip_punctuation": "Words are looked up in lower case and without punctuation.",
}
_SIDES = {"pre": "front", "post": "back"}
_SHOWN = 5  # of a list of words


def sentences(tokenizer: Tokenizer, substitute: str | None = None) -> list[str]:
    """What is done with a text, in order; a step that does nothing is left out.

    Args:
        substitute: what is read in the place of an unknown word, see `Network.substitute`.
    """
    made = [describe(tokenizer) for describe in _STEPS]
    made.insert(_UNKNOWN_AT, _unknown(tokenizer, substitute))
    return [sentence for sentence in made if sentence]


def _case(tokenizer: Tokenizer) -> str:
    return "The text is put in lower case." if tokenizer.lowercase else ""


def _cut(tokenizer: Tokenizer) -> str:
    if tokenizer.method != "keras":
        return _METHODS.get(tokenizer.method, f"The text is cut by “{tokenizer.method}”.")
    if tokenizer.char_level:
        return "Every character is a word."
    at = "blanks" if tokenizer.split == " " else f"“{tokenizer.split}”"
    if not tokenizer.filters:
        return f"The text is split at {at}."
    what = (
        "tabs, line breaks, and punctuation except apostrophes"
        if tokenizer.filters == KERAS_FILTERS
        else f"the characters {' '.join(map(_visible, tokenizer.filters))}"
    )
    return f"The text is split at {at}, {what}."


def _standardized(tokenizer: Tokenizer) -> str:
    return _STANDARDIZED.get(tokenizer.standardize, "")


def _dropped(tokenizer: Tokenizer) -> str:
    if not tokenizer.drop:
        return ""
    first, more = tokenizer.drop[:_SHOWN], len(tokenizer.drop) - _SHOWN
    listed = ", ".join(f"“{word}”" for word in first) + (f" and {more:,} more" if more > 0 else "")
    return f"Stop words are left out: {listed}."


def _limited(tokenizer: Tokenizer) -> str:
    if tokenizer.num_words is None:
        return ""
    return f"Words from place {tokenizer.num_words:,} of the vocabulary on count as unknown."


def _shifted(tokenizer: Tokenizer) -> str:
    return f"The ids of words are shifted by {tokenizer.offset}." if tokenizer.offset else ""


def _unknown(tokenizer: Tokenizer, substitute: str | None) -> str:
    if tokenizer.unknown == DROP:
        return "Unknown words are left out."
    if isinstance(tokenizer.unknown, int):
        return f"Unknown words are read as id {tokenizer.unknown}."
    if substitute is not None:
        return f"Unknown words are read as “{substitute}”."
    return "Unknown words are read as a vector of zeros."


def _marks(tokenizer: Tokenizer) -> str:
    put = [
        f"{f'id {mark}' if isinstance(mark, int) else f'“{mark}”'} {where}"
        for mark, where in ((tokenizer.start, "in front"), (tokenizer.end, "behind"))
        if mark is not None
    ]
    return f"Every text gets {' and '.join(put)}." if put else ""


def _truncated(tokenizer: Tokenizer) -> str:
    if tokenizer.length is None:
        return ""
    return f"Longer texts are cut to {tokenizer.length:,} at the {_SIDES[tokenizer.truncate]}."


def _padded(tokenizer: Tokenizer) -> str:
    if not tokenizer.pad:
        return ""
    where = "in front" if tokenizer.pad == "pre" else "behind"
    number = "" if tokenizer.pad_id is None else f" (id {tokenizer.pad_id})"
    return f"Shorter texts are filled up to {tokenizer.length:,} with padding{number} {where}."


def _visible(character: str) -> str:
    return {" ": "␣", "\n": "↵", "\t": "⇥"}.get(character, character)


_STEPS: tuple[Callable[[Tokenizer], str], ...] = (
    _case, _cut, _standardized, _dropped, _limited, _shifted, _marks, _truncated, _padded,
)  # fmt: skip
_UNKNOWN_AT = _STEPS.index(_shifted)
