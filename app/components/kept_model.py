"""An uploaded model on the server's disk: until when, who can open it, how to delete it."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.models.model import Model
from app.state import session_models
from app.text.dates import day


def show(selected: Model) -> None:
    """Below a model's facts; nothing of a model that everybody has, or that is not kept."""
    model = session_models.brought(selected)
    known = cache.kept_models().described(model.key) if model.key else None
    if known is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Kept on this server until {day(known.until)}, and longer where somebody opens it. "
            "The address of this page is the key to it: whoever has it can use and delete this "
            "model."
        )
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown("Deletes the files of this model from the server.")
            st.button("Delete this model for good", on_click=session_models.delete, args=(model,))
