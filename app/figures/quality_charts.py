"""Charts of a reviewed set: how far confidence is deserved, and the strongest words. Pure."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app.figures.axes import CATEGORIES, ROW, brief, finish, numbered, row_axis, zero
from lrp_engine.render.numbers import number, vmax_of
from lrp_engine.render.palettes import DEFAULT, NEUTRAL, palette_named
from lrp_engine.render.wording import visible

HEIGHT = 260


def calibration(bins: pd.DataFrame) -> alt.LayerChart:
    """Accuracy over confidence, a point a bin with its 95 % interval; the line of equals in grey.

    Args:
        bins: confidence, accuracy, low, high, texts.
    """
    line = (
        alt.Chart(pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]}))
        .mark_line(color=NEUTRAL, strokeDash=[4, 4])
        .encode(x="confidence:Q", y="accuracy:Q")
    )
    share = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="%")
    x = alt.X("confidence:Q", title="mean confidence", scale=share, axis=axis)
    base = alt.Chart(bins)
    spans = base.mark_rule(color=CATEGORIES[0], strokeWidth=2).encode(
        x=x, y=alt.Y("low:Q", title="share that is right", scale=share, axis=axis), y2="high:Q"
    )
    points = base.mark_point(color=CATEGORIES[0], filled=True, opacity=1).encode(
        x=x,
        y=alt.Y("accuracy:Q", scale=share, axis=axis),
        size=alt.Size("texts:Q", legend=None, scale=alt.Scale(range=[40, 320])),
        tooltip=[
            alt.Tooltip("confidence:Q", title="mean confidence", format=".1%"),
            alt.Tooltip("accuracy:Q", title="right", format=".1%"),
            alt.Tooltip("low:Q", title="95 % from", format=".1%"),
            alt.Tooltip("high:Q", title="to", format=".1%"),
            alt.Tooltip("texts:Q", title="texts"),
        ],
    )
    return finish(line + spans + points, "Is the confidence deserved?", "", HEIGHT)


def words(table: pd.DataFrame, label: str, unit: str, *, palette: str = DEFAULT) -> alt.LayerChart:
    """A bar per word with its mean relevance for a class, the strongest of either sign.

    Args:
        table: word, negated, mean, count. label: of the class. unit: of relevance.
    """
    vmax, colours = vmax_of(table["mean"].to_numpy()), palette_named(palette)
    words_shown = [
        f"{'(not) ' if negated else ''}{brief(visible(word))}"
        for word, negated in zip(table["word"], table["negated"], strict=True)
    ]
    shown = table[["mean", "count"]].assign(
        word=words_shown,
        row=numbered(
            f"{word}  {number(mean, vmax=vmax)}"
            for word, mean in zip(words_shown, table["mean"], strict=True)
        ),
        colour=[colours.mark(mean, signed=True) for mean in table["mean"]],
    )
    bars = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("mean:Q", title=f"mean relevance ({unit})"),
            y=row_axis(),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("word:N"),
                alt.Tooltip("mean:Q", title="mean relevance", format=".4g"),
                alt.Tooltip("count:Q", title="times"),
            ],
        )
    )
    return finish(bars + zero(), f"Words for and against {label}", "", ROW * len(shown))
