"""The picked word's path through time: what arrives at its step, what stays, what goes on."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache
from app.components import drawn
from app.components.question import Answer
from app.learn import charts, words
from app.methods import ACCOUNT_METHOD
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.errors import InputError


def show(answer: Answer, at: int) -> None:
    """A switch, and the path where it is on: the first one of a model takes a few seconds."""
    st.toggle(
        "Its path through time",
        help="How the score travels back from word to word, and what it leaves at this one.",
        **widgets.bind("path"),
    )
    if not session.get("path"):
        return
    try:
        with st.spinner("Following the relevance …"):
            inside = cache.followed(
                answer.model, answer.text, words.target_of(answer.explanations), session.rule()
            )
    except InputError as error:
        st.info(plain(str(error)))
        return
    table = words.around(words.through_time(inside), at)
    for sentence in words.path_sentences(table, at):
        st.html(f'<p class="lens-note">{escape(sentence)}</p>')
    drawn.chart(
        charts.travelling(
            table, f"Relevance as it arrives at each word ({ACCOUNT_METHOD.short})", pick=at
        ),
        alt="Lines: relevance that arrives at each word, by reading direction; the sentences "
        "above say what happens at the picked one.",
    )
