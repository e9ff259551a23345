"""Heatmaps as escaped HTML: readable without colour, without a mouse, in light and dark.

Fragments carry their own style and follow Streamlit's theme, or the browser's where there is none.
They hold no script and no event handler.
"""

from __future__ import annotations

from lrp_engine.render import templates
from lrp_engine.render.row import HeatmapRow


def css() -> str:
    """The style of words and legends."""
    return templates.render("heatmap.css")


def heatmap(row: HeatmapRow, *, values_shown: bool = True) -> str:
    """A row, and its legend where it has one, as an HTML fragment with its style.

    Sign shows without colour: a solid line under positive words, a dashed one under negative ones,
    thicker for larger values. Each word takes the keyboard's focus and says its value.

    Args:
        values_shown: write each value under its word.
    """
    return templates.fragment("heatmap.html", "fragment")(row, values_shown)
