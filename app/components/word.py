"""The picked word: its values, its units, and edits of the text at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import streamlit as st

from app import settings
from app.components import drawn, scale
from app.components.question import Answer
from app.figures import unit_charts, units
from app.figures.scales import scales_of
from app.methods import ASIDE_METHODS
from app.state import history, session, widgets
from app.text import edits, pairs
from app.text.edits import Edit
from app.text.markdown import plain
from lrp_engine import METHODS, Explanations
from lrp_engine.errors import InputError

WORD = "word"

STYLE = """<style>
.lens-picked-word { font-size: 1.2rem; padding: 0; margin: 0; }
.lens-values { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 0 !important;
  padding: 0 !important; }
.lens-values div { margin: 0; }
.lens-values dt { font-size: .875rem; margin: 0 !important; }
.lens-values dd { margin: 0 !important; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.lens-values small { font-size: .8rem; }
</style>"""


def picked(answer: Answer) -> int | None:
    """Position of the picked word, None where there is none."""
    at: int | None = session.get("pick")
    return at if at is not None and at < len(answer.explanations.tokens[0]) else None


def heading(answer: Answer, at: int) -> None:
    name = escape(units.word_name(answer.explanations, at))
    token_kind = answer.explanations.token_kind.capitalize()
    words = f"{token_kind} {at + 1}: <bdi>{name}</bdi>"
    st.html(f'{STYLE}<h2 class="lens-picked-word" tabindex="-1">{words}</h2>')


def editor(answer: Answer, at: int) -> None:
    """Drop, replace, insert; nothing for what nobody typed."""
    tokens, places = _typed(answer)
    between, place = answer.model.network.tokenizer.between, places[at]
    if place is None:
        st.html('<p class="lens-note">Nobody typed this: it is put there to fill the text up, or '
                "to mark where it starts and ends.</p>")  # fmt: skip
        return
    for sentence in history.complaints():
        st.warning(plain(sentence))
    # In a form nothing is sent before a button is pressed; Enter presses the first one.
    form = st.form("lens-editor", border=False, enter_to_submit=True)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("New word", max_chars=200, width=220, key=widgets.field(WORD))
        _button("Replace", lambda word: edits.replace(tokens, place, word, between))
        _button("Insert before", lambda word: edits.insert(tokens, place, word, between))
        _button("Insert after", lambda word: edits.insert(tokens, place + 1, word, between))
        _button("Drop", lambda _: edits.drop(tokens, place, between))


def _typed(answer: Answer) -> tuple[list[str], list[int | None]]:
    """All words of the text, those left out too, and which of them stands at each place shown."""
    alignment = next(iter(answer.explanations.values())).alignment
    if alignment is None:
        tokens = list(answer.explanations.tokens[0])
        return tokens, list(range(len(tokens)))
    return alignment.typed(0)


def _button(label: str, make: Callable[[str], Edit]) -> None:
    st.form_submit_button(label, on_click=_edit(lambda: make(widgets.take_field(WORD))))


def _edit(make: Callable[[], Edit], *, picks: bool = True) -> Callable[[], None]:
    def act() -> None:
        try:
            made = make()
        except InputError as error:
            history.complain(str(error))
        else:
            history.edit(made, picks=picks)

    return act


def dropper(answer: Answer) -> Callable[[object], None]:
    """What the Delete key does to a word of this answer."""
    places = _typed(answer)[1]

    def act(at: object) -> None:
        if isinstance(at, int) and 0 <= at < len(places):
            edit_at(answer, at, None)()

    return act


def edit_at(
    answer: Answer, at: int, replacement: str | None, *, picks: bool = True
) -> Callable[[], None]:
    """What drops the word shown at a place, or puts another in its place; nothing for padding.

    Args:
        picks: whether the word that stands there then is picked.
    """
    tokens, places = _typed(answer)
    between, place = answer.model.network.tokenizer.between, places[at]

    def make() -> Edit:
        assert place is not None
        if replacement is None:
            return edits.drop(tokens, place, between)
        return edits.replace(tokens, place, replacement, between)

    return _edit(make, picks=picks) if place is not None else lambda: None


def undoing() -> None:
    """What to do with the edits; nothing where there are none."""
    if not session.get("edited"):
        return
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", on_click=history.undo)
        st.button("Restore the original text", on_click=history.reset)
        st.button("Use the edited text", on_click=history.keep,
                  help="The edited text becomes the text.")  # fmt: skip


def comparison(answer: Answer) -> None:
    """Scores and heatmaps before and after the edits, above each other."""
    if answer.before is None:
        return
    name = shown_method(answer)
    before, after = answer.before[name], answer.explanations[name]
    st.header("Before and after", anchor=False)
    if picked(answer) is None:  # else beside the edit, see `edited`
        st.html(f'<p class="lens-note">{pairs.sentence(before, after)}</p>')
        undoing()
    st.html(pairs.scores(before, after))
    long = len(after.tokens[0]) > settings.WORDS_UNFRAMED
    known = scale.typical(name, scale.asked_of(answer.model, answer.explanations))
    one, _ = scales_of([before, after], [known, known], shared=True)
    heatmaps = pairs.heatmaps(
        before, after, palette=session.get("palette"), vmax=one.vmax, long=long
    )
    st.html(
        f'<p class="lens-note">{escape(after.method_info.title)}, before and after. '
        f"{escape(one.sentence)}</p>{heatmaps}"
    )


def edited(answer: Answer) -> None:
    """What the edits did, beside where they are made; nothing where there are none."""
    if answer.before is None:
        return
    name = shown_method(answer)
    sentence = pairs.sentence(answer.before[name], answer.explanations[name])
    st.html(f'<p class="lens-note">{sentence}</p>')
    undoing()


def shows_all() -> bool:
    """Whether methods that stand aside are shown, too."""
    return session.get("all_methods") or session.get("bars") in ASIDE_METHODS


def shown(answer: Answer) -> Explanations:
    """The answer by the methods that are shown."""
    if shows_all():
        return answer.explanations
    return Explanations({n: e for n, e in answer.explanations.items() if n not in ASIDE_METHODS})


def shown_method(answer: Answer) -> str:
    """The method whose numbers are shown in detail."""
    name: str = session.get("bars")
    return name if name in answer.explanations else next(iter(answer.explanations))


def method_picker(answer: Answer) -> None:
    st.segmented_control(
        "Details by",
        list(shown(answer)),
        format_func=lambda name: METHODS[name].short,
        required=True,
        **widgets.bind("bars"),
    )


def values(terms: Iterable[tuple[str, str, str]]) -> str:
    """Terms, their values and small print, as HTML."""
    listed = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(value)} <small>{escape(more)}</small></dd></div>"
        for term, value, more in terms
    )
    return f'<dl class="lens-values">{listed}</dl>'


def detail(answer: Answer, at: int) -> None:
    """The word's value by every method, and its units."""
    explanation = answer.explanations[shown_method(answer)]
    ranked = units.word_values(shown(answer), at)
    if len(ranked) > 1:
        st.html(values((short, value, f"rank {rank}") for short, value, rank in ranked))
    else:  # its share is said above
        st.html(f'<p class="lens-note">Rank {ranked[0][2]} by {escape(ranked[0][0])}.</p>')
    if explanation.relevance is None:
        st.html(f'<p class="lens-note">{escape(units.without_units(explanation))}</p>')
        return
    if explanation.relevance.ndim == 2:  # a feature is a single number
        return
    st.html(f'<p class="lens-note">{escape(units.units_of(explanation, at).sentence)}</p>')
    drawn.chart(
        unit_charts.unit_bars(explanation, at, palette=session.get("palette")),
        alt=f"A bar per input unit of the picked {explanation.token_kind}; the sentence above "
        "has their "
        "sums.",
    )
