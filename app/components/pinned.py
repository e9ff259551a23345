"""Texts that were pinned: a list to go back to one, or two of them side by side."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache
from app.components import scale
from app.components.question import Answer, fits
from app.figures.scales import Scale, scales_of
from app.learn import words
from app.methods import ACCOUNT_METHOD
from app.navigation import View
from app.state import pins, session
from app.state.choices import NOTHING, PREDICTED
from app.state.pins import Pin
from app.text.markdown import plain
from lrp_engine import Explanation
from lrp_engine.render.heatmap import heatmap
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.said import said
from lrp_engine.render.wording import visible

TITLE = 70  # characters of a text
# On a phone the second text stands below the first: what the model says of both stands above them.
STYLE = """<style>
.lens-both { display: none; }
@media (max-width: 40rem) { .stApp .lens-both { display: block; } }
</style>"""


def button(answer: Answer) -> None:
    """Keeps the text of the answer; beside it the list of those that are kept."""
    # Of a model that labels every word, an answer belongs to one place of one text.
    if not answer.model.reads_text or answer.model.network.labels_steps:
        return
    pin = _pin(answer)
    pinned = pins.is_pinned(pin.text, pin.model)
    st.button(
        "Pinned" if pinned else "Pin this text",
        icon=":material/keep:",
        disabled=pinned,
        help="Keeps this text and its result while the page is open, so that you can return to it "
        "or compare it with another.",
        on_click=pins.add,
        args=(pin,),
    )
    kept = pins.of_model(answer.model.short_hash)
    if kept:
        with st.popover(f"Pinned texts ({len(kept)})", icon=":material/splitscreen_right:"):
            _list(answer.text, kept)


def _list(text: str, kept: list[Pin]) -> None:
    for n, pin in enumerate(kept):
        st.button(plain(_short(pin.text)), type="tertiary", key=f"lens-pin-open-{n}",
                  disabled=pin.text == text, on_click=_open, args=(pin,))  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", key=f"lens-pin-{n}"):
            st.html(f'<span class="lens-note">{escape(pin.said)}</span>')
            shown = pins.beside(text) == pin.text
            st.button(
                "Hide" if shown else "Side by side",
                key=f"lens-pin-beside-{n}", icon=":material/splitscreen_right:",
                disabled=pin.text == text, on_click=pins.place_beside,
                args=("" if shown else pin.text,),
            )  # fmt: skip
            st.button("Remove", key=f"lens-pin-remove-{n}", icon=":material/close:",
                      on_click=pins.remove, args=(pin,))  # fmt: skip
    st.caption(
        "The list is this tab's; “Copy link” carries two texts that stand side by side. One text "
        "by several methods, rules and models is for the page Compare."
    )
    st.page_link(View.COMPARE.file, label="Compare", icon=View.COMPARE.icon)


def show(answer: Answer) -> None:
    """Two texts side by side, where one was put beside the present one."""
    model, text = answer.model, pins.beside(answer.text)
    if not text or not model.reads_text or model.network.labels_steps:
        return
    if not fits(model, text):
        st.warning("The text to stand beside this one is too long for this model.")
        return
    with st.container(border=True, key="lens-side-by-side"):
        _side_by_side(answer, text)
        st.button("Hide", key="lens-pin-hide", icon=":material/close:",
                  on_click=pins.place_beside, args=("",))  # fmt: skip


def pointer(answer: Answer) -> None:
    """On Compare: where two texts are compared."""
    if answer.model.reads_text and not answer.model.network.labels_steps:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Two texts side by side: pin one of them on Explain.", width="content")
            st.page_link(View.EXPLAIN.file, label="Explain", icon=View.EXPLAIN.icon)


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


def _side_by_side(answer: Answer, text: str) -> None:
    """Both texts by LRP in one scale of colour: each for the class that the model says of it, or
    both for the one that was chosen."""
    one = answer.explanations
    chosen = None if _follows(answer) else words.target_of(one)
    with st.spinner("Explaining …"):
        other = cache.explained(answer.model, text, chosen, session.rule())
        if chosen is None:  # an edited text is explained for the class of another one
            one = cache.explained(answer.model, answer.text, None, session.rule())
    pair = [one[ACCOUNT_METHOD.name], other[ACCOUNT_METHOD.name]]
    known = scale.typical(ACCOUNT_METHOD.name, scale.asked_of(answer.model, answer.explanations))
    first, _ = scales_of(pair, [known, known], shared=True)
    titles = ("This text", "Pinned")
    both = "<br>".join(
        f"{title}: {_listed(each)}" for title, each in zip(titles, pair, strict=True)
    )
    st.html(f'{STYLE}<p class="lens-note lens-both">{both}</p>')
    for place, each, title in zip(st.columns(2), pair, titles, strict=True):
        with place:
            st.subheader(title, anchor=False)
            _one(each, first)


def _follows(answer: Answer) -> bool:
    """Whether each text is explained for its own predicted class."""
    nobody = session.get("target") == PREDICTED and session.get("contrast") == NOTHING
    return nobody and answer.model.network.has_classes


def _listed(one: Explanation) -> str:
    """What the model says, as HTML."""
    return ", ".join(f"<b><bdi>{escape(visible(c.label))}</bdi></b> ({escape(visible(c.figure))})"
                     for c in said(one))  # fmt: skip


def _one(one: Explanation, scale: Scale) -> None:
    target = one.target_label()
    asked = "" if target in [c.label for c in said(one)] else (
        f" Explained: <b><bdi>{escape(visible(target))}</bdi></b>."
    )  # fmt: skip
    row = HeatmapRow.of_explanation(
        one, palette=session.get("palette"), vmax=scale.vmax, scale=scale.sentence
    )
    st.html(f'<p class="lens-note">The model says {_listed(one)}.{asked}</p>{heatmap(row)}')
