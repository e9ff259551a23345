"""Which single word would change the class: one line, and the edit that shows it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache
from app.components import word
from app.components.question import Answer
from app.methods import ACCOUNT_METHOD
from app.review import class_order
from app.text import flips

ASK = "What would flip it?"


def line(answer: Answer, place: DeltaGenerator) -> None:
    """On request, one line into its place: it asks the model about many texts."""
    one = answer.explanations[ACCOUNT_METHOD.name]
    if not one.output_kind.has_classes or not place.button(ASK):
        return
    found = cache.flipped(answer.model, answer.text, one)
    if found is None:
        place.html("<p></p>")
        return
    ordered = class_order.in_order(one.labels)
    with place.container(horizontal=True, vertical_alignment="center", key="lens-flip"):
        st.html(f'<p class="lens-note">{flips.line(found, one, in_order=ordered)}</p>')
        if answer.model.reads_text:
            st.button(
                "Show it in the text",
                on_click=word.edit_at(answer, found.position, found.replacement, picks=False),
                help="Makes this edit. Undo takes it back.",
            )
