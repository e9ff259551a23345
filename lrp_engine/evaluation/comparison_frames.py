"""A comparison of two networks as tables: a row per text, or a row per word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    import pandas as pd

    from lrp_engine.evaluation.comparison import Comparison


def frame(comparison: Comparison, rows: str) -> pd.DataFrame:
    """See `Comparison.to_frame`."""
    import pandas as pd

    if rows not in ROWS:
        raise InputError(f"rows is {rows!r:.40}; choose from {choices(ROWS)}.")
    return pd.DataFrame(ROWS[rows](comparison))


def _texts(comparison: Comparison) -> dict[str, Any]:
    both = zip(comparison.names, (comparison.a, comparison.b), strict=True)
    frames = {name: e.to_frame("texts") for name, e in both}
    first = next(iter(frames.values()))
    return {
        "sample": first["sample"],
        "text": first["text"],
        **{f"{column} {name}": one[column] for column in ("class", "probability", "target", "score")
           for name, one in frames.items()},
        "rank_agreement": comparison.rank_agreement,
        "common words": [len(places) for places in comparison.common],
        "furthest apart": [_apart(comparison, n) for n in range(len(comparison))],
    }  # fmt: skip


def _apart(comparison: Comparison, index: int) -> str:
    """The word that both read and differ most at; "" where they read none in common."""
    places = comparison.common[index]
    if not places:
        return ""
    one, other = comparison.values(index)
    return comparison.a.tokens[index][places[int(np.abs(one - other).argmax())][0]]


def _words(comparison: Comparison) -> dict[str, Any]:
    """Those of a in their order, words that b alone reads behind them."""
    rows = [row for n in range(len(comparison)) for row in _of_text(comparison, n)]
    names = comparison.names
    columns = ("sample", f"position {names[0]}", f"position {names[1]}", "token",
               f"relevance {names[0]}", f"relevance {names[1]}")  # fmt: skip
    return {name: [row[at] for row in rows] for at, name in enumerate(columns)}


def _of_text(comparison: Comparison, index: int) -> list[tuple[Any, ...]]:
    a, b = comparison.a, comparison.b
    to_b = dict(comparison.common[index])
    alone = sorted({*range(len(b.tokens[index]))} - {*to_b.values()})
    one, other = a.token_relevance[index], b.token_relevance[index]
    rows: list[tuple[Any, ...]] = []
    for n, token in enumerate(a.tokens[index]):
        m = to_b.get(n)
        rows.append((index, n, m, token, one[n], np.nan if m is None else other[m]))
    return rows + [(index, None, m, b.tokens[index][m], np.nan, other[m]) for m in alone]


ROWS: dict[str, Callable[[Comparison], dict[str, Any]]] = {"texts": _texts, "words": _words}
