"""A set at work: how far it is, how to stop it, how to go on."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components import background
from app.components.guard import guard
from app.components.review.common import delete_set, open_set
from app.models.model import Model
from app.review.sets import Set
from app.state import session
from app.text.markdown import plain
from app.work.job import ACTIVE, FAILED


def show(one: Set, model: Model) -> None:
    job = cache.jobs().find(one.id)
    st.header(plain(one.name), anchor=False)
    if job is not None and job.state in ACTIVE:
        background.watch(cache.jobs().workers, one.id, "explained")
        st.caption(
            "You can leave this page: the work goes on, and the address of the page leads back to "
            "it."
        )
        return
    if job is not None and job.state == FAILED:
        st.error(plain(job.problem), icon=":material/error:")
    else:
        st.info(
            "This set is not fully explained: it was cancelled, or the server restarted. The rows "
            "that are explained are kept."
        )
    with st.container(horizontal=True):
        if st.button("Go on", type="primary", icon=":material/play_arrow:"):
            with guard():
                cache.jobs().start(one, model.network, owner=session.get("visitor"))
                st.rerun()
        st.button("Begin another set", on_click=open_set, args=("",))
        st.button("Delete this one", on_click=delete_set, args=(one,))
