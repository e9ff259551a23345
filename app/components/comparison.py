"""The rows of the Compare page: which ones, their words under each other, how far they agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache, settings
from app.compare import agreement
from app.compare.compared import DEFAULT, Row, names
from app.compare.export import Comparison
from app.components import adding, aligned, downloads, labels, rank_agreement, scale
from app.components.question import Answer, alike, fits, length
from app.components.scale import Asked
from app.components.sidebar import BUNDLED, model_names
from app.learn.words import target_of
from app.methods import LEFT_OUT_METHOD
from app.models.model import Model
from app.state import session, session_models, widgets
from app.text.markdown import plain
from lrp_engine import METHODS, Explanation
from lrp_engine.attribution.checks import doubts_of
from lrp_engine.errors import InputError
from lrp_engine.render.numbers import spelled


@dataclass(frozen=True, eq=False)
class Shown:
    """A row with its answer, and the model as it was asked."""

    row: Row
    model: str
    asked: Model
    explanation: Explanation


def show(answer: Answer) -> None:
    """Everything below the sentence."""
    wanted: tuple[Row, ...] = session.get("rows")
    shown, complaints = _answers(answer, wanted)
    called, shared = names([s.explanation for s in shown], [s.model for s in shown])
    _chosen(wanted, dict(zip((s.row for s in shown), called, strict=True)))
    adding.show(answer.model, _others(answer), settled=any(row.rule for row in wanted))
    for complaint in complaints:
        st.warning(plain(complaint))
    if not shown:
        count = spelled(len(DEFAULT))
        st.info(f"There are no rows to compare: add some, or go back to the {count} methods.")
        return
    explanations = [s.explanation for s in shown]
    for name, one in zip(called, explanations, strict=True):
        for doubt in doubts_of(one.method_info, one.checks):
            st.warning(plain(f"{name}: {doubt}"))
    asked = [_asked(s) for s in shown]
    rows = aligned.show(explanations, called, shared, asked)
    pairs = agreement.pairs(called, explanations) if len(shown) > 1 else []
    sentences = [agreement.sentence(one) for one in pairs[: len(called) - 1]]
    downloads.of_comparison(
        Comparison(text=answer.text, shared=shared, rows=rows, explanations=explanations,
                   models=[s.model for s in shown], sentences=sentences)
    )  # fmt: skip
    aligned.doubts(explanations, called, answer)
    rank_agreement.show(explanations[0].token_kind, pairs, sentences)
    _against_left_out(answer.text, shown, called)
    scale.wait(asked)


def _asked(one: Shown) -> Asked:
    return one.asked, adding.rule_of(one.row), target_of(one.explanation)


def _answers(answer: Answer, rows: Sequence[Row]) -> tuple[list[Shown], list[str]]:
    """Rows with their explanations, and why others have none."""
    models, titles = _models(answer), model_names()
    text, shown, complaints = answer.text, [], []
    for n, row in enumerate(rows, 1):
        model = models.get(row.model)
        if model is None:
            complaints.append(
                f"Row {n} needs the model {row.model}, which is not loaded here: upload it on the "
                "Model page, or remove the row."
            )
        elif complaint := _complaint(model, text, row):
            complaints.append(f"Row {n}{complaint}")
        else:
            with st.spinner("Explaining …"):
                asked = labels.asked(model, text)
            with _watched(n, row, rows) as progress, st.spinner("Explaining …"):
                made = _explained(asked, text, row, progress)
            shown.append(Shown(row, titles[_key(model)], asked, made))
    return shown, complaints


def _complaint(model: Model, text: str, row: Row) -> str:
    """Why a row has no answer, to follow its number; "" where it has one."""
    method, kind = METHODS[row.method], model.network.output_kind
    if row.target is not None and row.target >= model.network.classes:
        return (
            f" explains {kind.noun} {row.target}; the model {model.name} has {kind.nouns} 0 to "
            f"{model.network.classes - 1}."
        )
    if not fits(model, text):
        return f": the model {model.name} cannot read this input."
    if method.live:
        return ""
    shape = model.network.input_shape
    options = method.options_with(dict(row.chosen))
    most = settings.most_words_on_request(
        lambda words: method.count(words, options).total, shape.units, time=shape.time
    )
    if (count := length(model, text)) > most:
        return (
            f": {method.title} takes {method.cost}, so it explains up to {most:,} "
            f"{model.token_kind}s of this model at once; this input has {count:,}."
        )
    return ""


def _explained(
    model: Model, text: str, row: Row, progress: Callable[[int, int], object] | None = None
) -> Explanation:
    return cache.explained_by(
        row.method, model, text, row.target, adding.rule_of(row), dict(row.chosen), progress
    )


@contextmanager
def _watched(
    n: int, row: Row, rows: Sequence[Row]
) -> Iterator[Callable[[int, int], object] | None]:
    """Says how far a row on request is, beside a button that gives it up.

    The row is computed by this run of the page. A press on the button asks for another run, which
    ends this one as soon as it says how far it is.
    """
    if METHODS[row.method].live:
        yield None
        return
    place = st.empty()
    drawn: list[DeltaGenerator] = []

    def told(done: int, most: int) -> None:
        said = f"Row {n}, {METHODS[row.method].title}: {done:,} of up to {most:,} passes"
        if not drawn:
            box = place.container(horizontal=True, vertical_alignment="center")
            drawn.append(box.empty())
            box.button(
                "Cancel", key=widgets.field(f"compare.cancel.{n}"), icon=":material/close:",
                on_click=_give_up, args=(n, row, rows),
            )  # fmt: skip
        drawn[0].progress(min(1.0, done / max(1, most)), text=said)

    yield told
    place.empty()


def _give_up(n: int, row: Row, rows: Sequence[Row]) -> None:
    """Callback: take a row away that was not computed to its end."""
    session.choose(rows=tuple(one for one in rows if one != row))
    session.notify(
        f"Row {n} ({METHODS[row.method].title}) was cancelled and taken away; add it again to "
        "compute it."
    )


def _key(model: Model) -> str:
    key = session_models.brought(model).upload_hash
    return key if key in session_models.uploaded() else BUNDLED


def _models(answer: Answer) -> dict[str, Model]:
    """Models that read the same, by what a row calls them; "" is the one of the sidebar."""
    models = [cache.bundled(), *session_models.every().values()]
    by_key = {m.short_hash: m for m in models if alike(m, answer.model)}
    return {"": answer.model, **by_key}


def _others(answer: Answer) -> dict[str, str]:
    """Names of the models that a row can have instead of the sidebar's."""
    titles = model_names()
    by_key = _models(answer).items()
    return {
        key: titles[_key(m)]
        for key, m in by_key
        if key and m.upload_hash != answer.model.upload_hash
    }


def _chosen(rows: Sequence[Row], called: dict[Row, str]) -> None:
    """The rows as chips; taking one away takes its row away."""

    def named(row: Row) -> str:
        number = rows.index(row) + 1 if row in rows else 0
        return f"{number}. {called.get(row, METHODS[row.method].short)}"

    labels = "\0".join(named(row) for row in rows)
    st.multiselect(
        "Rows",
        list(rows),
        format_func=named,
        placeholder="no rows",
        help="The first row is what the others are compared with. Take a row away with its cross.",
        **widgets.watch(
            f"rows.{labels}", list(rows), lambda left: session.put("rows", tuple(left))
        ),
    )


def _against_left_out(text: str, shown: Sequence[Shown], called: list[str]) -> None:
    """How far each row agrees with what really happens when words are left out, one at a time."""
    rows = [(name, one) for name, one in zip(called, shown, strict=True)
            if one.row.method != LEFT_OUT_METHOD.name]  # fmt: skip
    if not rows:
        return
    kind = rows[0][1].explanation.token_kind
    st.header(f"And with leaving each {kind} out?", anchor=False, help=LEFT_OUT_METHOD.meaning)
    if max(length(one.asked, text) for _, one in rows) > settings.COMPARE_LEFT_OUT:
        st.html(
            f'<p class="lens-note">Of more than {settings.COMPARE_LEFT_OUT:,} {kind}s it is '
            f"computed on request: add a row of {LEFT_OUT_METHOD.title}.</p>"
        )
        return
    said = []
    for name, one in rows:
        try:
            left_out = _explained(
                one.asked, text, replace(one.row, method=LEFT_OUT_METHOD.name, chosen=())
            )
        except InputError as problem:
            said.append(f"{name}: {problem}")
            continue
        pair = agreement.pair((name, LEFT_OUT_METHOD.title), one.explanation, left_out)
        said.append(agreement.sentence(pair))
    rank_agreement.listed(said)
