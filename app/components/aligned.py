"""The rows of the Compare page as aligned words: their colours, and what speaks against them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app import settings
from app.compare import grid
from app.components import frontend, scale
from app.components.question import Answer
from app.components.scale import Asked
from app.figures.scales import scales_of
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine import Explanation
from lrp_engine.attribution.checks import doubts_of
from lrp_engine.render.checks import check_sentence
from lrp_engine.render.row import HeatmapRow

LEGENDS_OPEN = 3  # rows whose legends are open from the start


def show(
    explanations: Sequence[Explanation], called: list[str], shared: str, asked: Sequence[Asked]
) -> list[HeatmapRow]:
    """The words of all rows under each other; returns the rows, all of their words.

    Args:
        called: names of the rows; shared: what all of them have in common, said once.
        asked: what is typical for the model of each row.
    """
    if shared:
        st.html(f'<p class="lens-note">{escape(shared)}</p>')
    palette = session.get("palette")
    typical = [scale.typical(e.method, one) for e, one in zip(explanations, asked, strict=True)]
    drawn = scales_of(explanations, typical, shared=session.get("same_scale"))
    numbered = [f"{n}. {name}" for n, name in enumerate(called, 1)]
    rows = grid.aligned_rows(numbered, explanations, palette=palette, scales=drawn)
    start, stop = _part(rows, explanations[0].token_kind)
    label = f"Compared rows, {explanations[0].token_kind}s"
    st.html(grid.html(rows, label=label, start=start, stop=stop))
    frontend.flow()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale.picker([model for model, *_ in asked], explanations[0].token_kind)
        st.toggle(
            "Same scale for rows of the same unit",
            help="Off (the default): each row has a scale of its own. On: equal numbers have equal "
            "colours in all rows that share a unit.",
            **widgets.bind("same_scale"),
        )
    with st.expander("What the colours mean", expanded=len(called) <= LEGENDS_OPEN):
        st.html(grid.legends(rows))
        for name, one in zip(called, explanations, strict=True):
            if said := check_sentence(one):
                st.html(f'<p class="lens-note">{escape(name)}: {escape(said)}</p>')
    return rows


def doubts(explanations: Sequence[Explanation], called: list[str], answer: Answer) -> None:
    """What else speaks against single rows; what holds for all of them stands above."""
    said = "".join(
        f'<p class="lens-note">{escape(f"{name}: {sentence}")}</p>'
        for name, one in zip(called, explanations, strict=True)
        for sentence in one.warnings
        if sentence not in (*answer.explanations.warnings, *doubts_of(one.method_info, one.checks))
    )
    if said:
        st.html(said)


def _part(rows: Sequence[HeatmapRow], token_kind: str) -> tuple[int, int]:
    """Which words are on the screen: all of them, or a part that is picked."""
    words = len(rows[0].cells)
    size = max(1, settings.COMPARE_CELLS // len(rows))
    if words <= size:
        return 0, words
    starts = list(range(0, words, size))
    if session.get("part_at") not in starts:
        session.put("part_at", min(words - 1, session.get("part_at")) // size * size)
    st.selectbox(
        f"{token_kind.capitalize()}s",
        starts,
        format_func=lambda at: f"{at + 1:,} to {min(at + size, words):,} of {words:,}",
        **widgets.bind("part_at", [str(size), str(words)]),
    )
    at, strongest = session.get("part_at"), grid.strongest(rows[0])
    if not at <= strongest < at + size:
        st.button(
            plain(f"Go to the strongest {token_kind}: “{rows[0].cells[strongest].text}”"),
            icon=":material/search:", on_click=session.choose,
            kwargs={"part_at": strongest // size * size},
        )  # fmt: skip
    return at, at + size
