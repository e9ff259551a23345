"""Heatmap rows -> what `frontend/words.js` draws: plain values, every text unescaped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrp_engine.render.legend import Legend
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import with_noun

HINT = "Click a word for details. Keys: arrows move, * goes to the strongest, Escape closes"
TAP = "Tap a word for details."  # where there are no keys
DROPS = ", Delete drops the word."
STRONGEST = 200  # words that "Strongest word" goes through


def component_data(
    rows: Sequence[HeatmapRow],
    *,
    values_shown: bool,
    long: bool,
    pick: int | None,
    overview: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A row per method of the same words: heading, words, legend; and what is picked.

    Args:
        overview: of a long text, see `app.figures.overview.data`; with the `row` it is of.
    """
    first = rows[0]
    kind = first.token_kind
    return {
        "rows": [_row(row) for row in rows],
        "noun": kind,
        "hint": with_noun(HINT, kind) + (DROPS if kind == "word" else "."),
        "tap": with_noun(TAP, kind),
        "shown": values_shown,
        "style": first.palette.css_variables,
        "long": long,
        "direction": first.direction,
        "pick": pick,
        "overview": overview,
        "title": hashlib.sha256("\0".join(first.tokens).encode("utf-8", "replace")).hexdigest(),
    }


def _row(row: HeatmapRow) -> dict[str, Any]:
    sizes = np.where(row.padding, -1, np.abs(row.values))  # no word, and last of all
    order = np.argsort(-sizes, kind="stable")[: min(STRONGEST, len(sizes) - int(row.padding.sum()))]
    return {
        "short": row.name,
        "title": row.title,
        "meaning": row.meaning,
        "label": row.label,
        "cells": row.plain_cells,
        "legend": _legend(row.legend) if row.legend else None,
        "order": order.tolist(),
    }


def _legend(legend: Legend) -> dict[str, Any]:
    return {
        "low": legend.low,
        "steps": [(step.text, step.css_class, step.style) for step in legend.steps],
        "high": legend.high,
        "unit": legend.unit,
        "scale": legend.scale,
    }
