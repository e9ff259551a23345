"""The queue as a list, and the row that is open: what the model said, why, and its neighbours."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from app import cache, settings
from app.components import frontend
from app.components.review import overview, verdict
from app.components.review.common import Desk
from app.review import explained_rows, queue
from app.review.verdicts import VERDICTS
from app.state import session, widgets
from lrp_engine import METHODS
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.render.heatmap import heatmap, legend
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.wording import visible

HEIGHT = 282  # of the list, in pixels: seven rows
LISTED = 240  # characters of a text

STYLE = """<style>
.lens-said { font-size: 1.25rem; line-height: 1.35; margin: 0; }
.lens-measures { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin: .25rem 0 .5rem;
  font-size: .875rem; }
.lens-measures b { font-variant-numeric: tabular-nums; }
.st-key-lens-row .lrp-words { font-size: 1.2rem; padding-left: 0; }
.st-key-lens-row .lrp-legend { padding-left: 0; }
.lens-way { margin: .75rem 0 0; font-size: 1rem; font-weight: 600; padding: 0; }
</style>"""


def show(desk: Desk, found: list[int]) -> None:
    """The list and the open row; where none is open, the queue's first."""
    if not found:
        st.info("No text passes all filters. Take one back, or press “Show all”.")
        return
    row = session.get("row")
    # A new question opens its first answer; a verdict that takes the row out leaves it open.
    asked = tuple(session.get(name) for name in ("sort", *overview.FILTERS))
    renewed = session.get("asked") not in (None, asked)
    session.put("asked", asked)
    if not 0 <= row < len(desk.tables.summary) or (renewed and row not in found):
        row = found[0]
        session.put("row", row)
    _list(desk, found, row)
    _open(desk, found, row)


def _open_row(row: int) -> None:
    session.choose(row=row)


def _list(desk: Desk, found: list[int], row: int) -> None:
    summary, labels = desk.tables.summary, desk.set.labels
    chosen = summary.iloc[found]  # rows are numbered from 0 in the order of the file
    names = [visible(label) for label in labels]
    verdicts = desk.verdicts
    table = pd.DataFrame(
        {
            "row": chosen["row"],
            "text": [visible(str(text or ""))[:LISTED] for text in chosen["text"]],
            "true class": [names[c] if c >= 0 else "" for c in chosen["truth"]],
            "predicted": [names[c] if c >= 0 else "" for c in chosen["said"]],
            "confidence": 100 * chosen["confidence"],
            "margin": 100 * chosen["margin"],
            "verdict": [VERDICTS.get(verdicts.get(n, ""), "") for n in found],
        }
    )
    column = queue.SORTS[session.get("sort")].column
    if column not in table:
        table.insert(4, _SHORT[column], chosen[column] * (100 if column == "leak" else 1))
    share = st.column_config.NumberColumn(format="%.1f %%", width=85)
    st.dataframe(
        table,
        hide_index=True,
        height=min(HEIGHT, 36 * (len(table) + 1)),
        column_config={
            "row": st.column_config.NumberColumn(width=50),
            "text": st.column_config.TextColumn(width=270),
            "true class": st.column_config.TextColumn(width=95),
            "predicted": st.column_config.TextColumn(width=95),
            "verdict": st.column_config.TextColumn(width=110),
            "confidence": share,
            "margin": share,
            "outside": share,
            "error": st.column_config.NumberColumn(format="%.1e", width=100),
            "LRP~GI": st.column_config.NumberColumn(format="%.2f", width=100),
            "LRP~SA": st.column_config.NumberColumn(format="%.2f", width=100),
        },
        selection_mode="single-row",
        alt="The queue: one text a row. Pick one to open it below.",
        **widgets.list_row(
            "queue", map(str, found), found.index(row) if row in found else None,
            lambda at: _open_row(found[at]),
        ),
    )  # fmt: skip


_SHORT = {"leak": "outside", "error": "error", "gradient_x_input": "LRP~GI",
          "sensitivity": "LRP~SA"}  # fmt: skip


def _open(desk: Desk, found: list[int], row: int) -> None:
    line = desk.tables.summary.iloc[row]
    near, at = queue.around(found, row)
    onward = session.get("onward")
    if row in found:
        session.put("onward", (row, near, at))  # a verdict may take the row out of the queue
    elif onward is not None and onward[0] == row:
        _, then, stood = onward
        near, at = queue.without(then, stood, set(found))
    place = f"{found.index(row) + 1:,} of {len(found):,}" if row in found else "not in the queue"
    left, right = st.columns([1, 1], vertical_alignment="center")
    left.header(f"Row {row:,}, {place}", anchor=False)
    with right:
        frontend.onward(near, at, _open_row)
    with st.container(key="lens-row"):
        if line["said"] < 0:
            st.warning(f"This text was not explained. {line['problem']}")
            st.text(visible(str(line["text"] or "")))
        else:
            _said(desk, line)
            _why(desk, row)
    verdict.show(desk, row)


def _said(desk: Desk, line: pd.Series) -> None:
    truth = int(line["truth"])
    parts = [
        f"The model says <b>{desk.label(line['said'])}</b> "
        f"({escape(percentage(line['confidence']))})"
    ]
    if truth >= 0:
        right = truth == line["said"]
        parts.append(
            ", and that is the true class."
            if right
            else f"; the true class is <b>{desk.label(truth)}</b> "
            f"({escape(percentage(line['probabilities'][truth]))})."
        )
    else:
        parts.append(".")
    measures = [
        ("margin", percentage(line["margin"])),
        ("outside the words", percentage(line["leak"])),
        *((f"rank agreement of LRP and {METHODS[name].short}", _agreement(line[name]))
          for name in ("gradient_x_input", "sensitivity")),
    ]  # fmt: skip
    shown = "".join(
        f"<span>{escape(term)} <b>{escape(value)}</b></span>" for term, value in measures
    )
    st.html(f'{STYLE}<p class="lens-said">{"".join(parts)}</p>'
            f'<p class="lens-measures">{shown}</p>')  # fmt: skip


def _agreement(value: float | None) -> str:
    return "too few words" if pd.isna(value) else number(float(value or 0), vmax=1)


def _why(desk: Desk, row: int) -> None:
    text = explained_rows.read(cache.sets(), desk.set, [row])[row]
    said = desk.set.labels[desk.tables.summary.iloc[row]["said"]]
    main, *others = LIVE_METHODS
    st.html(_heatmap(desk, text, main, said))
    left, right = st.columns([3, 2])
    with left.expander("The same by " + " and ".join(METHODS[name].short for name in others)):
        for name in others:
            st.html(_heatmap(desk, text, name, said))
    if right.button("Open in Explain", icon=":material/lightbulb:", type="tertiary"):
        session.set_text(str(desk.tables.summary.iloc[row]["text"]))
        st.switch_page("views/explain.py")


def _heatmap(desk: Desk, text: explained_rows.ExplainedText, name: str, said: str) -> str:
    facts, values = METHODS[name], text.relevance[name]
    network = desk.model.network if desk.model else None
    vocabulary = network.vocabulary if network else None
    words = heatmap(
        text.tokens,
        values,
        signed=facts.signed,
        palette=session.get("palette"),
        unknown=network.unknown(text.tokens) if network else None,
        substitute=vocabulary.unknown if vocabulary else None,
        values_shown=session.get("values") and len(text.tokens) <= settings.WORDS_UNFRAMED,
        label=f"{facts.title}, {said}",
    )
    key = legend(
        signed=facts.signed,
        vmax=max(map(abs, values), default=0) or 1.0,
        unit=facts.unit,
        target_label=said,
        palette=session.get("palette"),
    )
    return f'<h3 class="lens-way">{escape(facts.title)}</h3>{words}{key}'
