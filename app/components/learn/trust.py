"""Step 8: whether the colours can be believed, by taking words out one after the other."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache
from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.figures import trust_charts
from app.learn import deletion
from app.methods import ACCOUNT_METHOD
from app.navigation import View
from lrp_engine.render.wording import visible


def show(page: Page) -> None:
    st.markdown(
        "A heatmap is a claim: *these* words made the model say it. It can be tested. Take out the "
        "word that a method ranks first, ask the model again, take out the next one. If the "
        "method is right, the probability falls fast; if the colours mean nothing, it falls no "
        "faster than with words taken out at random."
    )
    answer = common.sentence(page)
    if answer is None:
        return
    one = answer.explanations[ACCOUNT_METHOD.name]
    made = cache.deleted(answer.model, answer.text, answer.explanations)
    if made is None:
        st.info("Of this text no word can be left out. Take one of at least two words.")
        return
    common.explained(one)
    for sentence in deletion.sentences(made, answer.explanations):
        common.result(escape(visible(sentence)))
    has_classes = answer.explanations.output_kind.has_classes
    drawn.chart(
        trust_charts.curve(
            deletion.points(made), title="Words taken out, one after the other",
            axis="words taken out", random=deletion.RANDOM, named=False,
            value="probability" if has_classes else "explained score",
        ),
        alt="A line per method and one of random orders; the sentences above say the first words.",
    )  # fmt: skip
    st.caption(
        f"The grey band holds {deletion.HIGH - deletion.LOW} % of {len(made.random)} random orders."
    )
    st.markdown(
        "**One sentence proves little.** It may be an easy one, and a text with holes is a text "
        "that the model was never trained on. So a hundred sentences are measured, every method on "
        "the same ones, and a difference counts only where it would come out again with other "
        "sentences. That is what the page *Trust* does."
    )
    st.page_link(View.TRUST.file, label="Measure the methods on many sentences",
                 icon=View.TRUST.icon)  # fmt: skip
