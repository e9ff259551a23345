"""How far the explanations of a set may be believed: measured on request, by row."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components import background
from app.components.guard import guard
from app.components.review.common import Desk
from app.review import faithful
from app.review.methods import MAIN
from app.state import session
from app.text.markdown import plain
from app.work.job import ACTIVE, FAILED, Job
from lrp_engine import METHODS


def control(desk: Desk) -> None:
    """What it costs and a button; or, where it was measured, what came of it."""
    job = cache.jobs().find(desk.set.id)
    if job is not None and job.state in ACTIVE:
        return
    with st.popover("Faithfulness", icon=":material/experiment:"):
        if desk.set.measured:
            _result(desk)
        else:
            _offer(desk)


def progress(desk: Desk) -> None:
    """How far it is, while the set can be reviewed; or why it ended."""
    job = cache.jobs().find(desk.set.id)
    if job is not None and job.state in ACTIVE:
        background.watch(cache.jobs().workers, desk.set.id, "measured")
    elif job is not None and _failed(job, desk):
        st.error(plain(job.problem), icon=":material/error:")


def _failed(job: Job, desk: Desk) -> bool:
    return job.state == FAILED and not desk.set.measured


def _result(desk: Desk) -> None:
    summary = desk.tables.summary
    st.markdown(f"How far you can trust {METHODS[MAIN].short}’s explanations of this set:")
    for one in faithful.FAITHFUL:
        st.markdown(plain(one.sentence(summary)))
        st.caption(plain(one.meaning))
    st.caption(
        "The list and the exports hold these numbers for every row, and the list can be ordered by "
        "them. In a single row the random order is one draw: it can win by luck."
    )


def _offer(desk: Desk) -> None:
    words = desk.tables.summary["words"]
    total = int(words.sum())
    read = faithful.words_read(words)
    st.markdown(
        "This measures, for each row, how the probability changes when the most relevant words are "
        "left out (comprehensiveness) or kept alone (sufficiency), and whether the ranking of "
        "words agrees with leaving out each word (occlusion). A random ranking stands beside each "
        "number."
    )
    st.caption(
        f"The model reads up to {read:,} words for this, {read / max(1, total):,.0f} times the "
        "words of this set. It runs in the background: you can keep reviewing, or cancel it."
    )
    if desk.model is None:
        st.info("The model of this set is not loaded here: load it on the Model page first.")
        return
    if st.button("Measure these explanations", type="primary", icon=":material/play_arrow:"):
        with guard():
            cache.jobs().measure(desk.set, desk.model.network, owner=session.get("visitor"))
            st.rerun()
