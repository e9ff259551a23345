"""Rows of a heatmap for the named numbers of the steps, as of sensors: one for each, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrp_engine.attribution.as_data import by_unit
from lrp_engine.render.numbers import vmax_of
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation


def unit_rows(
    explanation: Explanation, *, palette: str | None = None, together: str = ""
) -> list[HeatmapRow]:
    """A row per named number of the first sample's steps, in one scale of colour.

    Nothing where they have no names, or the method no values for them.

    Args:
        together: what to call a last row of their sums; "" for none.
    """
    info, count = explanation.method_info, len(explanation.tokens[0])
    rows = [(name, values[0, :count]) for name, values in by_unit(explanation)]
    if rows and together:
        rows.append((together, explanation.token_relevance[0, :count]))
    vmax = vmax_of(*(values for _, values in rows))
    return [
        HeatmapRow.of_values(
            explanation.tokens[0],
            values,
            signed=info.signed,
            value_name=info.value_name,
            palette=palette,
            vmax=vmax,
            name=visible(name),
            label=f"{info.title}, {visible(name)}",
        )
        for name, values in rows
    ]
