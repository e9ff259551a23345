"""Step 5: a whole sentence through time."""

from __future__ import annotations

import streamlit as st

from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.learn import charts, words
from lrp_engine.render.wording import visible


def show(page: Page) -> None:
    st.markdown(
        "Going forwards, the model reads one word at a time. Going backwards, the score travels "
        "the same way home and leaves a part at every word."
    )
    answer = common.sentence(page)
    if answer is None:
        return
    inside, one = common.inside(answer)
    common.explained(one)
    names = [visible(token) for token in one.tokens[0]]
    st.subheader("Forwards", anchor=False)
    scores = words.prefix_scores(answer.model.network, one)
    drawn.chart(
        charts.prefixes(names, scores, "The score if the sentence ended here"),
        alt="A line: the score after each word.",
        projected=True,
    )
    table = words.through_time(inside)
    st.subheader("Backwards", anchor=False)
    if len(inside.returns) > 1:
        st.markdown(
            "This model has **two readers**: one reads forward, from the first word to the last, "
            "one backward. Relevance enters each where its reading ended, and travels to where it "
            "began."
        )
    drawn.chart(
        charts.travelling(table, "Relevance as it arrives at each word"),
        alt="Lines: relevance that arrives at each word, by reading direction.",
        projected=True,
    )
    drawn.chart(
        charts.delivered(table, "What is left at each word"),
        alt="Bars: relevance of each word, by reading direction.",
        projected=True,
    )
    given = table.groupby("direction", sort=False)["to the word"].sum()
    parts = ", ".join(f"{common.value(amount)} reading {way}" for way, amount in given.items())
    at = words.strongest(one)
    common.result(
        f"The words receive {common.value(float(given.sum()))} of the score: {parts}. "
        f"{common.word(one.tokens[0][at])} keeps the most, "
        f"{common.value(float(one.token_relevance[0, at]))}."
    )
    with st.expander("The numbers"):
        drawn.table(
            table, hide_index=True, height="content",
            column_config={
                name: st.column_config.NumberColumn(format="%.4f")
                for name in ("arriving", "to the word", "kept")
            },
        )  # fmt: skip
    common.checked(inside)
