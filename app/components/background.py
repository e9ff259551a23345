"""Work in the background on a page: how far it is, what is left, how to stop it."""

from __future__ import annotations

import streamlit as st

from app.state import session
from app.work.job import ACTIVE, RUNNING, Job
from app.work.workers import Workers

SECONDS = 0.5  # between two looks


@st.fragment(run_every=SECONDS)
def watch(workers: Workers, key: str, done: str, *, owners: bool = False) -> None:
    """Looks at a job again and again; the rest of the page is left alone.

    Args:
        done: what has become of its rows, as "explained".
        owners: whether only the session that began it may cancel it.
    """
    job = workers.find(key)
    if job is None or job.state not in ACTIVE:
        st.rerun()
    assert job is not None
    st.progress(min(1.0, job.done / max(1, job.total)), text=sentence(job, done))
    if not owners or job.owner == session.get("visitor"):
        st.button("Cancel", on_click=workers.stop, args=(key,), icon=":material/close:")


def sentence(job: Job, done: str) -> str:
    """Where a job is, as "40 of 130 explained, 212 a second, 3 s left"."""
    if job.stop.is_set():
        return "Stopping …"
    if job.state != RUNNING:
        return "Waiting for its turn: other sets are being explained or measured."
    if not job.done:
        return f"Getting ready: 0 of {job.total:,} {done}"
    parts = [f"{job.done:,} of {job.total:,} {done}"]
    rate, left = job.rate, job.seconds_left
    if rate is not None and left is not None:
        parts += [f"{rate:,.0f} a second" if rate >= 1 else f"{60 * rate:,.0f} a minute",
                  f"{_span(left)} left"]  # fmt: skip
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
