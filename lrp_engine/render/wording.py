"""Numbers, words and ledger entries as people read them; shared by HTML, charts and terminal."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.ledger import LedgerName
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

MINUS = "−"
# Largest accepted error, relative to max(|score|, sum of |terms|).
TOLERANCES = {"float32": 1e-4, "float64": 1e-10}

_KINDS = {"bias": "biases", "stabilizer": "stabilizers"}
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


def number(
    value: float, *, signed: bool = True, limit: float | None = None, minus: str = MINUS
) -> str:
    """A value to read, as "+0.42".

    Args:
        signed: write the plus of a positive value.
        limit: the largest |value| shown next to it; sets the decimals, two or more.
        minus: the minus sign.
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else f"{minus if value < 0 else ''}infinite"
    scale = abs(value) if limit is None else limit
    if scale and not 1e-5 <= scale < 1e6:
        text = f"{value:+.2e}"
        if minus == MINUS:  # not where every character must be plain
            digits, power = text.split("e")
            text = f"{digits}{_power(power)}"
    else:
        # Two significant digits of the largest value, so that the small ones stay comparable.
        decimals = 2 if scale == 0 else max(2, 1 - math.floor(math.log10(scale)))
        text = f"{value:+.{decimals}f}"
    return _sign(text, value, signed, minus)


def exact(value: float, *, signed: bool = True, digits: int = 6, minus: str = MINUS) -> str:
    """A value with all its digits up to a number of them, as "+0.421337"."""
    if not math.isfinite(value):
        return number(value, minus=minus)
    return _sign(f"{value:+.{digits}g}", value, signed, minus)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def tiny(size: float) -> str:
    """The size of an error, as "0.0006" or "3.7 × 10⁻⁷"."""
    if not math.isfinite(size) or size == 0 or 1e-4 <= abs(size) < 1e4:
        return f"{abs(size):.2g}" if math.isfinite(size) else number(size)
    digits, power = f"{abs(size):.1e}".split("e")
    return f"{digits.removesuffix('.0')}{_power(power)}"


def _power(power: str) -> str:
    return f" × 10{str(int(power)).translate(_RAISED)}"


def typed(text: str) -> str:
    """A text with its minus signs and powers of ten as terminals of any encoding show them."""
    plain = re.sub(f" × 10([{''.join(map(chr, _RAISED.values()))}]+)", r"e\1", text)
    return plain.translate({raised: digit for digit, raised in _RAISED.items()}).replace(MINUS, "-")


def _sign(text: str, value: float, signed: bool, minus: str) -> str:
    sign, digits = text[0], text[1:]
    if value == 0:
        return digits
    return (minus if sign == "-" else "+" if signed else "") + digits


def percentage(share: float) -> str:
    """A probability as "48.3 %", never rounded to 0 or 100."""
    if not math.isfinite(share):
        return "not a number"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def visible(token: str) -> str:
    """A token with white space and control characters made visible; nothing acts on the reader.

    Control characters would steer a terminal; invisible ones would reorder the words around them.
    """
    if not token:
        return "(empty)"
    blank = token.isspace()
    return "".join(_shown(character, blank=blank) for character in token)


def _shown(character: str, *, blank: bool) -> str:
    if character in _SHOWN and (blank or character not in " \xa0"):
        return _SHOWN[character]
    if character.isprintable() or character in " \u200c\u200d":  # joiners make letters and emoji
        return character
    if ord(character) < 32:
        return chr(0x2400 + ord(character))  # its picture, "␛" for escape
    if unicodedata.category(character) == "Zs":
        return "␣"
    return f"⟨{ord(character):04X}⟩"


def called(text: str, token_kind: str) -> str:
    """A sentence about words as one about what goes in: "feature", "step", or "word" itself."""
    if token_kind == "word":
        return text
    text = text if token_kind == "step" else text.replace("word's vector", "word")
    return re.sub(
        r"\b(?:w(ord)|W(ord))(s?)\b",
        lambda found: (token_kind.capitalize() if found[2] else token_kind) + found[3],
        text,
    )


def ledger_words(name: str) -> str:
    """A ledger name as "bilstm, forward: biases of the cell signal"."""
    layer, direction, operation, kind = LedgerName.parse(name)
    place = f"{layer}, {direction}" if direction else layer
    what = _OPERATIONS.get(operation, f"of {operation!r}")
    return f"{place}: {_KINDS.get(kind, kind)} {what}"


def state_words(name: str) -> str:
    """An initial state's name as "bilstm, forward: initial cell state c₀"."""
    *place, state = name.split("/")
    return f"{', '.join(place)}: {_STATES.get(state, f'initial state {state}')}"


def target_words(explanation: Explanation, index: int = 0) -> tuple[str, str | None]:
    """The class explained, and the one it is held against in a contrast."""
    first, *other = (explanation.labels[c] for c in np.atleast_1d(explanation.target[index]))
    return first, other[0] if other else None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether everything adds up to the score, and by how much it misses."""

    ok: bool
    error: float
    tolerance: float
    sentence: str


def conservation_verdict(explanation: Explanation, index: int = 0) -> Verdict:
    """Do words, initial states and ledger add up to the explained score?

    The tolerance is `TOLERANCES[dtype]` times max(|score|, sum of |terms|).

    Raises:
        InputError: the method promises no sum.
    """
    require_sum(explanation)
    parts = np.concatenate(
        [
            explanation.token_relevance[index],
            *([array[index]] for array in explanation.initial_states.values()),
            *([array[index]] for array in explanation.ledger.values()),
        ]
    )
    score = float(explanation.explained_score[index])
    error = float(explanation.conservation_error[index])
    relative = TOLERANCES[explanation.dtype]
    scale = max(abs(score), float(np.abs(parts).sum()))
    tolerance = relative * scale
    ok = abs(error) <= tolerance  # false for NaN
    sentence = (
        f"{'Passed' if ok else 'Failed'}: {explanation.token_kind}s, initial states, biases and "
        f"stabilizers add up to the explained score {number(score)} with an error of "
        f"{tiny(error)}. Allowed is {tiny(tolerance)}: {tiny(relative)} (for "
        f"{explanation.dtype}) times {scale:.3g}, the sum of the sizes of all terms, or of the "
        "score where that is larger."
    )
    return Verdict(ok=ok, error=error, tolerance=tolerance, sentence=sentence)


def require_sum(explanation: Explanation) -> None:
    """Stop where the method's numbers are not parts of the score.

    Raises:
        InputError: the method promises no sum.
    """
    if not explanation.method_info.sums_to_score:
        raise InputError(
            f"{explanation.method_info.title} does not promise that its numbers add up to the "
            "score; "
            "choose Layer-wise Relevance Propagation to see the account."
        )
