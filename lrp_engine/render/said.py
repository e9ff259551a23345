"""What a network says of one sample: the predicted class, or its values with their units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lrp_engine.render.numbers import number, percentage, quantity, spelled
from lrp_engine.render.wording import visible, with_output

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.attribution.explanations import Explanations

QUOTED = 300  # characters of a text above its words
SHOWN = 12  # values; a list of more is no sentence


class Said(NamedTuple):
    """One class or value.

    Attributes:
        label: its name, of foreign origin.
        figure: its probability as "93.0 %", or the value with its unit as "3.42 °C".
    """

    label: str
    figure: str


def said(explanation: Explanation | Explanations, index: int = 0) -> list[Said]:
    """The predicted class alone, or every value, at most `SHOWN`, those explained among them."""
    if explanation.output_kind.has_classes:
        c = int(explanation.predicted[index])
        return [Said(explanation.labels[c], percentage(float(explanation.shares[index, c])))]
    labels = explanation.labels
    chosen = sorted({*range(len(labels))[:SHOWN], *_targets(explanation, index)})
    return [Said(labels[c], value_text(explanation, c, index)) for c in chosen]


def ranked(explanation: Explanation | Explanations, index: int = 0) -> list[int]:
    """Classes, the likeliest first; of equally likely ones the predicted one."""
    shares = explanation.shares[index]
    others = np.arange(len(shares)) != explanation.predicted[index]
    order: list[int] = np.lexsort((others, -shares)).tolist()
    return order


def runners_up(explanation: Explanation | Explanations, index: int = 0) -> list[Said]:
    """The two classes next to the predicted one, the likelier first; none of fewer than three.

    A probability below a half reads like a lost vote where nobody says how many classes there are.
    """
    if not explanation.output_kind.has_classes or len(explanation.labels) < 3:
        return []
    shares = explanation.shares[index]
    return [
        Said(explanation.labels[c], percentage(float(shares[c])))
        for c in ranked(explanation, index)[1:3]
    ]


def value_text(explanation: Explanation | Explanations, c: int, index: int = 0) -> str:
    """A value with its unit."""
    return with_unit(float(explanation.scores[index, c]), c, explanation.value_units)


def with_unit(value: float, c: int, value_units: Sequence[str]) -> str:
    """The value number c, with its unit where it has one."""
    unit = value_units[c] if value_units else ""
    return f"{quantity(value)} {unit}".rstrip()


def headline(one: Explanation) -> str:
    """ "The model predicts negative (93.0 %). Explained score for negative: +1.82."

    Of three classes or more it says that there are so many, and the next two.
    """
    told, word = said(one), one.labelled_token()
    verb = "The model predicts" if word is None else f"The model labels “{word}”"
    score = f"Explained score for {one.target_label()}: {number(one.explained_score[0])}."
    if one.output_kind.has_classes:
        return f"{verb} {told[0].label} ({told[0].figure}{_among(one)}). {score}"
    verb = "The model gives" if word is None else f"The model gives “{word}”"
    values = ", ".join(f"{name.label} {name.figure}" for name in told)
    return f"{verb} {values}. {with_output(score, one.output_kind)}"


def quoted(one: Explanation) -> str:
    """The text as it was typed, or its beginning; "" where words or numbers were given."""
    text = " ".join((one.texts[0] or "").split())
    short = text if len(text) <= QUOTED else f"{text[:QUOTED].rstrip()} …"
    return short and f"“{visible(short)}”"


def _among(one: Explanation) -> str:
    others = ", ".join(f"{other.label} {other.figure}" for other in runners_up(one))
    return others and f", the highest of {spelled(len(one.labels))} classes; next: {others}"


def _targets(explanation: Explanation | Explanations, index: int) -> list[int]:
    targets: list[int] = explanation.target[index : index + 1].reshape(-1).tolist()
    return targets
