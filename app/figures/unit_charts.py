"""Charts of the input units: those of one word, and the numbers of all steps. Pure."""

from __future__ import annotations

import altair as alt
import numpy as np

from app.figures import tables
from app.figures.axes import ROW, brief, finish, zero
from app.figures.charts import direction, value_title
from app.figures.units import unit_table
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.render.numbers import MINUS, number, vmax_of
from lrp_engine.render.palettes import DEFAULT, NEUTRAL, palette_named
from lrp_engine.render.wording import visible

UNITS_HEIGHT = 150
SIGNS = 0.25  # of the strongest: from there on a field shows its sign


def unit_bars(explanation: Explanation, at: int, *, palette: str = DEFAULT) -> alt.LayerChart:
    """A bar per input unit of the word at a position; the sum of all is the word's value."""
    table, info = unit_table(explanation, at), explanation.method_info
    colours = palette_named(palette)
    table["colour"] = [colours.mark(v, signed=info.signed) for v in table["value"]]
    what = info.value_name
    axis = alt.Axis(labelOverlap=True, labelAngle=0)
    if explanation.unit_names:  # every name is read
        axis = alt.Axis(labelOverlap=False, labelAngle=-35, labelLimit=160)
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("unit:O", title="input unit", sort=None, axis=axis),
            y=alt.Y("value:Q", title=value_title(explanation.unit, what)),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("unit:O", title="input unit"),
                alt.Tooltip("value:Q", title=what, format=".6g"),
            ],
        )
    )
    word = visible(explanation.tokens[0][at])
    title = f"{info.title}: the {len(table)} units of “{brief(word)}”"
    return finish(bars + zero("y"), title, "", UNITS_HEIGHT)


def unit_map(explanation: Explanation, *, palette: str = DEFAULT) -> alt.LayerChart:
    """A field per number of every step, as strong as it is large; all together in the last row."""
    table = tables.unit_table(explanation)
    info, colours = explanation.method_info, palette_named(palette)
    rows = [*table.columns]
    vmax = vmax_of(table.to_numpy())
    cells = table.reset_index(names="step").reset_index(names="place")
    cells = cells.melt(["place", "step"], var_name="unit", value_name="value")
    cells["place"] += 1
    cells["colour"] = [colours.mark(value, signed=info.signed) for value in cells["value"]]
    cells["strength"] = cells["value"].abs() / vmax
    # The sign of what is strong is read without colour, too.
    strong = info.signed & (cells["strength"] >= SIGNS)
    cells["sign"] = np.where(strong, np.where(cells["value"] > 0, "+", MINUS), "")
    cells["direction"] = [direction(explanation, value) for value in cells["value"]]
    fields = (
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X("place:O", title="step", axis=alt.Axis(labelOverlap=True, labelAngle=0)),
            y=alt.Y("unit:N", sort=rows, title=None, axis=alt.Axis(labelLimit=180)),
            color=alt.Color("colour:N", scale=None, legend=None),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("place:O", title="step"),
                alt.Tooltip("unit:N", title="number"),
                alt.Tooltip("value:Q", title=info.value_name, format=".6g"),
                alt.Tooltip("direction:N", title="meaning"),
            ],
        )
    )
    signs = (
        alt.Chart(cells)
        .mark_text(fontWeight="bold")
        .encode(x="place:O", y=alt.Y("unit:N", sort=rows), text="sign:N")
    )
    title = f"{info.title}: {explanation.target_label()}"
    strongest = number(vmax, signed=False)
    note = f"Strongest colour: {'±' if info.signed else ''}{strongest} ({explanation.unit})"
    map_ = finish(fields + signs, title, note, ROW * len(rows))
    return map_.configure_view(stroke=NEUTRAL, strokeOpacity=0.4)  # where little is strong
