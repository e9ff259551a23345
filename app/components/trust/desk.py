"""The whole page: something to measure, a measurement at work, or what came of one."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components import background
from app.components.guard import guard
from app.components.layout import Page
from app.components.trust import form, result
from app.models.model import Model
from app.state import session
from app.text.markdown import plain
from app.work.job import ACTIVE, FAILED, STOPPED, Job

INTRODUCTION = (
    "Methods disagree about which words matter. Here each is put to the test on real texts: the "
    "words that it ranks first are left out, and the model is asked again. The method whose words "
    "change the answer most is the most faithful; a random order is shown for comparison."
)
GONE = (
    "What this address leads to is not kept here: the server makes room for newer measurements, or "
    "has lost its file. Measure again; the same choices give the same numbers."
)


def show(page: Page) -> None:
    model = page.model
    key: str = session.get("measured")
    shown = cache.measured(key) if key else None
    if shown is not None:
        result.show(key, shown, model, lambda: _form(model))
        return
    job = cache.evaluations().workers.find(key) if key else None
    if job is not None and job.state in ACTIVE:
        _at_work(key, job)
        return
    if not key:
        with guard():
            if _kept(model):
                st.rerun()
    _ended(key, job, model)
    st.markdown(INTRODUCTION)
    _form(model)


def _kept(model: Model) -> bool:
    """Whether what is chosen was measured before; then it is turned to."""
    plan = form.plan(model)
    if plan is None or not cache.evaluations().results.has(plan.key):
        return False
    session.put("measured", plan.key)
    return True


def _at_work(key: str, job: Job) -> None:
    st.header("Measuring …", anchor=False)
    background.watch(cache.evaluations().workers, key, "measured", owners=True)
    st.caption(
        f"{plain(job.task.made_of)} This goes on while you are elsewhere: on another page, or "
        "away. The address of this page leads back to it."
    )


def _ended(key: str, job: Job | None, model: Model) -> None:
    """Why there is nothing to see under a key, or that it was cancelled, until the next Measure."""
    if job is not None and job.state == FAILED:
        st.error(plain(job.problem), icon=":material/error:")
        return
    if job is not None and job.state == STOPPED:
        session.put("measured", "")  # no link shall lead to it
        session.put("cancelled", model.model_hash)
    elif key:
        st.warning(GONE)
        return
    if session.get("cancelled") == model.model_hash:
        st.info("Cancelled; nothing of it is kept.")


def _form(model: Model) -> None:
    why = form.refusal(model)
    if why is None:
        form.show(model)
        return
    st.info(plain(why.sentence))
    if why.leads_to is not None:
        st.page_link(why.leads_to.file, label=why.label, icon=why.leads_to.icon)
