"""What leaving words out does: under the heatmaps, and of the picked word."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache
from app.components import word
from app.components.question import Answer
from app.methods import ACCOUNT_METHOD
from app.text import ablation
from lrp_engine.render.wording import with_noun


def line(answer: Answer, place: DeltaGenerator) -> None:
    """One line into its place; nothing where there is nothing to leave out."""
    one = answer.explanations[ACCOUNT_METHOD.name]
    made = cache.ablated(answer.model, answer.text, one)
    place.html(f'<p class="lens-note">{ablation.line(made, one)}</p>' if made else "<p></p>")


def picked(answer: Answer, at: int) -> str:
    """The word's share of the score and, beside it, what happens when it is left out; returns what
    there is to note about the two, as HTML."""
    one = answer.explanations[ACCOUNT_METHOD.name]
    change = cache.left_out(answer.model, answer.text, one, at)
    terms = ablation.of_word(float(one.token_relevance[0, at]), change, one)
    notes = []
    if change is not None:
        notes = [
            ablation.opposite_ways(change, one.token_kind),
            with_noun(ablation.TWO_QUESTIONS, one.token_kind),
        ]
    st.html(word.values(terms))
    return "".join(f'<p class="lens-note">{escape(note)}</p>' for note in notes if note)
