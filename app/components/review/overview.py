"""The set at a glance: the confusion matrix, and the filters that make the queue."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.review import words
from app.components.review.common import Desk
from app.components.review.matrix import matrix as confusion_matrix
from app.review import outcomes, queue
from app.review.verdicts import VERDICTS
from app.state import session, widgets
from lrp_engine.render.palettes import palette_named
from lrp_engine.render.wording import visible

OUTCOMES = {
    session.ANY: "correct or incorrect",
    outcomes.RIGHT: "correct",
    outcomes.WRONG: "incorrect",
    outcomes.NOT_EXPLAINED: "not explained",
}
MARKS = {
    session.ANY: "any or none",
    queue.UNREVIEWED: "no verdict yet",
    queue.NOT_MINE: "none of mine yet",
    queue.REVIEWED: "any verdict",
    queue.SPLIT: "reviewers disagree",
    **VERDICTS,
}
FILTERS = ("truth", "said", "outcome", "marked", "find", "word")


def matrix(desk: Desk) -> None:
    """Counts of true and predicted classes; a pressed cell is a filter."""
    labels = desk.set.labels
    confusion = outcomes.confusion(desk.tables.summary, len(labels))
    colours = palette_named(session.get("palette"))
    confusion_matrix(
        confusion,
        lambda c: "no label" if c == outcomes.NO_CLASS else visible(labels[c]),
        chosen=(session.optional("truth"), session.optional("said")),
        colours=(colours.positive, colours.negative),
        caption="How many texts of each true class got which prediction. Press a number to see "
        "them.",
        take=_take,
    )
    if confusion.left_out:
        st.caption(
            f"The {len(confusion.across)} of {len(labels):,} classes with the most texts; all are "
            "in the list of classes below."
        )


def _take(cell: Any) -> None:
    truth, predicted = (session.ANY, session.ANY) if cell == "none" or not cell else cell
    session.choose(truth=truth, said=predicted)


def filters(desk: Desk) -> str:
    """The controls of the queue; returns the name of its order."""
    labels, sorts = desk.set.labels, queue.sorts_by(desk.set.columns)
    classes = [session.ANY, *range(len(labels))]

    def named(c: int | str) -> str:
        if c == outcomes.NO_CLASS:
            return "no label"
        return visible(labels[c]) if isinstance(c, int) else "any"

    sort = st.selectbox(
        "Order",
        list(sorts),
        format_func=lambda name: sorts[name].title,
        help="\n\n".join(f"**{s.title}**: {s.meaning}" for s in sorts.values()),
        **widgets.bind("sort"),
    )
    st.text_input("Texts with", placeholder="a word or a phrase", **widgets.bind("find"))
    left, right = st.columns(2)
    left.selectbox("Verdict", list(MARKS), format_func=MARKS.__getitem__, **widgets.bind("marked"))
    right.selectbox(
        "The model is", list(OUTCOMES), format_func=OUTCOMES.__getitem__, **widgets.bind("outcome")
    )
    with st.expander("Classes"):
        st.selectbox(
            "True class", [*classes, outcomes.NO_CLASS], format_func=named,
            **widgets.bind("truth", labels),
        )  # fmt: skip
        st.selectbox("Predicted class", classes, format_func=named, **widgets.bind("said", labels))
    return sort


def queued_rows(desk: Desk, sort: str) -> list[int]:
    """Rows of the queue, in order; says how many, and takes filters back."""
    words.chip(desk)
    rows = queue.queue(desk.tables.summary, desk.verdicts, _chosen(desk), sort)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,}** of {len(desk.tables.summary):,} texts in the queue")
        if any(session.get(name) != session.default(name) for name in FILTERS):
            st.button(
                "Show all", on_click=_reset, type="tertiary", icon=":material/filter_alt_off:"
            )
    return rows


def _reset() -> None:
    session.choose(**{name: session.default(name) for name in FILTERS})


def _chosen(desk: Desk) -> queue.Filter:
    return queue.Filter(
        truth=session.optional("truth"),
        predicted=session.optional("said"),
        outcome=session.optional("outcome"),
        marked=session.optional("marked"),
        reviewer=session.get("reviewer"),
        find=session.get("find"),
        rows=words.chosen_rows(desk),
    )


def drop_invalid(desk: Desk) -> None:
    """Forget classes and orders that the set does not have."""
    for name in ("truth", "said", "counted_class"):
        value = session.get(name)
        if isinstance(value, int) and value >= len(desk.set.labels):
            session.put(name, session.default(name))
            st.warning(
                f"Class {value} was ignored: the set has classes 0 to {len(desk.set.labels) - 1}."
            )
    if (sort := session.get("sort")) not in queue.sorts_by(desk.set.columns):
        session.put("sort", session.default("sort"))
        st.warning(
            f"The order “{queue.SORTS[sort].title}” was ignored: this set was not explained, or "
            "measured, so."
        )
