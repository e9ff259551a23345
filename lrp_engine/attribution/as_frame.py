"""Explanations as tables: a row per word, per text, or per number of a layer.

Axes: B samples, T words, D units of a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.as_data import by_unit
from lrp_engine.attribution.kept_layers import goes_by_words
from lrp_engine.attribution.ledger import HELD, KINDS
from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    import pandas as pd

    from lrp_engine.attribution.explanation import Explanation


def frame(explanation: Explanation, rows: str = "words") -> pd.DataFrame:
    """See `Explanation.to_frame`."""
    import pandas as pd

    if rows not in ROWS:
        raise InputError(f"rows is {rows!r:.40}; choose from {choices(ROWS)}.")
    return pd.DataFrame(ROWS[rows](explanation))


def frames(by_method: Mapping[str, Explanation], rows: str = "words") -> pd.DataFrame:
    """The frames of several methods, one below the other."""
    import pandas as pd

    return pd.concat([frame(one, rows) for one in by_method.values()], ignore_index=True)


def _words(explanation: Explanation) -> dict[str, Any]:
    """Of several inputs, a column `input` says whose word it is, and `position` is its own.

    standard_error is of methods that estimate. Where the numbers of a step have names, a column
    for each says what it received.
    """
    counts = [len(tokens) for tokens in explanation.tokens]

    def of_words(array: np.ndarray) -> np.ndarray:
        return np.concatenate([array[n, :count] for n, count in enumerate(counts)])

    estimated = explanation.standard_error
    return {
        **{name: np.repeat(column, counts) for name, column in _asked(explanation).items()},
        **_places(explanation),
        "token": [token for tokens in explanation.tokens for token in tokens],
        "unknown": of_words(explanation.unknown),
        "padding": of_words(explanation.padding),
        "relevance": of_words(explanation.token_relevance),
        **({} if estimated is None else {"standard_error": of_words(estimated)}),
        **{f"relevance of {name}": of_words(values) for name, values in by_unit(explanation)},
    }


def _texts(explanation: Explanation) -> dict[str, Any]:
    """The account of each text: its parts add up to `score`, with `rounding`."""
    complete = explanation.method_info.completeness == "score"

    def part(values: np.ndarray) -> np.ndarray:
        return values if complete else np.full(len(explanation), np.nan)

    kept = explanation.ledger.by("kind")
    nothing = np.zeros(len(explanation))
    relevance, padding = explanation.token_relevance.sum(axis=1), explanation.padding_relevance
    return {
        **_asked(explanation),
        "probability": _probabilities(explanation),
        "words": explanation.lengths - explanation.padding.sum(axis=1),
        "unknown": explanation.unknown.sum(axis=1),
        "relevance": relevance - padding,
        "padding": padding,
        "initial states": part(explanation.initial_state),
        **{
            (HELD if kind == HELD else title): part(np.asarray(kept.get(kind, nothing)))
            for kind, title in KINDS.items()
        },
        "rounding": explanation.conservation_error,
    }


def _layers(explanation: Explanation) -> dict[str, Any]:
    """Every number of every layer kept; positions of a layer with steps of its own are those."""
    if not explanation.layers:
        raise InputError(
            "No layers were kept; explain with layers=True, or with names: layers=['lstm']."
        )
    parts = [
        _of_layer(explanation, name, relevance) for name, relevance in explanation.layers.items()
    ]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _of_layer(explanation: Explanation, name: str, relevance: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of one layer: relevance (B, T, D) or (B, D)."""
    values, timed = explanation.layer_values[name], relevance.ndim == 3
    words = goes_by_words(explanation, name, relevance)
    steps = relevance.shape[1] if timed else 1
    counts = explanation.lengths if words else np.full(len(explanation), steps)
    if timed and not words:  # steps behind the last with a number only fill up the batch
        filled = (values != 0).any(axis=2) | (relevance != 0).any(axis=2)
        counts = steps - filled[:, ::-1].argmax(axis=1)
    there = np.arange(steps) < counts[:, None]  # (B, T)
    samples, positions = np.nonzero(there)
    units = relevance.shape[-1]

    def flat(array: np.ndarray) -> np.ndarray:
        return (array if timed else array[:, None])[there].reshape(-1)

    tokens = np.full(len(samples), None, object)
    if words:
        tokens[:] = [explanation.tokens[n][at] for n, at in zip(samples, positions, strict=True)]
    columns = {
        **{key: column[samples] for key, column in _asked(explanation).items()},
        "layer": np.full(len(samples), name, object),
        "position": positions.astype(float) if timed else np.full(len(samples), np.nan),
        "token": tokens,
    }
    return {
        **{key: np.repeat(column, units) for key, column in columns.items()},
        "unit": np.tile(np.arange(units), len(samples)),
        "value": flat(values),
        "relevance": flat(relevance),
    }


ROWS: dict[str, Callable[[Explanation], dict[str, Any]]] = {
    "words": _words,
    "texts": _texts,
    "layers": _layers,
}


def _asked(explanation: Explanation) -> dict[str, np.ndarray]:
    """What was asked of each sample and answered, (B,) by column."""
    count = len(explanation)
    predicted: list[str | None] = [None] * count
    if explanation.output_kind.has_classes:
        predicted = [explanation.labels[c] for c in explanation.predicted]
    said: dict[str, list[Any]] = {
        "text": [*explanation.texts],
        "method": [explanation.method] * count,
        "class": predicted,
        "target": [explanation.target_label(n) for n in range(count)],
    }
    return {
        "sample": np.arange(count),
        **{name: np.array(values, object) for name, values in said.items()},
        "score": explanation.explained_score,
    }


def _probabilities(explanation: Explanation) -> np.ndarray:
    """(B,) of the class explained; NaN of a contrast of two, and of values."""
    if explanation.probabilities is None or explanation.target.ndim != 1:
        return np.full(len(explanation), np.nan)
    return np.asarray(explanation.probabilities[np.arange(len(explanation)), explanation.target])


def _places(explanation: Explanation) -> dict[str, Any]:
    """Columns of where words stand."""
    parts, samples = explanation.by_input(), range(len(explanation))
    counts = [len(part.tokens[n]) for n in samples for part in parts.values()]
    places = {"position": np.concatenate([np.arange(count) for count in counts])}
    if not explanation.parts:
        return places
    return {"input": np.repeat([*parts] * len(samples), counts), **places}
