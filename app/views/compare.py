"""Compare: any methods, rules, classes and models on the same sentence."""

import streamlit as st

from app.components import comparison, headline, labels, pinned, proof
from app.components.layout import page
from app.components.question import ask

with page("How do explanations compare?") as run:
    proof.lead(run)
    answer = ask(run)
    if answer is not None:
        headline.show(answer)
        labels.picker(answer.model, answer.text, answer.explanations, st.container())
        comparison.show(answer)
        pinned.pointer(answer)
