"""Curves of measured explanations: a line and a band for each, random orders in grey. Pure."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app.figures.axes import CATEGORIES, finish
from lrp_engine.render.palettes import NEUTRAL

HEIGHT = 260
# Lines are told apart by their dashes as well, also where one lies upon another.
DASHES = ([1, 0], [9, 3], [2, 2], [10, 3, 2, 3])
RANDOM_DASHES = [4, 4]
LONG = 16  # letters of a name; of longer ones two share a line of the legend


def curve(
    points: pd.DataFrame, *, title: str, axis: str, value: str, random: str, named: bool
) -> alt.LayerChart:
    """A curve with its bands.

    Args:
        points: explainer, point, value, low, high. named: whether points are names, in order.
        axis, value: what the axes count. random: what a random order is called among explainers.
    """
    names = points["explainer"].unique().tolist()
    colours = [colour for colour in CATEGORIES if colour != NEUTRAL]
    others = [name for name in names if name != random]
    at = {name: n for n, name in enumerate(others)}
    scale = alt.Scale(
        domain=names,
        range=[NEUTRAL if n == random else colours[at[n] % len(colours)] for n in names],
    )
    dashes = alt.Scale(
        domain=names,
        range=[RANDOM_DASHES if n == random else DASHES[at[n] % len(DASHES)]
               for n in names],
    )  # fmt: skip
    legend = alt.Legend(
        title=None, orient="top", labelLimit=240, columns=2 if max(map(len, names)) > LONG else 3,
        symbolType="stroke", symbolSize=400, symbolStrokeWidth=3, symbolOpacity=1,
    )  # fmt: skip
    colour = alt.Color("explainer:N", scale=scale, legend=legend, sort=names)
    step = 1 if pd.api.types.is_integer_dtype(points["point"]) else 0.1
    x = alt.X(
        f"point:{'O' if named else 'Q'}", title=axis, sort=None,
        axis=alt.Axis(labelLimit=110, labelAngle=-30) if named else alt.Axis(tickMinStep=step),
    )  # fmt: skip
    y = alt.Scale(zero=False)
    base = alt.Chart(points)
    band = base.mark_area(opacity=0.15).encode(
        x=x, y=alt.Y("low:Q", scale=y, title=value), y2="high:Q", color=colour
    )
    line = base.mark_line(point=True, strokeWidth=2.5).encode(
        x=x,
        y=alt.Y("value:Q", scale=y, title=value),
        color=colour,
        strokeDash=alt.StrokeDash("explainer:N", scale=dashes, legend=legend, sort=names),
        tooltip=[
            alt.Tooltip("explainer:N", title="explanation"),
            alt.Tooltip("point:N" if named else "point:Q", title=axis),
            alt.Tooltip("value:Q", title="mean", format=".3f"),
            alt.Tooltip("low:Q", title="95 % from", format=".3f"),
            alt.Tooltip("high:Q", title="to", format=".3f"),
        ],
    )
    return finish(band + line, title, "", HEIGHT)
