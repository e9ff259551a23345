"""Which set this is, how far its review is, who reviews it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from html import escape

import streamlit as st

from app import settings
from app.components import frontend, signing_in
from app.components.review import faithful, quality
from app.components.review.common import Desk, delete_set, open_set
from app.review import class_order, labelling
from app.review.outcomes import NO_CLASS, RIGHT, WRONG, outcomes
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.render.numbers import percentage
from lrp_engine.render.wording import visible

STYLE = """<style>
.lens-set { margin: 0 0 .15rem; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
.lens-counts { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin: 0; }
.lens-counts b { font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  .lens-set { font-size: 1rem; margin: 0; }
  .lens-counts { display: block; font-size: .8125rem; line-height: 1.35; }
  .lens-counts span:not(:last-child)::after { content: " · "; }
  .stApp .st-key-lens-set { gap: .35rem; }
  .st-key-lens-set [data-testid="stWidgetLabel"] { min-height: 0; margin: 0; }
  .st-key-lens-set button { padding: .2rem .45rem; min-height: 2rem; }
  .st-key-lens-set button[aria-haspopup] { padding-right: .8rem; }
  .st-key-lens-set button p { font-size: .8125rem; }
  .st-key-lens-set button :is([aria-hidden=true], span:has(> [aria-hidden=true])) { display: none; }
}
</style>"""


def _name() -> None:
    """Asked for once; then it is only said, and can be changed, but for that of an account."""
    if account := signing_in.name():
        st.markdown(plain(visible(account)), help="Your account signs your verdicts.")
        return
    name = session.get("reviewer")
    place: AbstractContextManager = nullcontext()
    if name:
        place = st.popover(plain(visible(name)), icon=":material/person:")
    with place:
        st.text_input(
            "Reviewer",
            max_chars=settings.REVIEW_NAME,
            placeholder="Your name",
            help="Kept with every verdict you give from now on, and by this browser (in a cookie).",
            width=220,
            # In a panel it is another widget: the browser says what it knows of the one outside,
            # and of one that it has not opened it knows nothing.
            **widgets.bind("reviewer", ["panel"] if name else ()),
        )


def _about(desk: Desk) -> None:
    """What is good to know once, and stands in nobody's way."""
    st.markdown(
        "The address of this page is the key to this set: whoever has it can read and review it."
    )
    if origin := labelling.origin(desk.set):
        st.markdown(f"True classes come from {plain(visible(origin))}.")
    for sentence in desk.set.hints(desk.tables.summary["words"]):
        st.markdown(plain(sentence))


def show(desk: Desk) -> None:
    one, summary = desk.set, desk.tables.summary
    for sentence in one.warnings:
        st.warning(plain(sentence), icon=":material/gpp_bad:")
    judged = outcomes(summary)
    right, wrong = int((judged == RIGHT).sum()), int((judged == WRONG).sum())
    failed = int((summary["said"] == NO_CLASS).sum())
    counts = [f"<b>{len(summary):,}</b> texts"]
    if failed:
        counts.append(f"<b>{failed:,}</b> not explained")
    if right + wrong:
        near = class_order.off_by_one(summary, one.labels)
        are = "are" if near > 1 else "is"
        counts.append(
            f"<b>{right:,}</b> of {right + wrong:,} labelled texts correct "
            f"({percentage(right / (right + wrong))})"
            f"{f'; {near:,} more {are} off by one class' if near else ''}"
        )
    counts += quality.beside(desk)
    done = sum(bool(said) for said in desk.verdicts.values())
    counts.append(f"<b>{done:,}</b> reviewed")
    counts.append(f"model <b><bdi>{escape(visible(one.model_name))}</bdi></b> {one.model_hash[:8]}")
    st.html(
        f'{STYLE}<p class="lens-set"><bdi>{escape(visible(one.name))}</bdi></p>'
        f'<p class="lens-counts">{"".join(f"<span>{count}</span>" for count in counts)}</p>'
    )
    if coarse := class_order.coarse_labels(summary, one.true_classes):
        st.caption(plain(visible(coarse)))
    with st.container(horizontal=True, vertical_alignment="bottom", key="lens-set"):
        _name()
        faithful.control(desk)
        st.button("Another set", on_click=open_set, args=("",), icon=":material/add:")
        with st.popover("About this set", icon=":material/info:"):
            _about(desk)
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown("Deletes the texts, their explanations and every verdict of this set.")
            st.button("Delete this set for good", on_click=delete_set, args=(one,))
    faithful.progress(desk)
    if not signing_in.name():
        frontend.remember_reviewer()
    if desk.model is None:
        st.caption(
            "The model of this set is not loaded here: the stored numbers are shown, unknown words "
            "are not marked."
        )
