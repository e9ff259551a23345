"""Charts on a page, as large as those who look at them need."""

from __future__ import annotations

import streamlit as st

from app.figures.axes import Chart, large
from app.state import session


def chart(figure: Chart, *, alt: str, projected: bool = False) -> None:
    """A chart with what it shows, in words.

    Args:
        projected: letters to be read from the back of a room; in presenter mode always.
    """
    present = session.get("present")
    st.altair_chart(large(figure, present=present) if projected or present else figure, alt=alt)
