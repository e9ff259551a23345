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
    **outcomes.TITLES,
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
    labels, classes = desk.set.labels, desk.set.true_classes
    confusion = outcomes.confusion(desk.tables.summary, classes)
    colours = palette_named(session.get("palette"))
    confusion_matrix(
        confusion,
        lambda c: "no label" if c == outcomes.NO_CLASS else visible(classes.name(c)),
        chosen=(session.optional("truth"), session.optional("said")),
        colours=(colours.positive, colours.negative),
        caption="Predictions for each true class. Click a number to see those texts.",
        take=_take,
    )
    if confusion.left_out:
        st.caption(
            f"The {len(confusion.across)} of {len(labels):,} classes with the most texts; all are "
            "listed under “Classes”."
        )


def _take(cell: Any) -> None:
    truth, predicted = (session.ANY, session.ANY) if cell == "none" or not cell else cell
    session.choose(truth=truth, said=predicted)


def filters(desk: Desk) -> str:
    """The controls of the queue; returns the name of its order."""
    labels, sorts = desk.set.labels, _offered(desk)
    true_classes = desk.set.true_classes
    classes = [session.ANY, *range(len(labels))]
    truths = [session.ANY, *range(len(true_classes)), outcomes.NO_CLASS]

    def named(c: int | str) -> str:
        if c == outcomes.NO_CLASS:
            return "no label"
        return visible(true_classes.name(c)) if isinstance(c, int) else "any"

    sort = st.selectbox(
        "Order",
        list(sorts),
        format_func=lambda name: visible(sorts[name].title),
        help=visible(desk.sorts[session.get("sort")].meaning),
        **widgets.bind("sort", sorts),
    )
    own = list(desk.tables.own.columns)
    st.text_input(
        "Search",
        placeholder="in texts and columns" if own else "a word or a phrase",
        **widgets.bind("find"),
    )
    left, right = st.columns(2)
    left.selectbox("Verdict", list(MARKS), format_func=MARKS.__getitem__, **widgets.bind("marked"))
    right.selectbox(
        "The model is", list(OUTCOMES), format_func=OUTCOMES.__getitem__, **widgets.bind("outcome")
    )
    with st.expander("Classes and columns" if own else "Classes"):
        st.selectbox(
            "True class", truths, format_func=named,
            **widgets.bind("truth", [*map(true_classes.name, range(len(true_classes)))]),
        )  # fmt: skip
        st.selectbox("Predicted class", classes, format_func=named, **widgets.bind("said", labels))
        if own:
            shown = [n for n in session.get("columns") if n < len(own)]
            st.multiselect(
                "Columns to show",
                list(range(len(own))),
                format_func=lambda n: visible(own[n]),
                placeholder="none",
                help="They stand in the list and above the open row, and the queue can be ordered "
                "by them.",
                **widgets.watch("columns", shown, _show_columns, own),
            )
    return sort


def _show_columns(numbers: list[int]) -> None:
    session.put("columns", tuple(numbers))


def _offered(desk: Desk) -> dict[str, queue.Sort]:
    """Orders to choose from: of the file's own columns those that are shown."""
    shown, now = desk.shown_columns, session.get("sort")
    return {
        name: sort for name, sort in desk.sorts.items()
        if not sort.own or sort.column in shown or name == now
    }  # fmt: skip


def queued_rows(desk: Desk, sort: str) -> list[int]:
    """Rows of the queue, in order; says how many, and takes filters back."""
    words.chip(desk)
    tables = desk.tables
    rows = queue.queue(tables.summary, desk.verdicts, _chosen(desk), sort, tables.own)
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
    many = len(desk.set.labels)
    for name, most in (("truth", len(desk.set.true_classes)), ("said", many),
                       ("counted_class", many)):  # fmt: skip
        value = session.get(name)
        if isinstance(value, int) and value >= most:
            session.put(name, session.default(name))
            st.warning(f"Class {value} was ignored: the set has classes 0 to {most - 1}.")
    own = len(desk.tables.own.columns)
    if any(n >= own for n in session.get("columns")):
        session.put("columns", tuple(n for n in session.get("columns") if n < own))
        st.warning(f"Some columns were ignored: this set has {own} of its own.")
    if (sort := session.get("sort")) not in desk.sorts:
        session.put("sort", session.default("sort"))
        if (known := queue.SORTS.get(sort)) is None:
            st.warning("An order was ignored: this set has no such column.")
        else:
            st.warning(
                f"The order “{known.title}” was ignored: it needs a method or a measurement that "
                "this set does not have."
            )
