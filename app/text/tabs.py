"""Titles of browser tabs: what is asked about, on which page. Pure."""

from __future__ import annotations

from app.navigation import View
from lrp_engine.render.wording import visible

NAME = "LRP Lens"
ABOUT = 40  # characters
TEXT_VIEWS = (View.EXPLAIN, View.COMPARE, View.CONSERVATION)  # which ask about one text


def title(view: View, *, text: str, model: str) -> str:
    """What a tab says, as "neither funny nor … · Explain · LRP Lens".

    Args:
        text: that is asked about; "" where there is none. model: what it is called.
    """
    about = visible(" ".join((text if text and view in TEXT_VIEWS else model).split()))
    if len(about) > ABOUT:
        about = f"{about[:ABOUT].rsplit(' ', 1)[0]} …"
    return " · ".join(part for part in (about, view.title, NAME) if part)
