"""What the answer looks like: the sentence, the heatmaps, the charts, the downloads."""

from __future__ import annotations

import json
from collections import Counter
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
    downloads,
    drawn,
    flips,
    frontend,
    kept_text,
    labels,
    path,
    pinned,
    scale,
    word,
)
from app.components.guard import guard
from app.components.question import Answer
from app.figures import charts, heatmap_rows, overview
from app.figures.scales import Scale
from app.methods import ACCOUNT_METHOD, ASIDE_METHODS
from app.models import numeric
from app.state import address, session, widgets
from app.text import evidence, file_names, typed
from app.text.markdown import plain
from lrp_engine import METHODS, Explanations
from lrp_engine.render.page import methods_page
from lrp_engine.render.row import method_rows
from lrp_engine.render.said import said
from lrp_engine.render.svg import svg
from lrp_engine.render.wording import visible, with_output

UNKNOWN_LISTED = 8  # different words
SCORE_UNIT = "score"

STYLE = """<style>
.lens-verdict { font-size: 1.5rem; line-height: 1.3; margin: .25rem 0 0; }
.lens-note { margin: 0; overflow-wrap: anywhere; }
.lens-labels { display: flex; flex-wrap: wrap; gap: .35rem .6rem; margin: .5rem 0;
  max-height: 9.5rem; overflow-y: auto; }
.lens-labels > span { display: inline-flex; flex-direction: column; align-items: center;
  padding: 0 .3rem; border-bottom: 2px solid transparent; overflow-wrap: anywhere; }
.lens-labels > .lens-asked { border-bottom-color: currentColor; font-weight: 600; }
.lens-labels small { font-size: .75rem; }
</style>"""


def verdict(answer: Answer) -> None:
    """What the model says, in a sentence; the true class and unknown words where there are any."""
    one = answer.explanations
    for sentence in one.warnings:
        st.warning(plain(sentence), icon=":material/gpp_bad:")
    parts = [f'<p class="lens-verdict">{_whose(one)} {_said(one)}.</p>']
    parts.append(labels.all_labels(answer.model, answer.text, one))
    true = answer.model.true_class(answer.text)
    if true is not None and answer.model.network.decides:
        predicted = int(one.predicted[0])
        agrees = "The model is right" if true == predicted else "The model is wrong"
        parts.append(
            f'<p class="lens-note">The true class of this example is <b>{_label(one, true)}</b>. '
            f"{agrees}.</p>"
        )
    lacking = zip(one.tokens[0], one.unknown[0], strict=True)
    unknown = Counter(token for token, lacks in lacking if lacks)
    if unknown:
        listed = ", ".join(
            f"<bdi>{escape(visible(word))}</bdi>{f' ({times} times)' if times > 1 else ''}"
            for word, times in unknown.most_common(UNKNOWN_LISTED)
        )
        others = len(unknown) - UNKNOWN_LISTED
        more = f" and {others} more" if others > 0 else ""
        reads = f"as {visible(one.substitute)}" if one.substitute else "as a vector of zeros"
        verb, them = ("is", "it") if unknown.total() == 1 else ("are", "them")
        parts.append(
            f'<p class="lens-note">{unknown.total():,} of {len(one.tokens[0]):,} words {verb} '
            f"unknown to the model, which reads {them} {escape(reads)}: {listed}{more}.</p>"
        )
    parts.append(typed.left_out(one))
    parts += [
        f'<p class="lens-note">{said}</p>'
        for said in (evidence.no_evidence(one), evidence.near_tie(one))
        if said
    ]
    parts += [f'<p class="lens-note">{escape(sentence)}</p>' for sentence in one.hints]
    st.html(STYLE + "".join(parts))


def _whose(one: Explanations) -> str:
    """Whose class or value is said."""
    token = one.labelled_token()
    if token is None:
        return "The model says"
    what = "labels" if one.output_kind.has_classes else "says of"
    return f"The model {what} “<bdi>{escape(visible(token))}</bdi>”"


def _said(one: Explanations) -> str:
    """The predicted class with its probability, or the values with their units, as HTML."""
    has_classes = one.output_kind.has_classes
    form = "<b><bdi>{}</bdi></b> ({})" if has_classes else "<bdi>{}</bdi> <b><bdi>{}</bdi></b>"
    listed = [form.format(escape(visible(c.label)), escape(visible(c.figure))) for c in said(one)]
    more = "" if has_classes or len(one.labels) <= len(listed) else " and others"
    return ", ".join(listed) + more


def _label(one: Explanations, c: int) -> str:
    return f"<bdi>{escape(visible(one.labels[c]))}</bdi>"


@st.fragment
def linked(answer: Answer) -> None:
    """Everything that follows the picked word; runs by itself when another one is picked."""
    with guard():
        if labels.asked(answer.model, answer.text) is not answer.model:
            st.rerun()  # another word's label is asked about, by everything on the page
        word.comparison(answer)
        pinned.show(answer)
        _heatmaps(answer)
        _word(answer)
        places = _below(answer)
        _numbers(answer)
        _downloads(answer)
        address.settle(answer.model.network)
        # Last: the first ones of a model take a while.
        for place, line in zip(places, (ablation.line, flips.line), strict=True):
            line(answer, place)
        scale.wait([scale.asked_of(answer.model, answer.explanations)])


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
            word.heading(answer, at)
            frontend.panel(at, answer.text)
            if answer.model.reads_text:
                word.editor(answer, at)
                word.edited(answer)
            ablation.picked(answer, at)
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
        st.dataframe(
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


def _downloads(answer: Answer) -> None:
    """The same numbers to take along; files are made when asked for."""
    explanations = answer.explanations
    name = file_names.of_explanations(explanations)
    shown, as_shown = word.shown(answer), _drawn(_scales(answer))
    picture = file_names.of_explanations(shown)
    cells = len(shown) * len(shown.tokens[0])
    with st.container(horizontal=True):
        downloads.button(
            "Web page", lambda: methods_page(shown, **as_shown), f"{picture}.html", "text/html",
            "A page of its own: heatmaps, numbers, account and settings. Needs no network.",
        )  # fmt: skip
        downloads.pictures(lambda: svg(shown, **as_shown), picture, cells)
        downloads.button(
            "Table (CSV)", lambda: charts.token_csv(explanations), f"{name}.csv", "text/csv"
        )
        downloads.button(
            "Everything (JSON)",
            lambda: json.dumps([e.to_dict() for e in explanations.values()], ensure_ascii=False,
                               indent=1),
            f"{name}.json", "application/json",
        )  # fmt: skip
        link = frontend.copy_link()
        pinned.button(answer)
    kept_text.show(link)
