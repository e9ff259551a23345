"""One word in detail: its value by every method, and its relevance unit by unit. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrp_engine import Explanation, Explanations
from lrp_engine.render.numbers import exact, number
from lrp_engine.render.wording import visible


@dataclass(frozen=True, kw_only=True)
class Units:
    """The input units of one word.

    Attributes:
        values: (E,) value of each unit; positive, negative: sums of those above and below zero.
        sentence: the sums and what they leave, in words.
    """

    values: np.ndarray
    positive: float
    negative: float
    sentence: str


def without_units(explanation: Explanation) -> str:
    """Why there is nothing to show of the units of a word."""
    return (
        f"{explanation.method_info.title} gives each {explanation.token_kind} one number, and none "
        "to its units."
    )


def units_of(explanation: Explanation, at: int) -> Units:
    """The units behind the value of the word at a position."""
    values = np.atleast_1d(explanation.unit_relevance[0, at]).astype(np.float64)
    positive, negative = float(values[values > 0].sum()), float(values[values < 0].sum())
    if not explanation.method_info.signed:
        sentence = f"{len(values)} units sum to {number(positive, signed=False)}; none has a sign."
    else:
        of_class = explanation.output_kind.has_classes
        raise_it, lower_it = (
            ("support the class", "oppose it") if of_class else ("raise the value", "lower it")
        )
        sentence = (
            f"Of {len(values)} units, {int((values > 0).sum())} {raise_it} ({number(positive)}) "
            f"and {int((values < 0).sum())} {lower_it} ({number(negative)}), leaving "
            f"{number(positive + negative)}."
        )
    return Units(values=values, positive=positive, negative=negative, sentence=sentence)


def unit_table(explanation: Explanation, at: int) -> pd.DataFrame:
    """One row per unit: unit (its name, or its number from 0), value."""
    values = units_of(explanation, at).values
    names = [visible(name) for name in explanation.unit_names] or np.arange(len(values))
    return pd.DataFrame({"unit": names, "value": values})


def word_values(explanations: Explanations, at: int) -> list[tuple[str, str, str]]:
    """Per method: its short name, the word's value, its rank among the words by size."""
    values_of_methods = []
    for explanation in explanations.values():
        values = explanation.token_relevance[0, : len(explanation.tokens[0])]
        rank = int((np.abs(values) > abs(values[at])).sum()) + 1
        shown = exact(float(values[at]), signed=explanation.method_info.signed, digits=4)
        values_of_methods.append((explanation.method_info.short, shown, f"{rank} of {len(values)}"))
    return values_of_methods


def word_name(explanation: Explanation | Explanations, at: int) -> str:
    """The word as it is shown."""
    return visible(explanation.tokens[0][at])
