"""The lesson's frame: where one is, back and on, and the step itself."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import learn
from app.components import frontend
from app.components.guard import guard
from app.components.layout import Page
from app.components.learn import bias, common, gate, lstm, methods, score, sums, time, trust
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.errors import InputError

STEPS: dict[str, Callable[[Page], None]] = {
    "score": score.show,
    "sum": sums.show,
    "gate": gate.show,
    "lstm": lstm.show,
    "time": time.show,
    "bias": bias.show,
    "methods": methods.show,
    "trust": trust.show,
}


def show(page: Page) -> None:
    st.html(common.STYLE)
    names = list(learn.STEPS)
    titles = [f"{n}. {title}" for n, title in enumerate(learn.STEPS.values(), start=1)]
    named = dict(zip(names, titles, strict=True))
    step = session.get("step")
    with st.container(key="lens-steps", gap=None):
        st.pills(
            "Step", names, format_func=named.__getitem__, required=True,
            label_visibility="collapsed", **widgets.bind("step"),
        )  # fmt: skip
        frontend.stepper(names, step, lambda name: session.choose(step=name))
    with st.container(key="lens-lesson"):
        st.header(named[step], anchor=False)
        with guard():
            try:
                STEPS[step](page)
            except InputError as error:  # what the lesson needs and this model or text has not
                st.info(plain(str(error)))
    _prev_next(step, named)


def _prev_next(step: str, named: dict[str, str]) -> None:
    before, after = learn.neighbours(step)
    with st.container(horizontal=True, vertical_alignment="center"):
        if before:
            st.button(
                f"Back: {named[before]}", icon=":material/arrow_back:",
                on_click=session.choose, kwargs={"step": before},
            )  # fmt: skip
        if after:
            st.button(
                f"Next: {named[after]}", icon=":material/arrow_forward:", type="primary",
                on_click=session.choose, kwargs={"step": after},
            )  # fmt: skip
        frontend.copy_link()
        st.html('<p class="lens-note lens-arrows">You can also use the ← and → keys.</p>')
