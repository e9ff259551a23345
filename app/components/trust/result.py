"""What was measured: the recommendation, the table, the curves, random weights, what is missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app import cache
from app.components import drawn, frontend
from app.figures import trust_charts
from app.figures.spreadsheet import harmless_csv
from app.models.model import Model, short_hash
from app.state import session, widgets
from app.templates import fragment
from app.text.markdown import plain
from app.trust.shown import RANDOM_CALLED, Curve, Shown, Table
from lrp_engine import Evaluation
from lrp_engine.errors import InputError
from lrp_engine.render.wording import visible

# The curve that is shown first, where there is one.
FIRST_CURVE = "deletion"
REPORT = "Report"


def show(key: str, shown: Shown, model: Model, form: Callable[[], None]) -> None:
    """Everything of a result.

    Args:
        form: draws the choices of another measurement.
    """
    if shown.model_hash != model.model_hash:
        st.warning(
            plain(
                f"This was measured with the model “{visible(shown.model_name)}” "
                f"({short_hash(shown.model_hash)}), which is not the one in the sidebar."
            )
        )
    st.html(fragment("trust.html", "verdict")(shown.sentence))
    st.caption(plain(f"On {shown.facts}."))
    for doubt in shown.doubts:
        st.warning(plain(doubt))
    if shown.table is not None:
        _table(shown.table, "Explanations, measured")
    with st.container(horizontal=True, vertical_alignment="center"):
        _downloads(key, shown)
        frontend.copy_link(file=REPORT)
    with st.expander("Measure something else", icon=":material/tune:"):
        form()
    with st.expander("All measures, and what they mean"):
        for one in shown.sections:
            st.markdown(f"**{plain(one.title)}.** {plain(one.meaning)} {plain(one.sentence)}")
            st.caption(plain(f"Source: {one.source}."))
    _curves(shown.curves)
    if shown.check:
        st.header("Does it depend on what the model learned?", anchor=False)
        check(shown)
    _left_out(shown)


def _table(table: Table, label: str) -> None:
    st.html(fragment("trust.html", "table")(table, label))
    st.caption(
        "Small print: 95 % intervals over the texts. What “ties” with the best differs from it by "
        "no more than chance. Numbers of different models must not be compared."
    )


def _curves(curves: dict[str, Curve]) -> None:
    if not curves:
        return
    st.header("Word by word", anchor=False)
    names = list(curves)
    first = FIRST_CURVE if FIRST_CURVE in names else names[0]
    chosen = session.get("curve") if session.get("curve") in names else first
    chosen = st.selectbox(
        "Curve",
        names,
        format_func=lambda name: curves[name].title,
        label_visibility="collapsed",
        **widgets.watch("curve", chosen, partial(session.put, "curve"), names),
    )
    _chart(curves[chosen])


def _chart(curve: Curve) -> None:
    drawn.chart(
        trust_charts.curve(
            curve.points, title=curve.title, axis=curve.axis, value="mean over the texts",
            random=RANDOM_CALLED, named=curve.named,
        ),
        alt=f"A line per explanation with a band of 95 %. {curve.meaning}",
    )  # fmt: skip
    st.caption(plain(curve.meaning))


def check(shown: Shown) -> None:
    """What random weights say."""
    st.markdown(plain(shown.check))
    if shown.check_table is not None:
        with st.expander("Random weights, layer by layer"):
            st.html(fragment("trust.html", "table")(shown.check_table, "Random weights"))
            for curve in shown.check_curves.values():
                _chart(curve)


def _left_out(shown: Shown) -> None:
    if not shown.left_out:
        return
    st.header("What was not measured", anchor=False)
    st.html(fragment("trust.html", "left_out")(shown.left_out))


def _downloads(key: str, shown: Shown) -> None:
    """The same to take along; files are made when asked for."""
    name = f"lrp-lens-trust-{shown.model_hash[:8]}"
    st.download_button(
        REPORT, lambda: _evaluation(key).to_html(), f"{name}.html", "text/html",
        icon=":material/download:", on_click="ignore",
        help="A page with every measure. Needs no network.",
    )  # fmt: skip
    st.download_button(
        "Table (CSV)", lambda: harmless_csv(_evaluation(key).to_frame()), f"{name}.csv",
        "text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _evaluation(key: str) -> Evaluation:
    result = cache.evaluations().results.find(key)
    if result is None or result.evaluation is None:
        raise InputError("This is not kept any more; measure again.")
    return result.evaluation
