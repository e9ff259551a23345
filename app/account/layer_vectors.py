"""Relevance as vectors: of each layer with its account, of steps by unit, beside what is known.

Pure: no Streamlit. Axes: T steps, E numbers of a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from app.account import flow
from app.compare import grid
from app.models.model import Known
from lrp_engine import Explanation, Explanations, Network
from lrp_engine.render.heatmap import heatmap
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.unit_rows import unit_rows
from lrp_engine.render.wording import visible


@dataclass(frozen=True, kw_only=True)
class Vector:
    """Relevance at a layer's output.

    Attributes:
        name: of the layer; units: names of its numbers, n of them; values: (n,).
        sentence: their sum, and where it goes.
    """

    name: str
    units: tuple[str, ...]
    values: np.ndarray
    sentence: str


def of_layers(network: Network, explanation: Explanation) -> list[Vector]:
    """The input and every layer without time steps, in the order of computation.

    Needs an explanation made with `layers=True`.
    """
    account = {row["layer"]: row for row in flow.checks(network, explanation).to_dict("records")}
    token_kind = explanation.token_kind
    words = explanation.token_relevance[0, : len(explanation.tokens[0])]
    vectors = [
        Vector(
            name=f"Input: {len(words)} {token_kind}s",
            units=tuple(map(visible, explanation.tokens[0])),
            values=words,
            sentence=f"They sum to {number(float(words.sum()))}.",
        )
    ]
    for node in network.nodes:
        array = explanation.layers[node.name]
        if array.ndim != 2:
            continue
        values = array[0].astype(np.float64)
        count = len(values)
        vectors.append(
            Vector(
                name=f"{node.name}: {count} unit{'s' if count > 1 else ''}",
                units=tuple(f"unit {n}" for n in range(count)),
                values=values,
                sentence=_goes(float(values.sum()), account.get(node.name)),
            )
        )
    return vectors


def _goes(total: float, row: Mapping[Any, Any] | None) -> str:
    first = f"Sum {number(total)}"
    if row is None:  # layers that read the same are accounted for together
        return f"{first}."
    states = (
        f", {number(row['initial states'])} goes to its initial states"
        if row["initial states"]
        else ""
    )
    return (
        f"{first}: {number(row['handed on'])} is handed on to what it reads{states}, "
        f"{number(row['kept'])} is kept by its biases and stabilizers."
    )


def html(vector: Vector, *, palette: str) -> str:
    """A vector as a heatmap; of many units the names are left out."""
    row = HeatmapRow.of_values(
        vector.units,
        vector.values,
        signed=True,
        palette=palette,
        label=f"Relevance at {vector.name}",
    )
    note = f'<p class="lens-note"><b>{escape(vector.name)}</b>. {escape(vector.sentence)}</p>'
    return note + heatmap(row)


def by_unit(explanation: Explanation, *, palette: str) -> str:
    """Steps by the numbers of a step, one scale for all, and a row of totals; as HTML."""
    rows = unit_rows(explanation, palette=palette, together="together")
    title = explanation.method_info.title
    return grid.html(rows, label=f"{title} by the numbers of each step, steps")


# What is known ------------------------------------------------------------------------------


def marked(known: Known, values: np.ndarray) -> np.ndarray:
    """Which steps (T,) count, of an input (T, E)."""
    return values[:, known.marks] != 0


def shares(known: Known, values: np.ndarray, explanations: Explanations) -> pd.DataFrame:
    """One row per method: its share of all |relevance| at the steps that count.

    Columns: method, share, `by chance` (what equal values everywhere would give).
    """
    there = marked(known, values)
    rows = []
    for one in explanations.values():
        sizes = np.abs(one.token_relevance[0, : len(values)])
        total = float(sizes.sum())
        rows.append((one.method_info.short, float(sizes[there].sum()) / total if total else np.nan))
    table = pd.DataFrame(rows, columns=["method", "share"])
    return table.assign(**{"by chance": float(there.mean())})


def sentences(known: Known, values: np.ndarray, explanations: Explanations) -> list[str]:
    """What is known of the right answer, and how near each method comes, computed now."""
    there, amounts = marked(known, values), values[:, known.amount]
    if not there.any():
        return [known.sentence, "No step is marked here, so nothing should receive relevance."]
    lines = [known.sentence]
    right = " and ".join(number(x) for x in amounts[there])
    lines.append(
        f"Here these are {right}, together {number(float(amounts[there].sum()))}; the score is "
        f"{number(float(explanations.scores[0, known.target]))}."
    )
    table = shares(known, values, explanations)
    parts = ", ".join(
        f"{row['method']} {percentage(row['share'])}" for row in table.to_dict("records")
    )
    lines.append(
        f"The marked steps get this share of each method's values: {parts}. Equal values "
        f"everywhere would give them {percentage(float(there.mean()))}."
    )
    for one in explanations.values():
        if one.method_info.completeness == "score" and _asked(known, one):
            given = " and ".join(number(x) for x in one.token_relevance[0, : len(values)][there])
            lines.append(f"{one.method_info.short} gives the marked steps {given}.")
    return lines


def _asked(known: Known, one: Explanation) -> bool:
    return np.atleast_1d(one.target[0]).tolist() == [known.target]
