"""What every chart is made of: rows with a label each, time axes, zero lines, titles. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any, TypeVar

import altair as alt
import pandas as pd

from lrp_engine.render.palettes import NEUTRAL

Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)

ROW = 24  # pixels of a bar with its gap
FRAME = 110  # of title and axis: Streamlit fits them into the chart's height
TICKS = 5  # of an axis of values, about
LETTERS = 14  # pixels, to be read from a distance
ROOM = 18  # pixels, to be read from the back of a room
TITLE = 34  # characters of a title's line on a phone
LETTER = 7.2  # pixels of a title's letter
NAME = 22  # characters of a word in a label: on a phone the bars need room too

# Told apart with any colour vision, at least 3:1 on either theme (Okabe and Ito 2008).
CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#c46b99", "#a67c00", NEUTRAL)

# Rows are told apart by their number in front of the label, so repeated words stay apart.
_DIGITS = 6
_LABEL = f"split(slice(datum.value, {_DIGITS}), '\\n')"


def brief(word: str, token_kind: str = "word") -> str:
    """A word short enough for a label; of a feature its name, without its number."""
    if token_kind == "feature":
        name, separator, _ = word.rpartition(" = ")
        word = name if separator else word
    return word if len(word) <= NAME else f"{word[: NAME - 1]}…"


def counted(position: int, word: str, token_kind: str = "word") -> str:
    """A word told apart from others that read the same; features and steps are already."""
    return f"{position + 1}. {brief(word)}" if token_kind == "word" else brief(word, token_kind)


def place(number: int, label: str) -> str:
    """A label of `row_axis` or `step_axis`; of another number it is another row."""
    return f"{number:0{_DIGITS}d}{label}"


def numbered(labels: Iterable[Any]) -> list[str]:
    """A place for every label, apart even where they read the same."""
    return [place(n, label) for n, label in enumerate(labels)]


def row_axis() -> alt.Y:
    """A row per label of the column `row`; the labels say what they are, so there is no title."""
    axis = alt.Axis(
        title=None, labelExpr=_LABEL, labelLimit=260, labelOverlap=False, ticks=False, domain=False
    )
    return alt.Y("row:N", sort=None, axis=axis)


def time_title(token_kind: str) -> str:
    """Title of a time axis."""
    return "time step" if token_kind == "step" else f"{token_kind} at the time step"


def step_axis(title: str) -> alt.X:
    """A place on the time axis per label of the column `step`."""
    axis = alt.Axis(
        title=title, labelExpr=_LABEL, labelLimit=90, labelAngle=-60, labelOverlap=False
    )
    return alt.X("step:N", sort=None, axis=axis)


def zero(channel: str = "x") -> alt.Chart:
    """A line at zero, upright (`x`) or level (`y`)."""
    rule = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=NEUTRAL)
    return rule.encode(**{channel: "zero:Q"})


def series(
    field: str, names: list[str], *, title: str | None = None, columns: int | None = None
) -> dict[str, Any]:
    """Colour and dashes of lines, told apart by either, with one legend for both."""
    legend = alt.Legend(
        title=title, orient="top", columns=columns or len(names), labelLimit=180,
        symbolType="stroke", symbolSize=400, symbolStrokeWidth=3,
    )  # fmt: skip
    colours = alt.Scale(domain=names, range=list(CATEGORIES[: len(names)]))
    return {
        "color": alt.Color(field, scale=colours, legend=legend),
        "strokeDash": alt.StrokeDash(field, scale=alt.Scale(domain=names), legend=legend),
    }


def finish(chart: Chart, title: str, note: str, height: int) -> Chart:
    """Title, size, and room for the last number of an axis."""
    finished = chart.properties(
        title=alt.Title(_lines(title, note)), height=FRAME + height, width="container",
        padding={"left": 0, "top": 0, "right": 14, "bottom": 10},
    )  # fmt: skip
    # The title of an axis stays whole however short the axis is.
    axes = finished.configure_axis(labelFlush=False, tickCount=TICKS)
    styled: Chart = axes.configure_axisX(titleAnchor="end")
    return styled


def _lines(title: str, note: str) -> list[str] | alt.ExprRef:
    """Lines of a title: where the chart is too narrow for it, it goes on in the next one."""
    # Streamlit's dark theme leaves a subtitle black, and long lines are cut.
    wide, narrow = ([*lines, *([note] if note else [])]
                    for lines in ([title], textwrap.wrap(title, TITLE)))  # fmt: skip
    if len(narrow) == len(wide):
        return wide
    enough = LETTER * len(title)
    return alt.ExprRef(f"width > {enough:.0f} ? {json.dumps(wide)} : {json.dumps(narrow)}")


def large(chart: Chart, *, present: bool = False) -> Chart:
    """The same chart for a projector, or for a whole room."""
    size = ROOM if present else LETTERS
    axes = chart.configure_axis(
        labelFlush=False, tickCount=TICKS, labelFontSize=size, titleFontSize=size
    )
    styled: Chart = axes.configure_legend(labelFontSize=size, titleFontSize=size)
    return styled
