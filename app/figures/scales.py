"""What sets the scale of colour of rows: what is typical for a model, or the text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp_engine import Explanation
from lrp_engine.render.numbers import vmax_of

TYPICAL, TEXT = "typical", "text"  # what may be chosen
TITLES = {TYPICAL: "Typical for this model", TEXT: "This text"}
# Why the scale is that of the text, as the second half of a sentence.
CHOSEN = "its strongest {noun} has the strongest colour"
NO_EXAMPLES = "the model has no examples that say what is typical for it"
BEING_COMPUTED = "what is typical for the model is being computed"
NO_MODEL = "the model is not loaded here, so nobody knows what is typical for it"
ON_REQUEST = "what is typical is not known of a method that is computed on request"


_TYPICAL = (
    "The colours cover this model’s usual range{same}: in 9 of 10 examples, every {noun} lies "
    "inside it."
)
_OWN = "Colour scale of this text{same}: {why}."


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The value of the strongest colour, and what sets it, as a sentence."""

    vmax: float
    sentence: str


def scales_of(
    explanations: Sequence[Explanation],
    typical: Sequence[float | str],
    *,
    shared: bool = False,
) -> list[Scale]:
    """The scale of each row, a sample.

    Args:
        typical: what is typical for each row; where it is not known or not asked for, why, see
            above. Then the strongest word of the text sets the scale.
        shared: one scale for all rows of the same unit, the largest of theirs.
    """
    scales = []
    for n, one in enumerate(explanations):
        group = [m for m, other in enumerate(explanations) if m == n or other.unit == one.unit]
        members = group if shared else [n]
        known = [value for m in members if not isinstance(value := typical[m], str)]
        same = f", the same for {_named(explanations, members)}" if len(members) > 1 else ""
        noun = one.token_kind
        if len(known) == len(members):
            sentence = _TYPICAL.format(same=same, noun=noun)
            scales.append(Scale(vmax=max(known), sentence=sentence))
            continue
        why = next(reason for m in members if isinstance(reason := typical[m], str))
        own = vmax_of(*(explanations[m].token_relevance[0] for m in members))
        sentence = _OWN.format(same=same, why=why.format(noun=noun))
        scales.append(Scale(vmax=own, sentence=sentence))
    return scales


def scale_of(values: Sequence[float], typical: float | str) -> Scale:
    """The scale of a text's words that were explained before, by their values (n,)."""
    if isinstance(typical, str):
        why = typical.format(noun="word")
        return Scale(vmax=vmax_of(np.array(values)), sentence=_OWN.format(same="", why=why))
    return Scale(vmax=typical, sentence=_TYPICAL.format(same="", noun="word"))


def _named(explanations: Sequence[Explanation], members: Sequence[int]) -> str:
    """Rows by their methods, as "LRP and GI", where these tell them apart."""
    shorts = [explanations[m].method_info.short for m in members]
    return " and ".join(shorts) if len(set(shorts)) == len(shorts) else "the rows of this unit"
