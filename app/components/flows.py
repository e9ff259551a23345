"""Below the account: through time, by direction, by layer; what settings and precision change."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from app import cache, settings
from app.account import PARTS, flow, sweeps
from app.compare import grid
from app.components import drawn, frontend
from app.components.question import Answer
from app.figures import tables
from app.learn import words
from app.models.model import Model
from app.state import session
from app.text.markdown import plain
from lrp_engine import Explanation, InputError
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import with_noun

HELP = {
    "time": "What reaches the words. For each direction of the LSTM that reads the words: "
    "what arrives at its hidden and its cell state, and what goes on to the input. Folded away: "
    "what the operations of a recurrent layer keep at each time step, of the cell state (the sum "
    "of what is kept and what is new) and of the signal (the sum of hidden state and input).",
    "layers": "What arrives at a layer must be handed on, go to its initial states, or be "
    "kept by its biases and stabilizers. The tolerance is for rounding alone.",
    "settings": "The same text with other values of ε and of the bias factor. The "
    "dashed line is the present value.",
    "precision": "The same computation with twice, or half, the digits: what differs is rounding.",
}
TWO_WAYS = (
    "A bidirectional layer reads the text from both ends. Each direction receives a part of the "
    "relevance and hands it on to the words."
)
NUMBER = st.column_config.NumberColumn(format="%.6f")
TINY = st.column_config.NumberColumn(format="%.1e")


def time(answer: Answer) -> None:
    """How relevance travels from word to word, and what each reading direction receives."""
    explanation = _layered(answer)
    _heading("time", explanation.token_kind)
    _through_time(answer, explanation)
    frontend.flow()
    _directions(flow.directions(answer.model.network, explanation), explanation.token_kind)


def layers(answer: Answer) -> None:
    """Whether each layer hands on, or keeps, all that arrives at it."""
    explanation = _layered(answer)
    _heading("layers", explanation.token_kind)
    table = flow.checks(answer.model.network, explanation)
    show_verdict = st.success if table["passed"].all() else st.error
    show_verdict(plain(flow.check_sentence(table)))
    shown = dict.fromkeys(("arrives", "handed on", "kept", "initial states"), NUMBER)
    passed = table["passed"].map({True: "passed", False: "failed"})
    drawn.table(table.assign(passed=passed).rename(columns={"passed": "verdict"}),
                 hide_index=True, height="content",
                 column_config={**shown, "error": TINY, "allowed": TINY})  # fmt: skip


def _layered(answer: Answer) -> Explanation:
    with st.spinner("Following the relevance …"):
        return cache.layered(*_question(answer))


def _question(
    answer: Answer,
) -> tuple[Model, str, int | tuple[int, int], Rule]:
    return answer.model, answer.text, words.target_of(answer.explanations), session.rule()


def _heading(part: str, token_kind: str) -> None:
    st.header(PARTS[part], anchor=False, help=with_noun(HELP[part], token_kind))


def _note(sentence: str) -> None:
    st.html(f'<p class="lens-note">{escape(sentence)}</p>')


def _through_time(answer: Answer, explanation: Explanation) -> None:
    tracks, count = flow.tracks(answer.model.network, explanation), len(explanation.tokens[0])
    if count > settings.SWEEP_WORDS:
        _note(f"Hidden and cell states are shown of texts of up to {settings.SWEEP_WORDS} words; "
              f"this one has {count:,}.")  # fmt: skip
    else:
        try:
            inside = cache.followed(*_question(answer))
        except InputError as error:
            _note(str(error))
        else:
            tracks += flow.state_tracks(inside)
            for sentence in flow.state_sentences(inside):
                _note(sentence)
    if len(tracks) > 1:  # the words alone stand in the account
        _tracks(tracks, explanation)
    if kept := flow.kept_tracks(explanation):
        with st.expander(
            "What biases and stabilizers keep at each time step", expanded=len(tracks) == 1
        ):
            _tracks(kept, explanation)


def _tracks(tracks: Sequence[flow.Track], explanation: Explanation) -> None:
    """A row per quantity; of a long text its beginning."""
    _note("Every row has a scale of colour of its own.")
    count = len(explanation.tokens[0])
    most = min(count, settings.COMPARE_CELLS // len(tracks))
    palette = session.get("palette")
    rows = [
        HeatmapRow.of_values(
            explanation.tokens[0], track.values, signed=True, palette=palette, name=track.name
        )
        for track in tracks
    ]
    st.html(grid.html(rows, label=f"Relevance through time, {explanation.token_kind}s", stop=most))
    if most < count:
        _note(f"The first {most:,} of {count:,} {explanation.token_kind}s.")


def _directions(table: pd.DataFrame, token_kind: str) -> None:
    if table.empty:
        return
    st.header("Forward and backward", anchor=False, help=with_noun(TWO_WAYS, token_kind))
    for sentence in flow.direction_sentences(table):
        _note(sentence)
    shown = dict.fromkeys(("received", "initial states", "kept", "handed on"), NUMBER)
    share = st.column_config.NumberColumn("share", format="%.1f %%")
    drawn.table(table.assign(share=100 * table["share"]), hide_index=True, height="content",
                 column_config={**shown, "share": share})  # fmt: skip


def other_settings(answer: Answer) -> None:
    """The same text under other stabilizers and bias factors."""
    _heading("settings", answer.explanations.token_kind)
    count = len(answer.explanations.tokens[0])
    if count > settings.SWEEP_WORDS:
        st.info(f"Shown for texts of up to {settings.SWEEP_WORDS} words; this one has {count:,}.")
        return
    for setting in (sweeps.EPS, sweeps.BIAS_FACTOR):
        with st.spinner("Trying other settings …"):
            sweep = cache.swept(*_question(answer), setting)
        _note(sweeps.sentence(sweep))
        title = sweeps.TITLES[setting]
        now = sorted({getattr(one, setting) for one in session.rule().layer_rules})
        left, right = st.columns(2)
        for place, lines, what in (
            (left, sweeps.word_lines(sweep), f"The strongest {answer.explanations.token_kind}s"),
            (right, sweeps.leak_lines(sweep), "Where the score is"),
        ):
            with place:
                drawn.chart(
                    sweeps.chart(lines, setting, f"{what}, by {title}", now=now),
                    alt=f"Lines over the {title}; the table below has the same numbers.",
                )
        with st.expander(f"Numbers by {title}"):
            table = sweeps.table(sweep)
            # Equal decimals under each other; the values of the setting as they are.
            rounded = dict.fromkeys(table.columns[1:], sweeps.NUMBER)
            drawn.table(table, hide_index=True, column_config={
                name: st.column_config.NumberColumn(format=form) for name, form in rounded.items()
            })  # fmt: skip


def precision(answer: Answer, explanation: Explanation) -> None:
    """The same computation with more digits, or fewer."""
    _heading("precision", explanation.token_kind)
    other = sweeps.OTHER[explanation.dtype]
    with st.spinner(f"Computing in {other} …"):
        again = cache.other_precision(*_question(answer))
    _note(sweeps.precision_sentence(explanation, again))
    table = sweeps.precisions(explanation, again)
    fine = st.column_config.NumberColumn(format="%.9f")
    columns = {explanation.dtype: fine, other: fine, "difference": TINY}
    drawn.table(tables.counted(table, explanation.token_kind), hide_index=True,
                 column_config=columns)  # fmt: skip
