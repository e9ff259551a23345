"""What the files of a model leave open: asked with the best guess and why, above the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.components import report, upload
from app.models.dropped import Brought, Draft, left_open
from app.models.model import Model
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.formats.companions.spec import DETECT
from lrp_engine.formats.question import Choice, Question
from lrp_engine.model.assumption import about
from lrp_engine.model.text import LONGEST

FEW = 5  # answers that stand side by side; more of them are a list
DROP_AGAIN = (
    "To answer otherwise, drop the files once more. What is about texts is also settled by texts "
    "with your program's numbers, below."
)
ONE_ORDER = "they were dropped with the files, and one order alone gives them"
BY_REFERENCE = Choice(
    title="Find it out by the outputs to compare with", sets={"gate_order": DETECT}
)


def section(model: Model, brought: Brought | None) -> None:
    """Questions about an upload, and what else was assumed of any model.

    Args:
        brought: the files on the page; a model is read from them again, as the answers say.
    """
    if not model.sent:  # what everybody has is asked of nobody
        report.assumed(model.network.assumptions)
        return
    draft: Draft | None = session.get("draft")
    mine = draft if draft is not None and draft.upload_hash == model.upload_hash else None
    left = left_open(model)
    asked = list(mine.asked) if mine else left
    if asked:
        st.header("What the files leave open", anchor=False)
        if mine is not None and brought is not None and brought.key == mine.key:
            _form(asked, mine, brought, model)
        else:
            _told(left)
    keys = {question.key for question in asked}
    report.assumed([one for one in model.network.assumptions if not keys & {*about(one)}])


def _told(asked: list[Question]) -> None:
    """Without the files nothing can be answered."""
    for one in asked:
        guess = f" {one.choices[0].title}, because {one.why}." if one.choices else ""
        st.markdown(f"- {plain(one.asks + guess)}")
    st.caption(DROP_AGAIN)


def _form(asked: list[Question], draft: Draft, brought: Brought, model: Model) -> None:
    with st.form("lens-questions", border=True):
        answers = {}
        for question in asked:
            if question.key == "gate_order" and brought.reference is not None:
                choices = (BY_REFERENCE, *question.choices)
                question = replace(question, choices=choices, why=ONE_ORDER)
            key = widgets.file_key(f"answer.{brought.key[0][0]}.{question.key}")
            answer = draft.answers.get(question.key)
            if question.choices:
                answers[question.key] = _ask(question, answer, key)
            else:
                answers[question.key] = _names(question, answer, key, model)
        sent = st.form_submit_button(
            "Use these answers", type="primary",
            on_click=session.put, args=("arrived", None),
        )  # fmt: skip
    if not sent:
        return
    lacking = [question.asks for question in asked if answers[question.key] is None]
    if lacking:
        st.warning(f"{lacking[0]} Your answer needs a number of tokens: type it below the choices.")
        return
    upload.read(brought, {key: answer for key, answer in answers.items() if answer})


def _ask(
    question: Question, answer: Mapping[str, Any] | None, key: str
) -> Mapping[str, Any] | None:
    """What the spec says for what is chosen; empty for nothing, None where a number is missing."""
    titles = [choice.title for choice in question.choices]
    given = [n for n, choice in enumerate(question.choices) if _is(choice, answer)]
    index, label = given[0] if given else 0, plain(question.asks)
    if len(titles) <= FEW:
        title = st.radio(label, titles, index=index, format_func=plain, key=key)
    else:
        title = st.selectbox(label, titles, index=index, key=key)
    st.caption(
        "As you said."
        if given
        else f"Best guess: {plain(titles[0])}, because {plain(question.why)}."
    )
    choice = question.choices[titles.index(title)]
    count = None
    if any(one.counted for one in question.choices):
        count = st.number_input(
            "To how many tokens?", min_value=1, max_value=LONGEST, value=None, step=1,
            key=f"{key}.count", placeholder="where they are filled up",
        )  # fmt: skip
    return None if choice.counted and count is None else choice.spec(count)


def _names(
    question: Question, answer: Mapping[str, Any] | None, key: str, model: Model
) -> Mapping[str, Any]:
    names = st.text_area(
        plain(question.asks),
        "\n".join((answer or {}).get(question.key, ())),
        key=key,
        height=100,
        placeholder="One a line, in the order of the outputs",
    )
    usual = model.network.output_kind.names(model.network.classes)
    more = ", and so on" if len(usual) > 2 else ""
    st.caption(f"Left empty: {', '.join(usual[:2])}{more}, because {plain(question.why)}.")
    listed = [name.strip() for name in names.splitlines() if name.strip()]
    return {question.key: listed} if listed else {}


def _is(choice: Choice, answer: Mapping[str, Any] | None) -> bool:
    """Whether an answer that was given is this choice, whatever its number."""
    if answer is None:
        return False
    count = (answer.get("tokenizer") or {}).get("length")
    return choice.spec(count) == answer
