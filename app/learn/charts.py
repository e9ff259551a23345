"""The lesson's charts. Pure, like `app.figures.charts`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from app.figures.axes import (
    CATEGORIES,
    ROW,
    finish,
    numbered,
    place,
    row_axis,
    series,
    step_axis,
    zero,
)
from lrp_engine.render.numbers import number, vmax_of
from lrp_engine.render.palettes import NEUTRAL, palette_named

HEIGHT = 240


def parts(
    rows: Sequence[tuple[str, float]], title: str, *, palette: str, span: float | None = None
) -> alt.LayerChart:
    """A bar per part, its number in its label; `span`: half the width of the axis, if fixed."""
    colours = palette_named(palette)
    vmax = vmax_of(np.array([value for _, value in rows]))
    table = pd.DataFrame(rows, columns=["part", "value"])
    table["row"] = numbered(f"{part}  {number(value, vmax=vmax)}" for part, value in rows)
    table["colour"] = [colours.mark(value, signed=True) for _, value in rows]
    scale = alt.Undefined if span is None else alt.Scale(domain=[-span, span])
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title="relevance", scale=scale),
            y=row_axis(),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("part:N"),
                alt.Tooltip("value:Q", title="relevance", format=".6g"),
            ],
        )
    )
    return finish(bars + zero(), title, "", ROW * (len(table) + 1))


def prefixes(words: Sequence[str], scores: np.ndarray, title: str) -> alt.LayerChart:
    """The score if the sentence ended after each word."""
    table = pd.DataFrame({"word": words, "score": scores, "at": range(len(words))})
    table["step"] = numbered(words)
    line = (
        alt.Chart(table)
        .mark_line(
            color=CATEGORIES[0],
            strokeWidth=3,
            point=alt.OverlayMarkDef(size=90, color=CATEGORIES[0]),
        )
        .encode(
            x=step_axis("word"),
            y=alt.Y("score:Q", title="score so far"),
            tooltip=["word:N", alt.Tooltip("score:Q", format=".6g")],
        )
    )
    return finish(line + zero("y"), title, "", HEIGHT)


def travelling(table: pd.DataFrame, title: str, *, pick: int | None = None) -> alt.LayerChart:
    """Relevance that arrives at each step, a line per direction; a bar marks the picked word."""
    table = table.assign(step=numbered_again(table))
    line = (
        alt.Chart(table)
        .mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=90))
        .encode(
            x=step_axis("word"),
            y=alt.Y("arriving:Q", title="relevance on its way"),
            **series("direction:N", table["direction"].unique().tolist(), title="reading"),
            tooltip=["word:N", "direction:N", alt.Tooltip("arriving:Q", format=".6g")],
        )
    )
    drawn = line + zero("y")
    if pick is not None:
        mark = alt.Chart(table[table["position"] == pick].head(1)).mark_rule(
            color=NEUTRAL, strokeWidth=18, opacity=0.25
        )
        drawn += mark.encode(x=step_axis("word"))
    return finish(drawn, title, "", HEIGHT)


def delivered(table: pd.DataFrame, title: str) -> alt.LayerChart:
    """Relevance that each word receives, by direction."""
    table = table.assign(step=numbered_again(table), value=table["to the word"])
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=step_axis("word"),
            y=alt.Y("value:Q", title="relevance of the word"),
            xOffset=alt.XOffset("direction:N"),
            color=_directions(table),
            tooltip=["word:N", "direction:N",
                     alt.Tooltip("value:Q", title="relevance", format=".6g")],
        )
    )  # fmt: skip
    return finish(bars + zero("y"), title, "", HEIGHT)


def numbered_again(table: pd.DataFrame) -> pd.Series:
    """Words told apart by their positions, which repeat for every direction."""
    words = zip(table["position"], table["word"], strict=True)
    return pd.Series([place(n, word) for n, word in words], index=table.index)


def _directions(table: pd.DataFrame) -> alt.Color:
    ways = table["direction"].unique().tolist()
    return alt.Color(
        "direction:N",
        title="reading",
        scale=alt.Scale(domain=ways, range=list(CATEGORIES[: len(ways)])),
        legend=alt.Legend(symbolType="square", orient="top"),
    )
