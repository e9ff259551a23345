"""The randomization check of a model, beside its proof: on request, and kept like a measurement."""

from __future__ import annotations

import streamlit as st

from app import cache, settings
from app.components import background
from app.components.guard import guard
from app.components.layout import Page
from app.components.trust import form, result
from app.models.model import Model
from app.navigation import View
from app.state import session
from app.text.markdown import plain
from app.trust.plan import Plan
from app.work.job import ACTIVE, FAILED
from lrp_engine.attribution.methods import LIVE_METHODS

INTRODUCTION = (
    "An explanation should tell what the model has learned. Here the model forgets it, layer by "
    "layer: its weights are shuffled at random. A method that still ranks the words as before says "
    "nothing about the model."
)


def section(page: Page) -> None:
    """What the check says, or a button that begins it; nothing where it cannot be made."""
    model = page.model
    place = st.container()
    page.waiting.append((place, lambda: _show(model)))


def _show(model: Model) -> None:
    wanted = _plan(model)
    if wanted is None:
        return
    st.header("Do explanations depend on what was learned?", anchor=False)
    shown = cache.measured(wanted.key)
    if shown is not None:
        result.check(shown)
        st.caption(plain(f"On {shown.facts}."))
        st.page_link(View.TRUST.file, label="Which explanation can you trust?",
                     icon=View.TRUST.icon)  # fmt: skip
        return
    st.markdown(INTRODUCTION)
    workers = cache.evaluations().workers
    job = workers.find(wanted.key)
    if job is not None and job.state in ACTIVE:
        background.watch(workers, wanted.key, "explained again", owners=True)
        return
    if job is not None and job.state == FAILED:
        st.error(plain(job.problem), icon=":material/error:")
    if st.button("Check with random weights", icon=":material/shuffle:"):
        with guard():
            cache.evaluations().start(wanted, model, owner=session.get("visitor"))
            st.rerun()


def _plan(model: Model) -> Plan | None:
    """Some of the model's examples by every live method; None where there are none."""
    if form.refusal(model) is not None or not model.examples:
        return None
    texts = form.drawn_from(model, form.of_examples(model), settings.TRUST_CHECKED)
    return Plan.of(model, texts, tuple(LIVE_METHODS), [session.rule()], measured=False)
