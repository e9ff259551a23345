"""What is asked of a model that reads numbers: a field for each feature, or a table of steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app import settings
from app.components import examples
from app.components.layout import Page
from app.models import numeric
from app.models.model import Model
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.errors import InputError
from lrp_engine.render.numbers import MINUS
from lrp_engine.render.wording import visible

STEP = 0.1  # of a field's plus and minus
WIDTH = 154  # pixels of a field: two stand side by side on a phone, five on a laptop
_SIGN = re.compile(r"^-(?=[\d.]+$)")  # of a number
# Streamlit cuts labels off; names of features may be long.
STYLE = """<style>
.st-key-lens-features [data-testid="stWidgetLabel"] p { overflow-wrap: anywhere; }
.st-key-lens-features { gap: .5rem .75rem; }
</style>"""


def form(page: Page) -> str | None:
    """The numbers as text; None, and a sentence that says why, where they are not complete."""
    model = page.model
    text = _text(model)
    if model.reads == numeric.FEATURE and model.network.input_shape.units > settings.FEATURE_FIELDS:
        numbers = _many(model, text)
    elif model.reads == numeric.FEATURE:
        numbers = _fields(model, text)
    else:
        numbers = _steps(model, text)
    with st.container(horizontal=True, vertical_alignment="center"):
        if model.examples:
            place = st.popover("Examples", icon=":material/list:")
            page.waiting.append((place, lambda: examples.picker(model)))
            if model.reads == numeric.FEATURE:
                typical = numeric.write([u.typical for u in _usual(model)])
                st.button("Typical numbers", on_click=session.set_numbers, args=(typical,),
                          help="The median of each feature over the examples.")  # fmt: skip
        _paste(model)
        zeros = numeric.start(model.network)
        st.button("All zeros", on_click=session.set_numbers, args=(zeros,))
    if numbers is not None:
        _known(model, numbers)
    return numbers


def _paste(model: Model) -> None:
    """Numbers from elsewhere, all at once."""
    what = "A line per step" if model.reads == numeric.STEP else "One line"
    with st.popover("Paste numbers", icon=":material/content_paste:"):
        lines = st.text_area(
            f"{what} of {len(model.names)} numbers",
            key=widgets.field("pasted"),
            height=160,
            max_chars=settings.PASTED_CHARACTERS,
            help="As copied from a spreadsheet, or CSV: tabs, semicolons or commas between the "
            "numbers. The first line may hold their names.",
        )
        if st.button("Explain these numbers", type="primary"):
            try:
                session.set_numbers(numeric.pasted(model.network, model.names, lines))
            except InputError as error:
                st.warning(plain(str(error)))
            else:
                session.used()
                st.rerun()


def _text(model: Model) -> str:
    """The numbers asked about; those that do not fit the model give way, with a notice."""
    text: str = session.get("numbers")
    if not text:
        return model.start
    try:
        numeric.read(model.network, text)
    except InputError as error:
        session.put("numbers", "")
        st.warning(plain(f"The numbers of the address were ignored. {error}"))
        return model.start
    return text


def _usual(model: Model) -> tuple[numeric.Usual, ...]:
    return numeric.usual(model.network, [example.text for example in model.examples])


def _fields(model: Model, text: str) -> str:
    values = numeric.read(model.network, text)[0].tolist()
    usual = _usual(model)

    def take(at: int, value: float | None) -> None:
        changed = [*values[:at], value or 0.0, *values[at + 1 :]]
        session.set_numbers(numeric.write(changed))

    st.html(STYLE)
    with st.container(horizontal=True, key="lens-features"):
        for n, (name, value) in enumerate(zip(model.names, values, strict=True)):
            st.number_input(
                plain(visible(name)),
                -settings.LARGEST_NUMBER,
                settings.LARGEST_NUMBER,
                step=STEP,
                format="%g",
                width=WIDTH,
                help=usual[n].sentence if usual else None,
                **widgets.watch(f"feature-{n}.{model.upload_hash}", value, partial(take, n)),
            )
    if usual:
        with st.expander("How usual these numbers are"):
            table = _usual_table(model, values, usual, _facts(model, text))
            st.dataframe(table, hide_index=True, height="content")
    return text


def _usual_table(
    model: Model, values: list[float], usual: tuple[numeric.Usual, ...], known: Mapping[str, str]
) -> pd.DataFrame:
    """A row per feature: its number, what the examples have, and what else is known of it."""
    found = {
        "feature": [visible(name) for name in model.names],
        "now": values,
        "lowest": [u.lowest for u in usual],
        "typical (median)": [u.typical for u in usual],
        "highest": [u.highest for u in usual],
    }
    for fact in dict.fromkeys(_of_feature(model, name)[1] for name in known):
        if fact:
            found[fact] = [known.get(f"{name}, {fact}", "") for name in model.names]
    return pd.DataFrame(found)


def _of_feature(model: Model, fact: str) -> tuple[str, str]:
    """The feature that a fact such as "age, as measured" is about, and what it is; or nothing."""
    name, _, what = fact.rpartition(", ")
    return (name, what) if name in model.names else ("", "")


def _many(model: Model, text: str) -> str | None:
    """Features of which there are too many for a field each: a row for each."""
    key, made = widgets.grid("steps", text)
    names = [visible(name) for name in model.names]
    base = pd.DataFrame({"number": numeric.read(model.network, made)[0]}, index=names)
    edited = st.data_editor(base, key=key, on_change=session.used, height=320)
    return _taken(edited.T)


def _steps(model: Model, text: str) -> str | None:
    key, made = widgets.grid("steps", text)
    names = [visible(name) for name in model.names]
    count = text.count(numeric.STEPS) + 1
    with _folded(f"The numbers: {count:,} steps of {len(names)}", count):
        edited = _table(model, key, names, made)
    most = settings.most_words(len(names))
    if len(edited) > most:
        st.warning(f"The table has {len(edited):,} steps; up to {most:,} can be explained at once.")
        return None
    return _taken(edited)


def _folded(title: str, steps: int) -> AbstractContextManager[Any]:
    """Where the table of a long series is out of the way of its answer."""
    return st.expander(title) if steps > settings.STEPS_OPEN else nullcontext()


def _table(model: Model, key: str, names: list[str], made: str) -> pd.DataFrame:
    edited: pd.DataFrame = st.data_editor(
        numeric.table(model.network, names, made),
        key=key,
        on_change=session.used,
        num_rows="dynamic",
        column_config={name: st.column_config.NumberColumn(default=0.0) for name in names},
    )
    st.caption(
        "Type a number into a cell. The last row adds a step. To take steps away, tick them at "
        "their left edge and press Delete."
    )
    return edited


def _taken(found: pd.DataFrame) -> str | None:
    try:
        text = numeric.from_table(found)
    except InputError as error:
        st.info(plain(str(error)))
        return None
    widgets.edited("steps", text)
    session.put("numbers", text)
    return text


def _facts(model: Model, text: str) -> Mapping[str, str]:
    example = model.example(text)
    return example.facts if example else {}


def _known(model: Model, text: str) -> None:
    """What else is known of an example as a whole."""
    facts = {k: v for k, v in _facts(model, text).items() if not _of_feature(model, k)[0]}
    if facts:
        said = "; ".join(f"{name} {_SIGN.sub(MINUS, value)}" for name, value in facts.items())
        st.html(f'<p class="lens-note">Known about this example: {escape(visible(said))}.</p>')
