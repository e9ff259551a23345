"""Samples of an explanation as explanations of their own.

Axes: B samples, T time steps.
"""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType

import numpy as np

from lrp_engine.attribution import exploding
from lrp_engine.attribution.checks import warnings_of_some
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.kept_layers import goes_by_words
from lrp_engine.model.text.doubts import of_text

_BY_SAMPLE = ("tokens", "lengths", "padded_lengths", "scores", "target", "explained_score",
              "probabilities", "ids", "positions")  # fmt: skip
_BY_WORD = ("unknown", "padding", "relevance", "token_values", "standard_error")
_FIELDS = tuple(item.name for item in fields(Explanation))


def samples(explanation: Explanation, index: int | slice) -> Explanation:
    """One sample (B = 1), or those of a slice, cut to the longest of them.

    Raises:
        IndexError: there is no such sample.
    """
    count = len(explanation)
    if isinstance(index, slice):
        chosen = range(count)[index]
        if not chosen:
            raise IndexError(f"There are no samples in {index} of {count}.")
        return _cut(explanation, chosen)
    if not isinstance(index, (int, np.integer)) or not -count <= index < count:
        raise IndexError(f"There is no sample {index!r:.40} among {count}.")
    place = int(index) % count
    return _cut(explanation, range(place, place + 1))


def _cut(explanation: Explanation, chosen: range) -> Explanation:
    # A slice, not a list: what is cut stays a view of the whole.
    stop: int | None = chosen.stop if chosen.stop >= 0 else None
    rows = slice(chosen.start, stop, chosen.step)
    one = len(chosen) == 1  # most often, and then there is no need to look for the longest
    length = int(explanation.lengths[chosen.start if one else rows].max())

    def at_layer(name: str, array: np.ndarray) -> np.ndarray:
        by_words = goes_by_words(explanation, name, array)
        return array[rows, :length] if by_words else array[rows]

    whole = vars(explanation)
    # Parts of what is frozen are frozen; checking each again would be most of the time.
    cut = object.__new__(Explanation)
    own = vars(cut)
    own.update({name: whole[name] for name in _FIELDS})
    for name in _BY_SAMPLE:
        if whole[name] is not None:
            own[name] = whole[name][rows]
    for name in _BY_WORD:
        if whole[name] is not None:
            own[name] = whole[name][rows, :length]
    for name, part in (
        ("initial_states", lambda _, array: array[rows]),
        ("checks", lambda _, array: array[rows]),
        ("layers", at_layer),
        ("layer_values", at_layer),
        ("parts", lambda _, of_input: _cut(of_input, chosen)),
    ):
        if whole[name]:
            own[name] = MappingProxyType({k: part(k, v) for k, v in whole[name].items()})
    own["ledger"] = explanation.ledger.select(rows, length)
    own["alignment"] = explanation.alignment and explanation.alignment.select(rows)
    own["warnings"] = _warnings(explanation, chosen, rows)
    if exploding.warns(cut.warnings):  # of another sample, or of one of the inputs
        own["warnings"] = cut.with_exploding()
    return cut


def _warnings(explanation: Explanation, chosen: range, rows: slice) -> tuple[str, ...]:
    """Those of all samples, and where it is a single one its own."""
    if len(explanation) == 1:
        return explanation.warnings
    if explanation.parts:
        own = (text for p in explanation.parts.values() for text in _warnings(p, chosen, rows))
        return tuple(dict.fromkeys(own))
    of_all = warnings_of_some(
        explanation.warnings, explanation.method_info, explanation.checks, rows
    )
    if explanation.alignment is None or len(chosen) > 1:
        return of_all
    return of_text(explanation.alignment.why[chosen.start], of_all)
