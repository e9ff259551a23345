"""How far compared rows agree: sentences, and a table of all pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from app.compare import agreement
from app.components import drawn
from lrp_engine.render import wording


def show(token_kind: str, pairs: Sequence[agreement.Pair], sentences: Sequence[str]) -> None:
    """Nothing without pairs.

    Args:
        sentences: of the first row with each other one.
    """
    if not pairs:
        return
    about = (
        "Rank agreement is Spearman’s correlation of the sizes: 1 is the same order of words, 0 no "
        "relation, −1 the opposite order. Rows of one unit are compared number by number, rows of "
        "different units after each was divided by its strongest word."
    )
    st.header("How far do they agree?", anchor=False, help=wording.with_noun(about, token_kind))
    listed(sentences)
    with st.expander("All pairs" if len(pairs) > 1 else "As a table"):
        drawn.table(
            agreement.table(pairs),
            hide_index=True,
            column_config={"rank agreement": st.column_config.NumberColumn(format="%.2f")},
        )


def listed(sentences: Iterable[str]) -> None:
    """Sentences as a list."""
    st.html(f'<ul class="lens-said">{"".join(f"<li>{escape(s)}</li>" for s in sentences)}</ul>')
