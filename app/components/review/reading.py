"""The queue as a list, and the row that is open: what the model said, why, and its neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache, settings
from app.components import drawn, frontend, scale
from app.components.review import overview, verdict
from app.components.review.common import Desk
from app.figures.scales import scale_of
from app.navigation import View
from app.review import class_order, dialect, explained_rows, queue
from app.review.faithful import Faithful
from app.review.measures import Column, on_the_page
from app.review.methods import MAIN
from app.review.outcomes import NO_CLASS
from app.review.verdicts import VERDICTS
from app.state import session, widgets
from app.text import evidence
from app.text.markdown import plain
from lrp_engine import METHODS
from lrp_engine.render.heatmap import heatmap
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import printable, visible

HEIGHT = 282  # of the list, in pixels: seven rows
LISTED = 240  # characters of a text
HEADING = 40  # characters of the name of a column of the file
STATED = 400  # characters of a value of such a column above the open row
UNFOLDED = 600  # characters of a text above its words; a longer one is folded
STRONGEST = 12  # words of a text that is folded
RANDOM_HEADING = "random"

STYLE = """<style>
.lens-said { font-size: 1.25rem; line-height: 1.35; margin: 0; }
@media (max-width: 40rem) { .st-key-lens-row .lens-said { font-size: 1.1rem; } }
.lens-measures { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin: .25rem 0 .5rem;
  font-size: .875rem; }
.lens-measures b { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.st-key-lens-row .lrp-words { font-size: 1.2rem; padding-left: 0; }
.st-key-lens-row .lrp-legend { padding-left: 0; }
.lens-written { margin: 0 0 .25rem; white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 24rem; overflow-y: auto; }
.lens-way { margin: .75rem 0 0; font-size: 1rem; font-weight: 600; padding: 0; }
</style>"""


def show(desk: Desk, queued: list[int], above: DeltaGenerator, below: DeltaGenerator) -> None:
    """The list and the open row; where none is open, the queue's first.

    Args:
        above: where the list goes; below: where the row does.
    """
    if not queued:
        above.info("No text passes all filters. Remove one, or press “Show all”.")
        return
    row = session.get("row")
    # A new question opens its first answer; a verdict that takes the row out leaves it open.
    asked = tuple(session.get(name) for name in ("sort", *overview.FILTERS))
    renewed = session.get("asked") not in (None, asked)
    session.put("asked", asked)
    if not 0 <= row < len(desk.tables.summary) or (renewed and row not in queued):
        row = queued[0]
        session.put("row", row)
    with above:
        _list(desk, queued, row)
    with below:
        _open(desk, queued, row)


def _open_row(row: int) -> None:
    session.choose(row=row)


def _list(desk: Desk, queued: list[int], row: int) -> None:
    summary, labels = desk.tables.summary, desk.set.labels
    chosen = summary.iloc[queued]  # rows are numbered from 0 in the order of the file
    names = [visible(label) for label in labels]
    verdicts = desk.verdicts
    listed = [column for column in desk.set.columns if column.always]
    sorted_by = desk.sorts[session.get("sort")].measure
    if sorted_by is not None and not sorted_by.always:
        listed.insert(0, sorted_by)
    random = sorted_by if isinstance(sorted_by, Faithful) else None
    own = desk.tables.own.iloc[queued]
    first, shown = desk.identifier, desk.shown_columns
    keys = {} if first is None else {f"{visible(first)[:HEADING]} (file)": _values(own[first])}
    carried = {
        f"{visible(name)[:HEADING]} (file)": _values(own[name]) for name in shown if name != first
    }
    table = pd.DataFrame(
        {
            "row": chosen["row"] + 1,
            **keys,
            "text": [visible(str(text or ""))[:LISTED] for text in chosen["text"]],
            **carried,
            "true class": [
                # Of several classes the label says it shorter.
                visible(str(label).strip()) if c >= len(labels) else names[c] if c >= 0 else ""
                for c, label in zip(chosen["truth"], chosen["label"], strict=True)
            ],
            "predicted": [names[c] if c >= 0 else "" for c in chosen["said"]],
            "verdict": [_verdicts(verdicts.get(n, {})) for n in queued],
            **_numbers(chosen, listed, random),
        }
    )
    drawn.table(
        table,
        hide_index=True,
        most=HEIGHT,
        column_config={
            "row": st.column_config.NumberColumn(width=50),
            "text": st.column_config.TextColumn(width=270),
            "true class": st.column_config.TextColumn(width=95),
            "predicted": st.column_config.TextColumn(width=95),
            "verdict": st.column_config.TextColumn(width=165),
            **{heading: st.column_config.TextColumn(width=110) for heading in carried},
            **{heading: st.column_config.TextColumn(width=80) for heading in keys},
            **_configured(listed, random),
        },
        selection_mode="single-row",
        placeholder="–",
        alt="The queue: one text a row. Pick one to open it below.",
        **widgets.list_row(
            "queue", map(str, queued), queued.index(row) if row in queued else None,
            lambda at: _open_row(queued[at]),
        ),
    )  # fmt: skip


def _values(column: pd.Series) -> list[str]:
    """Values of a column of the file, as the list shows them."""
    return [visible(v or "")[:LISTED] if v else "" for v in column]


def _verdicts(said: Mapping[str, str]) -> str:
    """The verdicts of a row, each once, with how many said it where there are several reviewers."""
    counts = Counter(said.values())
    if len(said) < 2:
        return "".join(VERDICTS[choice] for choice in counts)
    return ", ".join(f"{VERDICTS[choice]} ({count})" for choice, count in counts.most_common())


def _numbers(
    chosen: pd.DataFrame, listed: list[Column], random: Faithful | None
) -> dict[str, pd.Series]:
    """Columns of the list; that of the random order beside the one that is sorted by."""
    found: dict[str, pd.Series] = {}
    for one in listed:
        found[one.heading] = one.format.factor * chosen[one.name]
        if random is not None and one == random:
            found[RANDOM_HEADING] = one.format.factor * chosen[random.random]
    return found


def _configured(listed: list[Column], random: Faithful | None) -> dict[str, Any]:
    formats = {one.heading: (one.format, getattr(one, "meaning", None)) for one in listed}
    if random is not None:
        formats[RANDOM_HEADING] = random.format, "The same of a random order of words, one draw."
    return {
        heading: st.column_config.NumberColumn(
            format=format.column, width=format.width, help=meaning
        )
        for heading, (format, meaning) in formats.items()
    }


def _open(desk: Desk, queued: list[int], row: int) -> None:
    line = desk.tables.summary.iloc[row]
    near, at = queue.around(queued, row)
    neighbours = session.get("neighbours")
    if row in queued:
        session.put("neighbours", (row, near, at))  # a verdict may take the row out of the queue
    elif neighbours is not None and neighbours[0] == row:
        _, near_then, at_then = neighbours
        near, at = queue.without(near_then, at_then, set(queued))
    place = f"{queued.index(row) + 1:,} of {len(queued):,}" if row in queued else "not in the queue"
    with st.container(key=f"lens-{session.ROW}"):
        left, right = st.columns([1, 1], vertical_alignment="center")
    key = desk.key_of(row)
    named = f" ({plain(visible(key)[:HEADING])})" if key else ""
    left.header(f"Row {row + 1:,}{named}, {place}", anchor=False)
    # What is said of a copied link is laid over what follows, as on Explain.
    with right, st.container(horizontal=True, vertical_alignment="center", key="lens-take"):
        frontend.prev_next(near, at, _open_row)
        frontend.copy_link()
    with st.container(key="lens-below"):
        st.button("Queue and filters", type="tertiary", icon=":material/arrow_downward:",
                  on_click=session.go_to, args=(session.QUEUE,))  # fmt: skip
    verdict.said_before(desk, row)
    _carried(desk, row)
    with st.container(key="lens-row"):
        if line["said"] == NO_CLASS:
            problem = dialect.named(visible(str(line["problem"])), desk.set.delimiter)
            st.warning(plain(f"This text was not explained. {problem}"))
            _written(str(line["text"] or ""))
        else:
            _decision(desk, line)
            _why(desk, row)
    verdict.show(desk, row, queue.after(near, at))
    scale.wait([] if desk.asked is None else [desk.asked])


def _carried(desk: Desk, row: int) -> None:
    """What the file's own columns that are shown say of a row."""
    line = desk.tables.own.iloc[row]
    said = "".join(
        f"<span>{escape(visible(name))} <b>{escape(visible(line[name])[:STATED])}</b></span>"
        for name in desk.shown_columns
        if line[name]
    )
    if said:
        st.html(f'{STYLE}<p class="lens-measures" dir="auto">{said}</p>')


def _decision(desk: Desk, line: pd.Series) -> None:
    """What the model said, whether it is right, and the measures of doubt."""
    truth = int(line["truth"])
    parts = [
        f"The model says <b>{desk.label(line['said'])}</b> "
        f"({escape(percentage(line['confidence']))})"
    ]
    if truth != NO_CLASS:
        members = desk.set.true_classes.members(truth)
        near = line["off"] == 1 and class_order.in_order(desk.set.labels)
        named = " or ".join(f"<b>{desk.label(c)}</b>" for c in members)
        if line["off"] == 0:
            label = escape(visible(str(line["label"]).strip()))
            meant = f"; the label <b><bdi>{label}</bdi></b> stands for {named}, so it is correct."
            parts.append(meant if len(members) > 1 else ", and that is the true class.")
        else:
            share = sum(line["probabilities"][c] for c in members)
            parts.append(
                f"; the true class is {named} ({escape(percentage(share))})"
                f"{', the class next to it' if near else ''}."
            )
    else:
        parts.append(".")
    stated = [one for one in on_the_page(desk.set.columns) if one.term]
    shown = "".join(
        f"<span>{escape(one.term)} <b>{escape(one.format.write(line[one.name]))}</b>"
        f"{escape(_beside(one, line))}</span>"
        for one in stated
    )
    st.html(f'{STYLE}<p class="lens-said">{"".join(parts)}</p>'
            f'<p class="lens-measures">{shown}</p>')  # fmt: skip


def _beside(column: Column, line: pd.Series) -> str:
    """The number of the random order behind a column's own."""
    if not isinstance(column, Faithful) or pd.isna(line[column.random]):
        return ""
    return f" (random {column.format.write(line[column.random])})"


def _written(text: str) -> None:
    """A text as it stands in the file; a long one is folded."""
    style = '<p class="lens-written" dir="auto">'
    if len(text) <= UNFOLDED:
        st.html(f"{STYLE}{style}{escape(printable(text))}</p>")
        return
    with st.expander(f"The text as written ({len(text.split()):,} words)"):
        st.html(f"{STYLE}{style}{escape(printable(text))}</p>")


def _why(desk: Desk, row: int) -> None:
    text = explained_rows.read(cache.sets(), desk.set, [row])[row]
    predicted = desk.set.labels[desk.tables.summary.iloc[row]["said"]]
    others = [name for name in desk.set.methods if name != MAIN]
    written = str(desk.tables.summary.iloc[row]["text"])
    if written.split() != list(text.tokens):
        _written(written)
    if len(text.tokens) <= settings.WORDS_UNFRAMED:
        st.html(_heatmap(desk, text, MAIN, predicted))
    else:
        found = explained_rows.strongest(text, MAIN, STRONGEST)
        said = ", ".join(f"{visible(word)} {number(value)}" for word, value in found)
        st.markdown(
            plain(
                f"The {len(found)} words with the most relevance, in the order of the text: {said}."
            )
        )
        with st.expander(f"All {len(text.tokens):,} words with their relevance"):
            st.html(_heatmap(desk, text, MAIN, predicted))
    if desk.model is not None:
        scale.picker([desk.model], "word")
    for hint in desk.set.imprecise:  # in sight where the numbers are; in short, for each row
        first, _, more = hint.partition(". ")
        st.caption(plain(f"{first}."), help=plain(more))
    if unknown := _unknown(desk, text):
        st.html(f'<p class="lens-note">{unknown}</p>')
    left, right = st.columns([3, 2])
    with left.expander("The same by " + " and ".join(METHODS[name].short for name in others)):
        for name in others:
            st.html(_heatmap(desk, text, name, predicted))
    if right.button("Open in Explain", icon=":material/lightbulb:", type="tertiary"):
        session.set_text(str(desk.tables.summary.iloc[row]["text"]))
        st.switch_page(View.EXPLAIN.file)


def _unknown(desk: Desk, text: explained_rows.ExplainedText) -> str:
    """The words of a text that the model does not know; nothing where it is not loaded."""
    network = desk.model.network if desk.model else None
    unknown = network.unknown(text.tokens) if network else None
    if network is None or unknown is None:
        return ""
    return evidence.unknown_words(text.tokens, unknown, network.substitute)


def _heatmap(desk: Desk, text: explained_rows.ExplainedText, name: str, predicted: str) -> str:
    method = METHODS[name]
    network = desk.model.network if desk.model else None
    drawn = scale_of(text.relevance[name], desk.typical(name))
    row = HeatmapRow.of_method(
        method,
        text.tokens,
        text.relevance[name],
        target_label=predicted,
        palette=session.get("palette"),
        vmax=drawn.vmax,
        scale=drawn.sentence,
        unknown=network.unknown(text.tokens) if network else None,
        substitute=network.substitute if network else None,
    )
    values_shown = session.get("values") and len(text.tokens) <= settings.WORDS_UNFRAMED
    title = f'<h3 class="lens-way">{escape(method.title)}</h3>'
    return title + heatmap(row, values_shown=values_shown)
