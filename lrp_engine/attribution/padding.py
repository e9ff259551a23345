"""Padding as one entry: what fills a text up is shown once, with all that it received.

Axes: T time steps, of which each run of padding becomes one; E units.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.kept_layers import goes_by_words
from lrp_engine.attribution.ledger import Ledger

_CALLED = "{:,} × padding"
_ENDS = _CALLED.partition("}")[2]


def entries_of(padding: np.ndarray) -> np.ndarray:
    """Where (n,) the entries begin that are left of time steps, of which some are padding."""
    follows = np.concatenate([[False], padding[1:] & padding[:-1]])
    return np.flatnonzero(~follows)


def merged_padding(explanation: Explanation) -> Explanation:
    """One sample (B = 1) in which padding next to each other is a single token, its sums.

    Everything that adds up still does. Without padding it is the explanation itself. What was read
    step by step (`ids`) is left out, as are numbers of layers and states over time.
    """
    count = len(explanation.tokens[0])
    padding = explanation.padding[0, :count]
    if not padding.any():
        return explanation
    starts = entries_of(padding)
    sizes = np.diff([*starts, count])

    def summed(array: np.ndarray) -> np.ndarray:
        return np.add.reduceat(array[:, :count], starts, axis=1)

    def merged(token: str, size: int) -> bool:
        return size == 1 and token.endswith(_ENDS)  # an entry that was made here before

    def over_time(name: str, array: np.ndarray) -> np.ndarray:
        return summed(array) if by_words(name, array) else array

    by_words = partial(goes_by_words, explanation)
    tokens, ledger = explanation.tokens[0], explanation.ledger
    entries = zip(starts.tolist(), sizes.tolist(), strict=True)
    return replace(
        explanation,
        tokens=(
            tuple(
                _CALLED.format(size) if padding[at] and not merged(tokens[at], size) else tokens[at]
                for at, size in entries
            ),
        ),
        unknown=explanation.unknown[:, starts],
        padding=explanation.padding[:, starts],
        positions=(
            None
            if explanation.positions is None
            else np.searchsorted(starts, explanation.positions, side="right") - 1
        ),
        lengths=np.array([len(starts)]),
        relevance=None if explanation.relevance is None else summed(explanation.relevance),
        token_values=summed(explanation.token_relevance),
        standard_error=(
            None if explanation.standard_error is None else summed(explanation.standard_error)
        ),
        ledger=Ledger(dict(ledger), {name: summed(a) for name, a in ledger.steps.items()}, 1),
        # Of states and of numbers over time there is no sum.
        layers={n: over_time(n, a) for n, a in explanation.layers.items() if "/" not in n},
        layer_values={n: a for n, a in explanation.layer_values.items() if not by_words(n, a)},
        ids=None,
        alignment=explanation.alignment and explanation.alignment.at(starts),
    )
