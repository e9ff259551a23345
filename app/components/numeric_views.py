"""What only models that read numbers have: vectors of layers, steps by unit, a known answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache, settings
from app.account import layer_vectors
from app.components import drawn, word
from app.components.layout import Page
from app.components.question import Answer
from app.figures import tables, unit_charts, units
from app.learn import words
from app.models import numeric
from app.state import session
from app.text.markdown import plain
from lrp_engine.render.wording import visible


def show(answer: Answer, page: Page) -> None:
    """Nothing for models that read words."""
    if not answer.model.reads_numbers:
        return
    place = st.container()
    page.waiting.append((place, lambda: layers(answer)))


def known(answer: Answer) -> None:
    """Where the right explanation is known: what it is, and how near the methods come."""
    if answer.model.known is None:
        return
    values = numeric.read(answer.model.network, answer.text)[0]
    sentences = layer_vectors.sentences(answer.model.known, values, answer.explanations)
    with st.container(border=True):
        st.header("The right answer is known", anchor=False)
        st.html("".join(f'<p class="lens-note">{escape(sentence)}</p>' for sentence in sentences))
        target = answer.model.known.target
        if session.get("target") != target:
            label = plain(visible(answer.explanations.labels[target]))
            st.button(f"Explain “{label}”", on_click=session.choose, kwargs={"target": target})


def by_unit(answer: Answer) -> None:
    """Every number of every step; nothing where steps are no vectors, or there is but one."""
    if answer.explanations.token_kind != numeric.STEP:
        return
    st.header("Step by step, number by number", anchor=False)
    one = answer.explanations[word.shown_method(answer)]
    if one.relevance is None:
        st.html(f'<p class="lens-note">{escape(units.without_units(one))}</p>')
        return
    palette = session.get("palette")
    if len(one.tokens[0]) <= settings.STEPS_OPEN:
        st.html(
            f'<p class="lens-note">{escape(one.method_info.title)}; '
            "one scale of colour for all rows.</p>" + layer_vectors.by_unit(one, palette=palette)
        )
        return
    drawn.chart(
        unit_charts.unit_map(one, palette=palette),
        alt="A field per number of every step; the table under it has the same numbers.",
    )
    with st.expander("The same in numbers"):
        st.dataframe(tables.unit_table(one))


def layers(answer: Answer) -> None:
    """The relevance at the input and at every layer's output, and what becomes of its sum."""
    target = words.target_of(answer.explanations)
    with st.spinner("Following the relevance …"):
        explanation = cache.layered(answer.model, answer.text, target, session.rule())
    st.header(
        "Layer by layer", anchor=False,
        help="The relevance at the output of every layer, from the input to the score. What a "
        "layer's numbers sum to is handed on, or kept, to the last digit.",
    )  # fmt: skip
    for vector in layer_vectors.of_layers(answer.model.network, explanation):
        st.html(layer_vectors.html(vector, palette=session.get("palette")))
