"""What is asked: a text, the class to explain, the class to hold against it. And the answer."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache, settings
from app.components import examples, frontend, labels, numbers, outputs
from app.components.layout import Page
from app.models import numeric
from app.models.model import Model
from app.navigation import View
from app.state import session, widgets
from app.state.choices import NOTHING, PREDICTED
from lrp_engine import Explanations
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.said import value_text
from lrp_engine.render.wording import visible


@dataclass(frozen=True, eq=False)
class Answer:
    """One text explained by every method shown while one types.

    Attributes:
        text: what was asked about; numbers as `app.models.numeric` writes them.
        before: of the text as typed, where the text shown is an edited one.
        place: for the choice of the class, beside the text.
    """

    model: Model
    text: str
    explanations: Explanations
    before: Explanations | None = None
    place: DeltaGenerator | None = None


def ask(page: Page, rule: Rule | None = None) -> Answer | None:
    """The text and its answer; None, and a sentence that says why, where there is none.

    Args:
        rule: of the explanations; the chosen one where None.
    """
    model = page.model
    session.answered()
    outputs.picker(model)
    if model.reads_numbers:
        return _of_numbers(page, rule or session.rule())
    if not model.reads_text:
        _cannot_read()
        return None
    with st.container(key="lens-text"):
        st.text_area(
            "Text",
            height=68,
            placeholder="Type or paste a text",
            help="It is explained while you type; a long one with Ctrl+Enter or the button.",
            **widgets.bind("text"),
        )
        frontend.live()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Leaving the text area hands it over.
        st.button("Explain", type="primary", on_click=session.used)
        if model.examples:
            place = st.popover("Examples", icon=":material/format_quote:")
            page.waiting.append((place, lambda: examples.picker(model)))
        choice = st.container(key="lens-choice", horizontal=True, width="stretch")
    if session.get("edited"):
        edited = f"<bdi>{escape(visible(session.get('edited')))}</bdi>"
        st.html(
            '<p class="lens-note lens-edited">Everything below is about the edited text: '
            f"“{edited}”. The box keeps the text as it was typed.</p>"
        )
    return _explain(model, rule or session.rule(), choice)


def _of_numbers(page: Page, rule: Rule) -> Answer | None:
    """The same of a model that reads numbers."""
    model = page.model
    if model.reads == numeric.STEP and not model.examples and not model.network.unit_names:
        st.info(
            "This model has no vocabulary, so it is asked by steps of "
            f"{model.network.input_shape.units} numbers. If they stand for words, upload it once "
            "more together with its embeddings and its vocabulary."
        )
        _add_vocabulary()
    text = numbers.form(page)
    if text is None:
        return None
    with st.spinner("Explaining …"):
        model = labels.asked(model, text)
        target = _target(model, text, rule)
        return Answer(model, text, cache.explained(model, text, target, rule))


def _cannot_read() -> None:
    st.info(
        "This model has no vocabulary, so it cannot read words yet. Upload it once more "
        "together with its vocabulary, or pick another model in the sidebar."
    )
    _add_vocabulary()


def _add_vocabulary() -> None:
    st.page_link(View.MODEL.file, label="Add a vocabulary", icon=":material/upload_file:")


def _explain(model: Model, rule: Rule, place: DeltaGenerator) -> Answer | None:
    text, typed = session.shown_text(), session.get("text")
    words = length(model, text)
    if not words:
        st.info("Type a text, or pick an example, to see which words count.")
        return None
    most = settings.most_words(model.network.input_shape.units)
    if not fits(model, text):
        st.warning(
            f"This text has {words:,} word{'s' * (words != 1)} and {len(text):,} characters; up to "
            f"{most:,} words and {settings.TEXT_CHARACTERS:,} characters can be "
            "explained at once with this model. "
            "Shorten it: nothing of it is lost, it stays in the box above."
        )
        return None
    compared = text != typed and fits(model, typed)
    with st.spinner("Explaining …"):
        asked = labels.asked(model, text)
        old = labels.asked_before(model, asked, text, typed) if compared else None
        target = _target(asked, text, rule, compared=old is not None)
        explanations = cache.explained(asked, text, target, rule)
        before = cache.explained(old, typed, target, rule) if old else None
    return Answer(asked, text, explanations, before, place)


def alike(model: Model, other: Model) -> bool:
    """Whether two models can be asked about the same."""
    units = [one.network.input_shape.units for one in (model, other)]
    return model.reads == other.reads and (model.reads_text or units[0] == units[1])


def fits(model: Model, text: str) -> bool:
    """Whether there are words in the text, and not too many of them."""
    if model.reads_numbers:
        return True  # `numbers.form` saw to it
    most = settings.most_words(model.network.input_shape.units)
    return len(text) <= settings.TEXT_CHARACTERS and 0 < length(model, text) <= most


def length(model: Model, text: str) -> int:
    """How many words, steps or features a text has."""
    if model.reads_numbers:
        return len(numeric.named(model.network, text))
    tokenizer = model.network.tokenizer
    return tokenizer.steps(len(tokenizer(text)))


def _target(model: Model, text: str, rule: Rule, *, compared: bool = False) -> cache.Target:
    """The class or contrast to explain; the class predicted is that of the text shown.

    Of values: the value or difference; the first one where nobody chose.
    """
    target, against = session.get("target"), session.get("contrast")
    if target == PREDICTED and against == NOTHING and not compared:
        return None
    chosen = target
    if target == PREDICTED:
        chosen = _unasked(cache.explained(model, text, None, rule))
    if against == NOTHING:
        return chosen
    if chosen == against:  # a class cannot be held against itself
        session.put("contrast", NOTHING)
        st.info("Nothing can be held against itself: the second choice was set back to nothing.")
        return _target(model, text, rule, compared=compared)
    return (chosen, against)


def _unasked(one: Explanations) -> int:
    """What is explained where nobody chose: the predicted class, or the first value."""
    return int(one.predicted[0]) if one.output_kind.has_classes else 0


def targets(answer: Answer) -> None:
    """Which class, and against which other one: the two lists of classes, or of values."""
    one = answer.explanations
    several = one.output_kind.has_classes or len(one.labels) > 1
    with answer.place or st.container(key="lens-choice"):
        first, left, right = _columns(labelled=one.positions is not None, several=several)
    if first is not None:
        labels.picker(answer.model, answer.text, one, first)
    if not one.output_kind.has_classes:
        if several:
            _values(one, left, right)
        return
    predicted = int(one.predicted[0])
    explained = predicted if session.get("target") == PREDICTED else session.get("target")

    def named(c: int | str) -> str:
        if c == PREDICTED:
            return f"predicted: {named(predicted)}"
        if c == NOTHING:
            return "no other class"
        if not isinstance(c, int):
            return str(c)
        label, score = visible(one.labels[c]), number(one.scores[0, c])
        return f"{label} (score {score}, {percentage(one.shares[0, c])})"

    classes = range(len(one.labels))
    options = [named(c) for c in (PREDICTED, *classes)]
    left.selectbox(
        "Explain class",
        [PREDICTED, *classes],
        format_func=named,
        help="The class whose score is explained.",
        **widgets.bind("target", options),
    )
    right.selectbox(
        "compared with",
        [NOTHING, *(c for c in classes if c != explained)],
        format_func=named,
        help="Explains the difference between two scores: what favours one class over the other.",
        **widgets.bind("contrast", options),
    )


def _columns(
    *, labelled: bool, several: bool
) -> tuple[DeltaGenerator | None, DeltaGenerator, DeltaGenerator]:
    """Places of the word whose label is explained, if any, of the target and of the contrast."""
    # What is explained is said in more words than what it is held against.
    widths = [2] * labelled + [3, 2] * several
    places = st.columns(widths) if widths else [st.container()]
    return (places[0] if labelled else None), places[-2 if several else -1], places[-1]


def _values(one: Explanations, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Which value, and less which other one."""
    count = len(one.labels)

    def named(c: int | str) -> str:
        if c == NOTHING:
            return "nothing: the value alone"
        at = c if isinstance(c, int) else 0
        return f"{visible(one.labels[at])} ({visible(value_text(one, at))})"

    explained = 0 if session.get("target") == PREDICTED else session.get("target")
    options = [named(c) for c in range(count)]
    left.selectbox(
        "Explain value",
        [PREDICTED, *range(1, count)],
        format_func=named,
        help="The value that is explained.",
        **widgets.bind("target", options),
    )
    right.selectbox(
        "compared with",
        [NOTHING, *(c for c in range(count) if c != explained)],
        format_func=named,
        help="The difference of two values is explained: what raises the one more than the other.",
        **widgets.bind("contrast", options),
    )
