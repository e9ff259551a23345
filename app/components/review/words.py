"""Which words push towards each class over the whole set; a picked word leads to its sentences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.components import drawn
from app.components.review.common import Desk
from app.figures import quality_charts
from app.review import words
from app.review.methods import MAIN
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine import METHODS
from lrp_engine.render.wording import visible

SHOWN = 100  # words in each list
PLOTTED = 20  # words
HEIGHT = 246  # of each list, in pixels: six words
SPELLINGS = {session.ANY: "all", "plain": "not negated", "negated": "negated"}


def chosen_rows(desk: Desk) -> frozenset[int] | None:
    """Rows of the word that was picked; None where none is."""
    word = session.get("word")
    return None if word is None else words.rows_with(desk.tables.words, word[0], word[2], word[1])


def chip(desk: Desk) -> None:
    """Says which word the queue is limited to, and takes it back."""
    key = session.get("word")
    if key is None:
        return
    predicted, negated, word = key
    labels = desk.set.labels
    label = labels[predicted] if predicted < len(labels) else f"class {predicted}"
    st.button(
        f"“{plain(visible(word))}”{' after a negation' if negated else ''}, where the model said "
        f"{plain(visible(label))}",
        icon=":material/close:",
        help="Press to take this filter back.",
        on_click=session.choose,
        kwargs={"word": None},
    )


def show(desk: Desk) -> None:
    labels = desk.set.labels
    st.markdown(
        f"Mean relevance ({METHODS[MAIN].short}) of each word for a class, over the texts in "
        "which the model predicts it. *Negated* means that one of the "
        f"{words.REACH} preceding words is a negation (not, no, never, …). Pick a word to "
        "read its texts."
    )
    first, second, third = st.columns(3)
    predicted = first.selectbox(
        "Class", range(len(labels)), format_func=lambda c: visible(labels[c]),
        **widgets.bind("counted_class", labels),
    )  # fmt: skip
    counted = words.table(desk.tables.words, predicted)
    chosen = session.get("at_least")
    if chosen == session.default("at_least") and not session.get("count_chosen"):
        chosen = words.fitting_count(counted, most=chosen)
    least = second.number_input(
        "Minimum count", min_value=1, max_value=1000,
        help="How often a word has to occur; until you choose, it fits the size of the set.",
        **widgets.watch("at_least.chosen", chosen, _count),
    )  # fmt: skip
    spelling = third.selectbox("Words", list(SPELLINGS), format_func=SPELLINGS.__getitem__,
                               **widgets.bind("spelling"))  # fmt: skip
    counted = counted[counted["count"] >= least]
    if spelling != session.ANY:
        counted = counted[counted["negated"] == (spelling == "negated")]
    if counted.empty:
        st.info(
            "No word occurs that often in texts of this class. Lower the minimum count, or choose "
            "another class."
        )
        return
    plot, lists = st.columns(2, gap="medium")
    name = visible(labels[predicted])
    with plot:
        strongest = words.strongest(counted, at_least=1, most=PLOTTED)
        drawn.chart(
            quality_charts.words(
                strongest, name, METHODS[MAIN].unit, palette=session.get("palette")
            ),
            alt=f"The {len(strongest)} words with the largest mean relevance for or against "
            f"{name}; the lists beside hold the same numbers.",
        )
    with lists:
        _list(f"Towards {name}", counted[counted["mean"] > 0], predicted)
        _list(f"Away from {name}", counted[counted["mean"] < 0].iloc[::-1], predicted)


def _count(least: int) -> None:
    session.put("count_chosen", True)
    session.put("at_least", least)


def _list(title: str, counted: pd.DataFrame, predicted: int) -> None:
    st.header(plain(title), anchor=False)
    if counted.empty:
        st.caption("None.")
        return
    shown = counted.head(SHOWN)
    table = pd.DataFrame(
        {
            "word": [
                f"{visible(word)}{' (negated)' if negated else ''}"
                for word, negated in zip(shown["word"], shown["negated"], strict=True)
            ],
            "mean": shown["mean"],
            "times": shown["count"],
            "in texts": shown["sentences"],
        }
    )
    keys = [
        (predicted, bool(n), str(w)) for w, n in zip(shown["word"], shown["negated"], strict=True)
    ]
    drawn.table(
        table,
        hide_index=True,
        most=HEIGHT,
        column_config={
            "word": st.column_config.TextColumn(width=150),
            "mean": st.column_config.NumberColumn(
                format="%.3f", width=65, help="Mean relevance, in the unit of the score"
            ),
            "times": st.column_config.NumberColumn(width=50),
            "in texts": st.column_config.NumberColumn(width=60),
        },
        selection_mode="single-row",
        alt=f"{title}: words with their mean relevance. Pick one to read its sentences.",
        **widgets.list_row(f"words.{title}", map(str, keys), None, lambda at: _open(keys[at])),
    )
    if len(counted) > SHOWN:
        st.caption(f"The {SHOWN} strongest of {len(counted):,}.")


def _open(key: tuple[int, bool, str]) -> None:
    session.choose(word=key, row=session.default("row"), part="rows")
