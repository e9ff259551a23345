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
    alike = class_order.same_side(one.labels, int(one.predicted[0]))
    found = cache.flipped(answer.model, answer.text, one, alike)
    if found is None:
        place.html("<p></p>")
        return
    said = flips.line(found, one, in_order=class_order.in_order(one.labels))
    if alike:
        step = cache.flipped(answer.model, answer.text, one)
        if step is not None and step.classes[1] in alike:
            said = f"{said} {flips.same_side(step, one)}"
            found = found if found.flips else step
    with place.container(horizontal=True, vertical_alignment="center", key="lens-flip"):
        st.html(f'<p class="lens-note">{said}</p>')
        if answer.model.reads_text:
            st.button(
                "Show it in the text",
                on_click=word.edit_at(answer, found.position, found.replacement, picks=False),
                help="Makes this edit. Undo takes it back.",
            )
