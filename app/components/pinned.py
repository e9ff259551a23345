"""Texts that were pinned: back to one, or two of them side by side."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache
from app.components import scale
from app.components.question import Answer
from app.figures.scales import Scale, scales_of
from app.learn import words
from app.methods import ACCOUNT_METHOD
from app.state import pins, session
from app.state.pins import Pin
from app.text.markdown import plain
from lrp_engine import Explanation
from lrp_engine.render.heatmap import heatmap
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.said import said
from lrp_engine.render.wording import visible

TITLE = 70  # characters of a text


def button(answer: Answer) -> None:
    """Keeps the text of the answer."""
    # Of a model that labels every word, an answer belongs to one place of one text.
    if not answer.model.reads_text or answer.model.network.labels_steps:
        return
    pin = _pin(answer)
    pinned = pins.is_pinned(pin.text, pin.model)
    st.button(
        "Pinned" if pinned else "Pin this text",
        icon=":material/keep:",
        disabled=pinned,
        help="Keeps the text and what the model says of it in the list below, while this page is "
        "open.",
        on_click=pins.add,
        args=(pin,),
    )


def show(answer: Answer) -> None:
    """The list, and the text that was put beside the present one; nothing without pins."""
    kept = pins.of_model(answer.model.short_hash)
    if not kept:
        return
    st.header("Pinned texts", anchor=False)
    text = answer.text
    for n, pin in enumerate(kept):
        with st.container(horizontal=True, vertical_alignment="center", key=f"lens-pin-{n}"):
            st.button(plain(_short(pin.text)), type="tertiary", key=f"lens-pin-open-{n}",
                      disabled=pin.text == text, on_click=_open, args=(pin,))  # fmt: skip
            st.html(f'<span class="lens-note">{escape(pin.said)}</span>')
            shown = pins.beside(text, pin.model) == pin
            st.button(
                "Hide" if shown else "Side by side",
                key=f"lens-pin-beside-{n}", icon=":material/splitscreen_right:",
                disabled=pin.text == text, on_click=pins.place_beside,
                args=(None if shown else pin,),
            )  # fmt: skip
            st.button("Remove", key=f"lens-pin-remove-{n}", icon=":material/close:",
                      on_click=pins.remove, args=(pin,))  # fmt: skip
    beside = pins.beside(text, answer.model.short_hash)
    if beside is not None:
        _side_by_side(answer, beside)


def _pin(answer: Answer) -> Pin:
    one = answer.explanations
    listed = ", ".join(f"{visible(c.label)} ({visible(c.figure)})" for c in said(one))
    return Pin(text=answer.text, model=answer.model.short_hash, said=listed)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE else f"{line[:TITLE].rstrip()} …"


def _open(pin: Pin) -> None:
    session.used()
    session.set_text(pin.text)


def _side_by_side(answer: Answer, pin: Pin) -> None:
    """Both texts by LRP, for the same class, in one scale of colour."""
    target = words.target_of(answer.explanations)
    with st.spinner("Explaining …"):
        other = cache.explained(answer.model, pin.text, target, session.rule())
    pair = [answer.explanations[ACCOUNT_METHOD.name], other[ACCOUNT_METHOD.name]]
    known = scale.typical(ACCOUNT_METHOD.name, scale.asked_of(answer.model, answer.explanations))
    first, _ = scales_of(pair, [known, known], shared=True)
    for place, one, title in zip(st.columns(2), pair, ("This text", "Pinned"), strict=True):
        with place:
            st.subheader(title, anchor=False)
            _one(one, first)


def _one(one: Explanation, scale: Scale) -> None:
    listed = ", ".join(f"<b><bdi>{escape(visible(c.label))}</bdi></b> ({escape(visible(c.figure))})"
                       for c in said(one))  # fmt: skip
    row = HeatmapRow.of_explanation(
        one, palette=session.get("palette"), vmax=scale.vmax, scale=scale.sentence
    )
    st.html(f'<p class="lens-note">The model says {listed}.</p>{heatmap(row)}')
