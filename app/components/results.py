"""What the answer looks like: the sentence and its links, the heatmaps, the charts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import settings
from app.compare import ranks
from app.components import (
    ablation,
    account,
    drawn,
    flips,
    frontend,
    headline,
    kept_text,
    labels,
    numeric_views,
    path,
    pinned,
    scale,
    taken,
    word,
)
from app.components.guard import guard
from app.components.question import Answer
from app.figures import charts, heatmap_rows, overview
from app.figures.scales import Scale
from app.methods import ACCOUNT_METHOD, ASIDE_METHODS
from app.models import numeric
from app.state import address, session, widgets
from app.text.markdown import plain
from lrp_engine import METHODS, Explanations
from lrp_engine.render.row import method_rows
from lrp_engine.render.wording import with_output

SCORE_UNIT = "score"


@st.fragment
def linked(answer: Answer) -> None:
    """Everything that follows the picked word; runs by itself when another one is picked."""
    with guard():
        if labels.asked(answer.model, answer.text) is not answer.model:
            st.rerun()  # another word's label is asked about, by everything on the page
        named = bool(answer.model.network.unit_names)
        with st.container(key="lens-answer"):
            _said(answer)
            numeric_views.known(answer)
            if named:  # what the numbers of a step are is known: they say most
                numeric_views.by_unit(answer)
            word.comparison(answer)
            pinned.show(answer)
            _heatmaps(answer)
        _word(answer)
        places = _below(answer)
        _numbers(answer)
        if not named:
            numeric_views.by_unit(answer)
        address.settle(answer.model.network)
        # Last: the first ones of a model take a while.
        for place, line in zip(places, (ablation.line, flips.line), strict=True):
            line(answer, place)
        scale.wait([scale.asked_of(answer.model, answer.explanations)])


def _said(answer: Answer) -> None:
    """What the model says and, beside it, what to take it along with."""
    headline.warnings(answer)
    with st.container(horizontal=True, key="lens-said"):
        headline.sentence(answer)
        with st.container(horizontal=True, key="lens-take", width="content"):
            link = taken.buttons(answer, word.shown(answer), _drawn(_scales(answer)))
    kept_text.show(link)
    with st.container(key="lens-notes"):
        headline.notes(answer)


def _heatmaps(answer: Answer) -> None:
    """A row per method: its name and meaning, the words, the legend."""
    if answer.before is not None:
        st.header("The edited text", anchor=False)
    shown = word.shown(answer)
    frontend.words(
        heatmap_rows.component_data(
            method_rows(
                shown,
                **_drawn(_scales(answer)),
            ),
            values_shown=session.get("values") and not _series(answer),
            long=len(answer.explanations.tokens[0]) > settings.WORDS_UNFRAMED,
            pick=word.picked(answer),
            overview=_overview(answer),
        ),
        word.dropper(answer),
    )


def _overview(answer: Answer) -> dict[str, Any] | None:
    """Of a long text, by the method whose numbers are shown in detail; None of any other."""
    shown, name = word.shown(answer), word.shown_method(answer)
    one = shown[name]
    if len(one.tokens[0]) < settings.OVERVIEW_WORDS or one.parts:
        return None
    return overview.data(one, palette=session.get("palette")) | {"row": list(shown).index(name)}


def _below(answer: Answer) -> tuple[DeltaGenerator, DeltaGenerator]:
    """What is said of the heatmaps, and how they are shown; the places of two lines."""
    shown = word.shown(answer)
    account.line(answer.explanations[ACCOUNT_METHOD.name])
    headline.hints(answer)  # in sight: they say how far the numbers above can be relied on
    places = st.empty(), st.empty()
    _controls(answer)
    said = [*_of_those_aside(shown), *ranks.agreement_sentences(list(shown.values()))]
    if said:
        st.html("".join(f'<p class="lens-note">{escape(sentence)}</p>' for sentence in said))
    return places


def _word(answer: Answer) -> None:
    """The picked word and what can be done with it."""
    at = word.picked(answer)
    if at is not None:
        with st.container(border=True, key="lens-word"):
            with st.container(horizontal=True, key="lens-word-head"):
                word.heading(answer, at)
                frontend.panel(at, answer.text, answer.explanations.token_kind)
            # The answer first; of an edited text that is what the edit did.
            place = st.container() if answer.before is None else None
            if answer.model.reads_text:
                word.editor(answer, at)
                word.edited(answer)
            with place or st.container():
                noted = ablation.picked(answer, at)
            if noted:
                st.html(noted)
            word.detail(answer, at)
            path.show(answer, at)


def _scales(answer: Answer) -> Mapping[str, Scale]:
    """The scale of colour of each method that is shown."""
    return scale.by_method(answer.model, word.shown(answer), shared=session.get("same_scale"))


def _drawn(scales: Mapping[str, Scale]) -> dict[str, Any]:
    """The colours that are chosen, as `method_rows` takes them."""
    return {
        "palette": session.get("palette"),
        "vmax": {name: one.vmax for name, one in scales.items()},
        "scale": {name: one.sentence for name, one in scales.items()},
    }


def comparable_methods(explanations: Explanations) -> list[str]:
    """Methods whose numbers share the unit of the score."""
    return [name for name, one in explanations.items() if one.method_info.unit == SCORE_UNIT]


def _controls(answer: Answer) -> None:
    token_kind = answer.explanations.token_kind
    shorts = [METHODS[name].short for name in comparable_methods(word.shown(answer))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        aside = [METHODS[name] for name in ASIDE_METHODS if name in answer.explanations]
        if aside:
            st.toggle(
                f"Also {' and '.join(method.short for method in aside)}",
                help=plain(" ".join(f"{m.title}. {m.limits or m.meaning}" for m in aside)),
                **widgets.watch("all_methods.toggle", word.shows_all(), _show_all),
            )
        if len(word.shown(answer)) > 1:
            word.method_picker(answer)
        if len(shorts) > 1:
            st.toggle(
                f"Same scale for {' and '.join(shorts)}",
                help="Off: each row has a scale of its own. On: equal numbers have equal colours "
                "in both rows.",
                **widgets.bind("same_scale"),
            )
        scale.picker([answer.model], token_kind)
        if not _series(answer):
            st.toggle(f"Numbers under the {token_kind}s", **widgets.bind("values"))


def _show_all(on: bool) -> None:
    session.put("all_methods", on)
    if not on and session.get("bars") in ASIDE_METHODS:
        session.put("bars", ACCOUNT_METHOD.name)


def _of_those_aside(shown: Explanations) -> list[str]:
    """What the methods that stand aside do and do not say; nothing unless they are shown."""
    aside = [METHODS[name] for name in ASIDE_METHODS if name in shown]
    return [method.limits for method in aside if method.limits]


def _series(answer: Answer) -> bool:
    """Whether steps are so many that their numbers stand in a map and its table alone."""
    one = answer.explanations
    return one.token_kind == numeric.STEP and len(one.tokens[0]) > settings.STEPS_NUMBERED


def _numbers(answer: Answer) -> None:
    """The same numbers as bars and in a table, for one method at a time."""
    st.header("Numbers", anchor=False)
    explanation, at = answer.explanations[word.shown_method(answer)], word.picked(answer)
    drawn.chart(
        charts.token_bars(explanation, palette=session.get("palette"), pick=at),
        alt=f"A bar per {answer.explanations.token_kind}; the table below has the same numbers.",
    )
    kind = explanation.output_kind
    if kind.has_classes or len(explanation.labels) > 1:
        about = "A bar per class with its score; the list of classes above says the same."
        drawn.chart(charts.score_bars(explanation), alt=with_output(about, kind))
    with st.expander("Exact numbers"):
        shown = word.shown(answer)
        table = charts.shown_table(shown, at)
        drawn.table(
            table,
            hide_index=True,
            column_config={
                "no.": st.column_config.NumberColumn(width=60),
                **dict.fromkeys(
                    table.columns[-len(shown) :],
                    st.column_config.NumberColumn(format="%.4f"),
                ),
            },
        )
