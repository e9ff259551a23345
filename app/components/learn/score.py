"""Step 1: what a score is."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.components.question import targets
from app.figures import charts
from app.learn import formulas
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.wording import visible


def show(page: Page) -> None:
    st.markdown(
        "A classifier reads a text and gives every class one number, its **score**. The highest "
        "score wins. Scores have no fixed range: only their differences count."
    )
    answer = common.sentence(page)
    if answer is None:
        return
    one = answer.explanations
    if not one.output_kind.has_classes:
        st.info(
            "This step is about classes, and this model gives values: pick a model with classes in "
            "the sidebar. The next steps follow its values just the same."
        )
        return
    targets(answer)
    drawn.chart(charts.score_bars(one), alt="A bar per class with its score.", projected=True)
    at = int(one.predicted[0])
    score, share = float(one.scores[0, at]), float(one.shares[0, at])
    common.result(
        f"<b><bdi>{escape(visible(one.labels[at]))}</bdi></b> wins with {number(score)}. "
        f"As a probability that is <b>{percentage(share)}</b>:"
    )
    if answer.model.network.output == "softmax":
        st.latex(formulas.softmax(one.scores[0].astype(float).tolist(), at))
        st.markdown(
            r"$z_c$ is the score of class $c$, $e$ is 2.718…: each score becomes a positive "
            "number, and the probability is its share of all of them."
        )
    else:
        st.latex(formulas.sigmoid(score))
        st.markdown(r"$z$ is the score, $e$ is 2.718…: any number becomes one between 0 and 1.")
    st.markdown(
        "From here on the question is: **which words made the score?** The score is handed back "
        "through the network, layer by layer, until it stands at the words. What arrives at a word "
        "is its **relevance** $R$."
    )
