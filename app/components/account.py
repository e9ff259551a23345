"""The account of relevance: verdict, waterfall, time steps, ledger, and what the terms mean."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.account import line as wording
from app.components import drawn
from app.figures import charts, tables
from app.navigation import View
from app.state import session
from app.text.markdown import plain
from lrp_engine import Explanation
from lrp_engine.render.numbers import number
from lrp_engine.render.wording import visible, with_noun, with_output

TERMS = {
    "Explained score": "The class score the explanation starts from, before softmax or sigmoid. "
    "For a contrast it is the difference of two scores.",
    "Words": "What reaches the words. Positive supports the class, negative opposes it.",
    "Padding": "What fills a short text up to the length that the model was built for. The model "
    "reads it like words, so it carries a part of the score; it is shown as one entry.",
    "Initial states": "An LSTM starts from a hidden state and a cell state, both zero. Relevance "
    "that flows back to them belongs to no word; zero states receive none under the recommended "
    "settings, and a share with a bias factor.",
    "Biases": "Every sum in the network adds a constant, its bias. What the bias contributed "
    "belongs to no word. The bias factor hands it back, in equal parts, to all inputs of the sum.",
    "Stabilizers": "Relevance is divided by sums that may be close to zero; ε keeps the division "
    "harmless and takes a small share for it. A larger ε takes more.",
    "Rounding error": "What is left when all of these are added up. It must be as small as the "
    "rounding of floating-point numbers: that is what the verdict tests.",
}


DECIMALS = 6  # rounding error reads as zero; the verdict has its size


def line(explanation: Explanation) -> None:
    """Where the score went, under the heatmaps, with the way to the whole account."""
    with st.container(horizontal=True, vertical_alignment="center", key="lens-account"):
        st.html(f'<p class="lens-note">{wording.line(explanation)}</p>')
        st.page_link(
            View.CONSERVATION.file, label=View.CONSERVATION.title, icon=View.CONSERVATION.icon
        )


def summary(explanation: Explanation) -> None:
    """The account in a sentence: how much of the score the words carry, and what keeps the rest."""
    totals = tables.parts_table(explanation)
    titles = {**tables.PARTS, "words": "the words carry"}
    parts = [
        f"{with_noun(title, explanation.token_kind)} <b>{number(totals.relevance[kind])}</b> "
        f"({wording.share_of(totals.share[kind])})"
        for kind, title in titles.items()
        if kind in totals.index and kind != wording.ROUNDING
    ]
    score = number(float(explanation.explained_score[0]))
    what = with_output("score", explanation.output_kind)
    st.html(
        f'<p class="lens-note">The {what} of '
        f"<b><bdi>{escape(visible(explanation.target_label()))}</bdi></b> is <b>{score}</b>: "
        f"{', '.join(parts)}.</p>"
    )


def verdict(explanation: Explanation) -> None:
    outcome = charts.conservation_verdict(explanation)
    show, icon = (st.success, "check_circle") if outcome.ok else (st.error, "error")
    show(plain(outcome.sentence), icon=f":material/{icon}:")


def waterfall(explanation: Explanation) -> None:
    chart = charts.waterfall(explanation, palette=session.get("palette"))
    drawn.chart(
        chart,
        alt=with_output(
            f"Bars from zero to the explained score: {explanation.token_kind}s, initial states, "
            "biases, stabilizers. The ledger below has the same numbers.",
            explanation.output_kind,
        ),
        projected=True,
    )


def steps(explanation: Explanation) -> None:
    """What each time step kept; nothing where no layer has time steps or nothing was kept."""
    if any(kept.any() for kept in explanation.ledger.steps.values()):
        chart = charts.step_chart(explanation)
        drawn.chart(
            chart,
            alt=f"Bars of what biases and stabilizers kept at each {explanation.token_kind}.",
            projected=True,
        )


def ledger(explanation: Explanation) -> None:
    st.header("The ledger", anchor=False)
    table, token_kind = charts.ledger_table(explanation), explanation.token_kind
    drawn.table(
        tables.rounded(
            table.assign(
                share=(100 * table["share"]).round(2),
                kind=table["kind"].replace("words", f"{token_kind}s"),
            ),
            DECIMALS,
        ),
        hide_index=True,
        height="content",
        column_config={
            "relevance": st.column_config.NumberColumn(format=f"%.{DECIMALS}f"),
            "share": st.column_config.NumberColumn(
                with_output("share of the score", explanation.output_kind), format="%.2f %%"
            ),
        },
    )


def terms(explanation: Explanation) -> None:
    """A question mark by every term; behind it, its explanation."""
    token_kind = explanation.token_kind
    with st.container(horizontal=True, gap="xsmall", key="lens-terms"):
        for words, about_words in TERMS.items():
            if words == "Padding" and not explanation.padding.any():
                continue
            term, meaning = (
                with_output(with_noun(one, token_kind), explanation.output_kind)
                for one in (words, about_words)
            )
            with st.popover(term, icon=":material/help:"):
                st.markdown(f"**{term}.** {meaning}")
