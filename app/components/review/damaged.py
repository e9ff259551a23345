"""A set that is not what was written: which files, and how to have them again."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components.guard import guard
from app.components.review.common import delete_set, open_set
from app.models.model import Model
from app.review.damage import DamagedError
from app.review.sets import Set
from app.state import session
from app.text.markdown import plain


def show(one: Set, error: DamagedError, model: Model) -> None:
    st.header(plain(one.name), anchor=False)
    st.error(plain(str(error)), icon=":material/error:")
    with st.container(horizontal=True):
        if error.mendable and st.button(
            "Explain the damaged part again", type="primary", icon=":material/healing:"
        ):
            with guard():
                cache.jobs().mend(one, model.network, owner=session.get("visitor"))
                st.rerun()
        st.button("Begin another set", on_click=open_set, args=("",))
        st.button("Delete this one", on_click=delete_set, args=(one,))
