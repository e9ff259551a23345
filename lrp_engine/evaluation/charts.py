"""Curves of an evaluation, drawn by Altair: a line and a band per explainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from lrp_engine.errors import InputError, choices
from lrp_engine.evaluation import frames

if TYPE_CHECKING:
    from lrp_engine.evaluation.result import Evaluation


def curve(evaluation: Evaluation, measure: str) -> alt.LayerChart:
    """See `Evaluation.chart`."""
    info = evaluation.info(measure)
    if not info.axis:
        able = choices(name for name in evaluation.measures if evaluation.info(name).axis)
        raise InputError(f"{info.title!r} has no curve; choose from {able}.")
    frame = frames.curves(evaluation, [measure])
    names = {(one.method, one.rule): one.name for one in evaluation.explainers}
    frame = frame.assign(
        explainer=[names[key] for key in zip(frame["method"], frame["rule"], strict=True)]
    )
    named = any(isinstance(point, str) for point in evaluation.points[measure])
    point = f"point:{'O' if named else 'Q'}"
    x = alt.X(point, title=info.axis, sort=None)
    order = list(dict.fromkeys(frame["explainer"]))
    colour = alt.Color("explainer:N", title=None, sort=order)
    base = alt.Chart(frame, title=info.title)
    zero = alt.Scale(zero=False)
    band = base.mark_area(opacity=0.2).encode(
        x=x, y=alt.Y("low:Q", scale=zero, title=""), y2="high:Q", color=colour
    )
    line = base.mark_line(point=True).encode(
        x=x, y=alt.Y("value:Q", scale=zero, title=""), color=colour,
        tooltip=["explainer:N", point,
                 alt.Tooltip("value:Q", format=".3f"),
                 alt.Tooltip("low:Q", format=".3f"), alt.Tooltip("high:Q", format=".3f"), "n:Q"],
    )  # fmt: skip
    return alt.LayerChart(layer=[band, line])
