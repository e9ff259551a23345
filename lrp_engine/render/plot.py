"""Words as bars, drawn by Altair."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrp_engine.errors import InputError
from lrp_engine.render.palettes import palette_named
from lrp_engine.render.row import method_rows, of_one_text

if TYPE_CHECKING:
    import altair as alt

    from lrp_engine.attribution.explanation import Explanation

STEP = 18  # pixels a word takes


def plot(by_method: Mapping[str, Explanation], index: int = 0) -> alt.HConcatChart:
    """One sample's words from top to bottom, a panel per method, each with its own scale.

    Raises:
        InputError: Altair is not installed.
    """
    try:
        import altair as alt
    except ImportError:
        raise InputError("A plot needs Altair; install it with `pip install altair`.") from None
    palette = palette_named(None)
    samples = of_one_text(by_method, index, what="A plot")
    panels = []
    for number, row in enumerate(method_rows(samples)):
        rows = [
            {
                "position": at, "word": cell.text, "relevance": cell.value,
                "colour": palette.mark(cell.value, signed=row.signed),
            }
            for at, cell in enumerate(row.cells)
        ]  # fmt: skip
        names = alt.Axis(
            labelExpr=f"{json.dumps([cell.text for cell in row.cells])}[datum.value]",
            title=None, ticks=False, labels=number == 0,
        )  # fmt: skip
        panels.append(
            alt.Chart(alt.Data(values=rows), title=row.title)
            .mark_bar()
            .encode(
                y=alt.Y("position:O", axis=names),
                x=alt.X("relevance:Q", title=row.legend.unit if row.legend else None),
                color=alt.Color("colour:N", scale=None),
                tooltip=[alt.Tooltip("word:N"), alt.Tooltip("relevance:Q", format=".4f")],
            )
            .properties(height=alt.Step(STEP))
        )
    return alt.hconcat(*panels)
