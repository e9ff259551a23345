"""Buttons that download what is on the screen; files are made when asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import settings
from app.compare import export
from app.compare.export import Comparison
from app.components import frontend
from lrp_engine.render.png import rasterized

Make = Callable[[], str | bytes]

PAGE = "Web page"


def button(label: str, make: Make, name: str, kind: str, help: str | None = None) -> None:
    """One file.

    Args:
        name: with its ending. kind: its media type.
    """
    st.download_button(
        label, make, name, kind, icon=":material/download:", on_click="ignore", help=help
    )


def pictures(make: Callable[[], str], name: str, cells: int) -> None:
    """The rows above as SVG, and as PNG where that can be read.

    Args:
        make: the SVG. name: without an ending. cells: words of all rows together.
    """
    button("Picture (SVG)", make, f"{name}.svg", "image/svg+xml",
           "The rows above, for papers: sharp at every size.")  # fmt: skip
    few = cells <= settings.PNG_WORDS
    st.download_button(
        "Picture (PNG)", lambda: rasterized(make()), f"{name}.png", "image/png",
        icon=":material/download:", on_click="ignore", disabled=not few,
        help="The rows above, for slides." if few else
        f"A PNG holds up to {settings.PNG_WORDS:,} words of all rows together, which are "
        f"{cells:,} here; take the SVG.",
    )  # fmt: skip


def of_comparison(one: Comparison) -> None:
    """The rows of Compare in every form, and their link."""
    name = one.file_name
    with st.container(horizontal=True):
        button(PAGE, lambda: export.page(one), f"{name}.html", "text/html",
               "A page of its own: rows, colours, agreement, settings.")  # fmt: skip
        pictures(lambda: export.svg(one), name, len(one.rows) * len(one.rows[0].cells))
        button("Table (CSV)", lambda: export.csv(one), f"{name}.csv", "text/csv",
               "A line per word of each row, with its settings.")  # fmt: skip
        frontend.copy_link(file=PAGE)
