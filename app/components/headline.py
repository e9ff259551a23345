"""What the model says, in a sentence, and what keeps that from being the whole answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.account import PARTS
from app.components import labels
from app.components.question import Answer
from app.text import evidence, typed
from app.text.markdown import plain
from lrp_engine import Explanations
from lrp_engine.propagation.rules.doubts import PRECISION_HINT
from lrp_engine.render.numbers import spelled
from lrp_engine.render.said import runners_up, said
from lrp_engine.render.wording import visible

# Where the dashboard does what a hint asks for.
MORE = {
    PRECISION_HINT: f" The page Conservation compares with float64 under “{PARTS['precision']}”."
}
STYLE = """<style>
.lens-verdict { font-size: 1.5rem; line-height: 1.3; margin: .25rem 0 0; }
@media (max-width: 40rem) {
  .lens-verdict { font-size: 1.25rem; text-wrap: balance; }
  /* The words are on the first screen: what there is to note of them stands below. */
  .stApp .st-key-lens-answer [data-testid="stAlertContainer"] { padding: .5rem .75rem; }
  .stApp .st-key-lens-answer [data-testid="stAlertContainer"] p { font-size: .875rem;
    line-height: 1.35; }
  .stApp .st-key-lens-answer { gap: .6rem; }
  .stApp [data-testid="stLayoutWrapper"]:has(> .st-key-lens-notes) { order: 1; }
}
/* Beside what the model says, what to take it along with; below where there is no room. */
.stApp .st-key-lens-said { align-items: center; gap: .25rem 1rem; }
.stApp .st-key-lens-said > :first-child { min-width: min(100%, 18rem); }
.stApp .st-key-lens-take { gap: .5rem; }
.lens-labels { display: flex; flex-wrap: wrap; gap: .35rem .6rem; margin: .5rem 0;
  max-height: 9.5rem; overflow-y: auto; }
.lens-labels > span { display: inline-flex; flex-direction: column; align-items: center;
  padding: 0 .3rem; border-bottom: 2px solid transparent; overflow-wrap: anywhere; }
.lens-labels > .lens-asked { border-bottom-color: currentColor; font-weight: 600; }
.lens-labels small { font-size: .75rem; }
</style>"""


def show(answer: Answer) -> None:
    """What the model says and what there is to note about it."""
    warnings(answer)
    sentence(answer)
    notes(answer)
    hints(answer)


def warnings(answer: Answer) -> None:
    for one in answer.explanations.warnings:
        st.warning(plain(one), icon=":material/gpp_bad:")


def sentence(answer: Answer) -> None:
    one = answer.explanations
    st.html(f'{STYLE}<p class="lens-verdict">{_whose(one)} {_said(one)}.</p>{_note(_among(one))}')


def notes(answer: Answer) -> None:
    """All labels, the true class, unknown words, near ties: whatever there is."""
    one = answer.explanations
    parts = [labels.all_labels(answer.model, answer.text, one)]
    true = answer.model.true_class(answer.text)
    if true is not None and answer.model.network.decides:
        predicted = int(one.predicted[0])
        agrees = "The model is right" if true == predicted else "The model is wrong"
        parts.append(
            _note(f"The true class of this example is <b>{_label(one, true)}</b>. {agrees}.")
        )
    unknown = evidence.unknown_words(one.tokens[0], one.unknown[0], one.substitute, one.warnings)
    parts += [_note(unknown), typed.left_out(one)]
    parts += map(_note, (evidence.no_evidence(one), evidence.near_tie(one)))
    if any(parts):
        st.html("".join(parts))


def hints(answer: Answer) -> None:
    """What else could be tried."""
    if found := answer.explanations.hints:
        st.html("".join(_note(escape(hint) + MORE.get(hint, "")) for hint in found))


def _note(html: str) -> str:
    return html and f'<p class="lens-note">{html}</p>'


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


def _among(one: Explanations) -> str:
    """How many classes there are and which come next, as HTML; nothing of fewer than three."""
    others = ", ".join(
        f"<bdi>{escape(visible(c.label))}</bdi> {escape(c.figure)}" for c in runners_up(one)
    )
    highest = escape(said(one)[0].figure)
    return others and (
        f"{highest} is the highest of {spelled(len(one.labels))} classes; next: {others}."
    )


def _label(one: Explanations, c: int) -> str:
    return f"<bdi>{escape(visible(one.labels[c]))}</bdi>"
