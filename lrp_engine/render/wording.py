"""Tokens, ledger entries and classes as people read them; shared by HTML, charts and terminal."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.ledger import HELD, KINDS, LedgerName

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.outputs import OutputKind

_OPERATIONS = {
    "signal": "of the cell signal",
    "gates": "of the gates",
    "cell": "of the cell state",
    "recurrent": "of the recurrent sum",
    "sum": "of the weighted sum",
    "context": "of the context vector",
    "mean": "of the mean",
    "maximum": "of the maximum, where no step counts",
    "merge": "of the merged sum",
}
_STATES = {"h": "initial hidden state h₀", "c": "initial cell state c₀"}
_SHOWN = {" ": "␣", "\n": "↵", "\r": "↵", "\t": "⇥", "\xa0": "␣"}


def visible(token: str) -> str:
    """A token with white space and control characters made visible; nothing acts on the reader.

    Control characters would steer a terminal; invisible ones would reorder the words around them.
    """
    if not token:
        return "(empty)"
    blank = token.isspace()
    if token.isprintable() and not blank:  # nearly every token: nothing to do
        return token
    return "".join(_shown(character, blank=blank) for character in token)


def printable(text: str) -> str:
    """Text of several lines with its control characters, which pages may not hold, made visible."""
    return text.translate(_PICTURES)


def _shown(character: str, *, blank: bool) -> str:
    if character in _SHOWN and (blank or character not in " \xa0"):
        return _SHOWN[character]
    if character.isprintable() or character in " \xa0\u200c\u200d":  # joiners make letters, emoji
        return character
    if ord(character) < 32:
        return chr(0x2400 + ord(character))  # its picture, "␛" for escape
    if unicodedata.category(character) == "Zs":
        return "␣"
    return f"⟨{ord(character):04X}⟩"


# What neither HTML nor XML may hold, and a terminal may act on.
_NOT_IN_PAGES = {*range(32), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF}
_PICTURES = {
    code: _shown(chr(code), blank=False) for code in sorted(_NOT_IN_PAGES - set(map(ord, "\t\n\r")))
}


def direction_of(tokens: Iterable[str]) -> str:
    """Which way a text runs, by the larger part of its letters: "rtl" or "ltr"."""
    kinds = Counter(unicodedata.bidirectional(letter) for token in tokens for letter in token)
    return "rtl" if kinds["R"] + kinds["AL"] > kinds["L"] else "ltr"


def with_noun(text: str, token_kind: str) -> str:
    """A sentence about words as one about what goes in: "feature", "step", or "word" itself."""
    if token_kind == "word":
        return text
    text = text if token_kind == "step" else text.replace("word's vector", "word")
    return re.sub(
        r"\b(?:w(ord)|W(ord))(s?)\b",
        lambda match: (token_kind.capitalize() if match[2] else token_kind) + match[3],
        text,
    )


# What sentences about classes say -> what they say about values, in this order.
_OF_VALUES = (
    (", before softmax or sigmoid", ""),
    (r"\b[Cc]lass scores?\b", "value"),
    (r"\bsupports?\b", "raises"),
    (r"\bopposes?\b", "lowers"),
    (r"\bclass(es)?\b", lambda match: "values" if match[1] else "value"),
    (r"\bClass(es)?\b", lambda match: "Values" if match[1] else "Value"),
    (r"\bscore(s?)\b", r"value\1"),
    (r"\bScore(s?)\b", r"Value\1"),
)


def with_output(text: str, kind: OutputKind) -> str:
    """A sentence about classes and their scores, as one about values where these are explained."""
    if kind.has_classes:
        return text
    for pattern, words in _OF_VALUES:
        text = re.sub(pattern, words, text)
    return text


def ledger_words(name: str) -> str:
    """A ledger name as "bilstm, forward: biases of the cell signal"."""
    layer, direction, operation, kind = LedgerName.parse(name)
    if kind == HELD:
        return f"{visible(layer)}: held fixed"
    place = f"{layer}, {direction}" if direction else layer
    what = _OPERATIONS.get(operation, f"of {operation!r}")
    return f"{place}: {KINDS.get(kind, kind)} {what}"


def state_words(name: str) -> str:
    """An initial state's name as "bilstm, forward: initial cell state c₀"."""
    *place, state = name.split("/")
    return f"{', '.join(place)}: {_STATES.get(state, f'initial state {state}')}"


def target_words(explanation: Explanation, index: int = 0) -> tuple[str, str | None]:
    """The class or value explained, and the one it is held against in a contrast."""
    first, *other = (explanation.labels[c] for c in np.atleast_1d(explanation.target[index]))
    return first, other[0] if other else None
