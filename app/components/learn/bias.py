"""Step 6: why a bias keeps relevance."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app import cache
from app.components import account, drawn, frontend, word
from app.components.layout import Page
from app.components.learn import common
from app.figures import charts, heatmap_rows, tables
from app.learn import words
from app.methods import ACCOUNT_METHOD
from app.state import session
from app.text.markdown import plain
from lrp_engine.render.numbers import vmax_of
from lrp_engine.render.row import method_rows

FACTORS = {"δ = 0, the usual": 0.0, "δ = 1, the check": 1.0}


def show(page: Page) -> None:
    st.markdown(
        "Every sum adds its bias $b$, whatever the words are. What the bias contributes to the "
        "score belongs to no word: the bias **keeps** that part. So the words sum to less, or "
        "more, than the score."
    )
    answer = common.sentence(page)
    if answer is None:
        return
    target, text = words.target_of(answer.explanations), answer.text
    both = {
        name: cache.explained(answer.model, text, target, common.rule(bias_factor=factor))[
            ACCOUNT_METHOD.name
        ]
        for name, factor in FACTORS.items()
    }
    usual, check = both.values()
    common.explained(usual)
    account.summary(usual)
    drawn.chart(
        charts.waterfall(usual, palette=session.get("palette")),
        alt="Bars from zero to the score: words, initial states, biases, stabilizers.",
        projected=True,
    )
    st.subheader("The check: hand everything back", anchor=False)
    st.markdown(
        r"With a bias factor $\delta = 1$ every bias and stabilizer hands its part back, to all "
        "inputs in equal parts. Then nothing is kept, and the words and the initial states, where "
        "the reading began, must sum to the score. This proves that nothing got lost. It is not a "
        "better explanation: the words receive what they did not contribute."
    )
    table = tables.rounded(words.account_table(both), 4)
    drawn.table(
        table, hide_index=True, height="content",
        column_config={name: st.column_config.NumberColumn(format="%.4f") for name in both},
    )  # fmt: skip
    common.result(
        f"δ = 0: the words sum to {common.value(float(usual.token_relevance[0].sum()))}. "
        "δ = 1: words and initial states sum to "
        f"{common.value(float(check.token_relevance[0].sum() + check.initial_state[0]))}, and the "
        f"score is {common.value(float(check.explained_score[0]))}."
    )
    vmax = vmax_of(*(one.token_relevance[0] for one in both.values()))
    rows = method_rows(both, palette=session.get("palette"), vmax=dict.fromkeys(both, vmax))
    rows = [replace(row, title=name) for row, name in zip(rows, both, strict=True)]
    data = heatmap_rows.component_data(
        rows, values_shown=True, long=False, pick=word.picked(answer)
    )
    frontend.words(data, word.dropper(answer))
    verdict = charts.conservation_verdict(check)
    (st.success if verdict.ok else st.error)(plain(verdict.sentence))
