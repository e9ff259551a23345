"""A set at work: how far it is, how to stop it, how to go on."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components.guard import guard
from app.components.review.common import delete_set, open_set
from app.models.model import Model
from app.review.job import ACTIVE, FAILED, RUNNING, Job
from app.review.sets import Set
from app.state import session
from app.text.markdown import plain

SECONDS = 0.5  # between two looks


def show(one: Set, model: Model) -> None:
    job = cache.jobs().find(one.id)
    st.header(plain(one.name), anchor=False)
    if job is not None and job.state in ACTIVE:
        watch(one.id)
        st.caption(
            "This goes on while you are elsewhere: on another page, or away. The address of this "
            "page leads back to it."
        )
        return
    if job is not None and job.state == FAILED:
        st.error(plain(job.problem), icon=":material/error:")
    else:
        st.info(
            "This set is not explained to its end: it was cancelled, or the server was started "
            "anew. What is explained is kept."
        )
    with st.container(horizontal=True):
        if st.button("Go on", type="primary", icon=":material/play_arrow:"):
            with guard():
                cache.jobs().start(one, model.network, owner=session.get("visitor"))
                st.rerun()
        st.button("Begin another set", on_click=open_set, args=("",))
        st.button("Delete this one", on_click=delete_set, args=(one,))


@st.fragment(run_every=SECONDS)
def watch(key: str) -> None:
    """Looks at the job again and again; the rest of the page is left alone."""
    job = cache.jobs().find(key)
    if job is None or job.state not in ACTIVE:
        st.rerun()
    assert job is not None
    st.progress(min(1.0, job.done / job.set.rows), text=sentence(job))
    st.button("Cancel", on_click=cache.jobs().stop, args=(key,), icon=":material/close:")


def sentence(job: Job) -> str:
    """Where a job is, as "40 of 130 explained, 212 a second, 3 s left"."""
    if job.stop.is_set():
        return "Stopping …"
    if job.state != RUNNING:
        return "Waiting for its turn: other sets are being explained."
    if not job.done:
        return f"Getting ready: 0 of {job.set.rows:,} explained"
    parts = [f"{job.done:,} of {job.set.rows:,} explained"]
    rate, left = job.rate, job.seconds_left
    if rate is not None and left is not None:
        parts += [f"{rate:,.0f} a second" if rate >= 1 else f"{60 * rate:,.0f} a minute",
                  f"{_span(left)} left"]  # fmt: skip
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
