"""Explanations -> what `frontend/words.js` draws: plain values, every text unescaped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine import Explanation
from lrp_engine.render.cells import Cell, Legend, cells, legend_of, meaning_of, words_of
from lrp_engine.render.heatmap import variables
from lrp_engine.render.wording import with_noun

HINT = "Click a word, or use the arrow keys; * goes to the strongest"
DROPS = ", Delete drops the word."
STRONGEST = 200  # words that "Strongest word" goes through


def heatmaps(
    explanations: Mapping[str, Explanation],
    *,
    palette: str,
    limits: Mapping[str, float | None],
    substitute: str | None,
    values_shown: bool,
    long: bool,
    pick: int | None,
    index: int = 0,
) -> dict[str, Any]:
    """A row per method: heading, words, legend; and what is picked."""
    rows = []
    for name, explanation in explanations.items():
        facts, vmax = explanation.method_info, limits[name]
        drawn = cells(
            **words_of(explanation, index, vmax=vmax, substitute=substitute), palette=palette
        )
        values = explanation.token_relevance[index, : len(drawn)]
        order = np.argsort(-np.abs(values), kind="stable")[:STRONGEST]
        rows.append(
            {
                "short": facts.short,
                "title": facts.title,
                "meaning": with_noun(facts.meaning, explanation.token_kind),
                "label": f"{facts.title}, {explanation.target_label(index)}",
                "cells": [_cell(cell) for cell in drawn],
                "legend": _legend(
                    legend_of(**meaning_of(explanation, index, vmax=vmax), palette=palette)
                ),
                "order": order.tolist(),
            }
        )
    first = next(iter(explanations.values()))
    tokens, token_kind = first.tokens[index], first.token_kind
    return {
        "rows": rows,
        "noun": token_kind,
        "hint": with_noun(HINT, token_kind) + (DROPS if token_kind == "word" else "."),
        "shown": values_shown,
        "style": variables(palette),
        "long": long,
        "pick": pick,
        "title": hashlib.sha256("\0".join(tokens).encode("utf-8", "replace")).hexdigest(),
    }


def _cell(cell: Cell) -> list[str | bool]:
    return [cell.text, cell.short, cell.label, cell.title, cell.kind, cell.style, cell.unknown]


def _legend(legend: Legend) -> dict[str, Any]:
    return {
        "low": legend.low,
        "steps": [(step.text, step.kind, step.style) for step in legend.steps],
        "high": legend.high,
        "unit": legend.unit,
    }
