"""The set at a glance: the confusion matrix, and the filters that make the queue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.components.review import words
from app.components.review.common import Desk
from app.components.review.matrix import matrix as confusion_matrix
from app.review import outcomes, queue
from app.review.true_classes import BETWEEN, Key, TrueClasses, meaning
from app.review.verdicts import VERDICTS
from app.state import session, widgets
from app.text.markdown import plain
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
        chosen=(_truth(desk), session.optional("said")),
        colours=(colours.positive, colours.negative),
        caption="Predictions for each true class. Click a number to see those texts.",
        take=partial(_take, classes),
    )
    if confusion.left_out:
        st.caption(
            f"The {len(confusion.across)} of {len(labels):,} classes with the most texts; all are "
            "listed under “Classes”."
        )


def _take(classes: TrueClasses, cell: Any) -> None:
    match cell:
        case [int(truth), int(predicted)]:
            session.choose(truth=classes.key(truth), said=predicted)
        case _:
            session.choose(truth=session.ANY, said=session.ANY)


def _truth(desk: Desk) -> int | None:
    """The number of the true class that is filtered by; None for any."""
    chosen = session.optional("truth")
    return None if chosen is None else desk.set.true_classes.number(meaning(chosen))


def _called(labels: Sequence[str], key: Key) -> str:
    """The name of a true class, which the set need not have."""
    return BETWEEN.join(
        labels[c] if c < len(labels) else f"class {c}" for c in meaning(key)
    )  # fmt: skip


def filters(desk: Desk) -> str:
    """The controls of the queue; returns the name of its order."""
    labels, sorts = desk.set.labels, _offered(desk)
    true_classes = desk.set.true_classes
    classes = [session.ANY, *range(len(labels))]
    keys = [true_classes.key(number) for number in range(len(true_classes))]
    truths = [session.ANY, *keys, outcomes.NO_CLASS]

    def named(c: Key | str) -> str:
        if c == outcomes.NO_CLASS:
            return "no label"
        return "any" if isinstance(c, str) else visible(_called(labels, c))

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
            **widgets.bind("truth", map(named, keys)),
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
        truth=_truth(desk),
        predicted=session.optional("said"),
        outcome=session.optional("outcome"),
        marked=session.optional("marked"),
        reviewer=session.get("reviewer"),
        find=session.get("find"),
        rows=words.chosen_rows(desk),
    )


def drop_invalid(desk: Desk) -> None:
    """Forget classes and orders that the set does not have."""
    labels, truth = desk.set.labels, session.get("truth")
    for name in ("truth", "said", "counted_class"):
        value = session.get(name)
        if isinstance(value, int) and value >= len(labels):
            session.put(name, session.default(name))
            st.warning(f"Class {value} was ignored: the set has classes 0 to {len(labels) - 1}.")
    if isinstance(truth, tuple) and truth not in desk.set.true_classes.groups:
        session.put("truth", session.default("truth"))
        st.warning(
            plain(
                f"The true class “{visible(_called(labels, truth))}” was ignored: no label of this "
                "set stands for these classes. What labels stand for may have been changed since."
            )
        )
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
