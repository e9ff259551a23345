"""Step 7: when methods disagree about a word, and why."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache, settings
from app.compare import ranks
from app.components import drawn, frontend, word
from app.components.layout import Page
from app.components.learn import common
from app.figures import heatmap_rows
from app.learn import words
from app.methods import ACCOUNT_METHOD, LEFT_OUT_METHOD
from app.models.model import Model
from app.state import session, widgets
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.render.numbers import spelled
from lrp_engine.render.row import method_rows
from lrp_engine.render.wording import visible

# Sentences whose negations are worth a look; the numbers are computed, whatever they say.
TRY = ("it is not bad at all .", "the film is not funny .", settings.DEFAULT_TEXT)


# What a method asks, by its short name; another one is introduced by its own meaning.
QUESTIONS = {
    "LRP": ": how much of the score comes from this word?",
    "GI": " (Gradient × Input): what would the word contribute if the network were a straight "
    "line, as steep everywhere as it is here?",
    "SA": " (Sensitivity Analysis): how much does the score react when the word changes a little? "
    "It has no sign.",
}


def show(page: Page) -> None:
    asked = sorted(LIVE_METHODS.values(), key=lambda method: not method.signed)
    count = spelled(len(asked))
    questions = "\n".join(
        f"- **{method.short}**{QUESTIONS.get(method.short, f': {method.meaning}')}"
        for method in asked
    )
    st.markdown(f"{count.capitalize()} methods, {count} questions:\n{questions}")
    with st.container(horizontal=True):
        for text in TRY:
            st.button(text, on_click=session.set_text, args=(text,))
    answer = common.sentence(page)
    if answer is None:
        return
    _negations(answer.model)
    one = answer.explanations[ACCOUNT_METHOD.name]
    common.explained(one)
    frontend.words(
        heatmap_rows.component_data(
            method_rows(answer.explanations, palette=session.get("palette")),
            values_shown=True, long=False, pick=word.picked(answer),
        ),
        word.dropper(answer),
    )  # fmt: skip
    left_out = cache.explained_by(
        LEFT_OUT_METHOD.name, answer.model, answer.text, words.target_of(one), common.rule()
    )
    table = words.comparison(answer.explanations, left_out)
    agreement = ranks.agreement_sentences(list(answer.explanations.values()))
    st.html("".join(f'<p class="lens-result">{escape(sentence)}</p>' for sentence in agreement))
    at = words.disputed(table, one.tokens[0], word.picked(answer))
    answers = words.verdicts(table, at, answer.explanations)
    st.subheader(f"One word, {spelled(len(answers))} answers", anchor=False)
    common.result(f"{common.word(one.tokens[0][at])}, word {at + 1}:")
    items = "".join(f"<li><b>{name}</b> {escape(sentence)}.</li>" for name, sentence in answers)
    st.html(f'<ul class="lens-result">{items}</ul>')
    st.markdown(
        "**Why they differ.** “not” and “nor” mean little by themselves: they turn other words "
        "around. In the network they open and close gates and change the memory that later "
        "words meet. A slope (GI, SA) sees only tiny changes of the word as it is, and where "
        "gates are wide open or shut the slope is nearly flat, however much the word did. LRP "
        "divides what really flowed. But the signal takes all: what a word did **through a "
        "gate** is credited to the signal that passed, not to the word that opened it. So no "
        "method is always right about a negation. Leaving the word out is a fourth question, "
        "and a good check."
    )
    signed = " and ".join(method.short for method in LIVE_METHODS.values() if method.signed)
    with st.expander("All words in numbers", expanded=True):
        drawn.table(
            table, hide_index=True, height="content",
            column_config={
                **{name: st.column_config.NumberColumn(format="%.3f")
                   for name in table.columns[1:-1]},
                "signs": st.column_config.TextColumn(f"signs of {signed}"),
                "left out": st.column_config.NumberColumn(
                    "left out: score", format="%.3f",
                    help="What leaving the word out takes from the score"),
            },
        )  # fmt: skip


def _negations(model: Model) -> None:
    """Real sentences with a negation, to pick from; nothing where there are none."""
    negated = words.with_negation(model.examples, model.network.tokenizer)
    if negated:
        st.selectbox(
            f"{len(negated)} real sentences with a negation", negated,
            format_func=lambda n: visible(model.examples[n].text),
            placeholder="Pick one, or type to search",
            **widgets.pick("negated", lambda n: model.examples[n].text),
        )  # fmt: skip
