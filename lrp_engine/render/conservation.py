"""The parts of a score by name, and whether they add up to it, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.ledger import KINDS
from lrp_engine.attribution.methods import METHODS
from lrp_engine.errors import InputError
from lrp_engine.render.numbers import number, tiny
from lrp_engine.render.wording import ledger_words, state_words, visible, with_output

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

# Largest accepted error, relative to max(|score|, sum of |terms|).
TOLERANCES = {"float32": 1e-4, "float64": 1e-10}
OFTEN_NOTHING = ("initial states", KINDS["stabilizer"], KINDS["bias"])


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
    padding = "padding, " if explanation.padding[index].any() else ""
    absorbers = (
        "biases, stabilizers and inputs held fixed"
        if explanation.held
        else ("biases and stabilizers")
    )
    sentence = (
        f"{'Passed' if ok else 'Failed'}: {explanation.token_kind}s, {padding}initial states, "
        f"{absorbers} add up to the explained score {number(score)} with an error of "
        f"{tiny(error)}. The tolerance is {tiny(tolerance)}: {tiny(relative)} (for "
        f"{explanation.dtype}) times {scale:.3g}, the sum of the absolute values of all terms, or "
        "the score if that is larger."
    )
    sentence = with_output(sentence, explanation.output_kind)
    return Verdict(ok=ok, error=error, tolerance=tolerance, sentence=sentence)


def require_sum(explanation: Explanation) -> None:
    """Stop where the method's numbers are not parts of the score.

    Raises:
        InputError: the method promises no sum.
    """
    if explanation.method_info.completeness != "score":
        complete = [m.title for m in METHODS.values() if m.completeness == "score"]
        raise InputError(
            f"{explanation.method_info.title} does not promise that its numbers add up to the "
            f"score; choose {' or '.join(complete)} to see the account."
        )


def account_line(explanation: Explanation, index: int = 0) -> str:
    """Where a score went: "words +1.49, biases +0.29, stabilizers +0.03: together +1.82."

    Raises:
        InputError: the method promises no sum.
    """
    require_sum(explanation)
    one = explanation[index]
    by_kind = one.ledger.by("kind")
    parts = [
        *word_parts(one),
        ("initial states", float(one.initial_state[0])),
        *((title, float(by_kind[kind][0])) for kind, title in KINDS.items() if kind in by_kind),
    ]
    score = float(one.explained_score[0])
    said = ", ".join(
        f"{title} {number(value)}" for title, value in parts if value or title not in OFTEN_NOTHING
    )
    return f"{said}: together {number(score)}."


def word_parts(explanation: Explanation, all_of: str = "") -> list[tuple[str, float]]:
    """What the words received, and padding where the network read any, for people.

    Of several inputs, those of each.
    """
    if explanation.parts:
        return [
            (f"{visible(name)}: {label}", value)
            for name, part in explanation.parts.items()
            for label, value in word_parts(part, all_of)
        ]
    padding = float(explanation.padding_relevance[0])
    words = float(explanation.token_relevance[0].sum()) - padding
    parts = [(f"{all_of}{explanation.token_kind}s", words)]
    if explanation.padding.any():
        parts.append(("padding", padding))
    return parts


def named_parts(explanation: Explanation) -> list[tuple[str, float]]:
    """What reached the initial states, and what biases and stabilizers kept, for people."""
    states = explanation.initial_states.items()
    return [
        *((state_words(name), float(array[0])) for name, array in states),
        *((ledger_words(name), float(array[0])) for name, array in explanation.ledger.items()),
    ]
