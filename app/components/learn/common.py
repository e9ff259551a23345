"""What the steps share: big type, the sentence, its LRP at every layer."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import cache, settings
from app.components.layout import Page
from app.components.question import Answer, ask
from app.learn import lstm, words
from app.state import session
from app.text.markdown import plain
from lrp_engine import Epsilon, Explanation
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.numbers import number, tiny
from lrp_engine.render.wording import visible, with_output

STYLE = """<style>
.st-key-lens-lesson { font-size: 1.2rem; }
.st-key-lens-lesson [data-testid="stMarkdownContainer"] > p { font-size: 1.2rem;
  line-height: 1.5; max-width: 46rem; }
.st-key-lens-lesson [data-testid="stMarkdownContainer"] > ul li { font-size: 1.2rem; }
.st-key-lens-lesson h2 { font-size: 1.7rem; }
.st-key-lens-lesson textarea { font-size: 1.2rem; line-height: 1.4; }
.st-key-lens-lesson [data-baseweb="select"], .st-key-lens-lesson [data-testid="stSelectbox"] *,
.st-key-lens-lesson .lens-meaning, .st-key-lens-lesson .lrp-legend { font-size: 1.05rem; }
.st-key-lens-lesson .lens-note { font-size: 1.2rem; }
.st-key-lens-lesson .lens-method { font-size: 1.3rem; }
.st-key-lens-lesson :is(td, th):not(:first-child),
.st-key-lens-lesson :is(td, th):not(:first-child) * { text-align: right; }
/* Formulas are short lines: nothing has to scroll. */
.st-key-lens-lesson .katex-display { margin: .5rem auto .75rem 0; padding: 0; width: fit-content;
  overflow: visible; }
.st-key-lens-lesson .katex-display > .katex { text-align: left; font-size: 1.25em; }
.st-key-lens-lesson [data-testid="stMarkdownContainer"]:has(> .katex-display) { text-align: left;
  overflow: visible; }
.st-key-lens-lesson [data-testid="stMarkdown"]:has(.katex-display) > div { margin-left: 0;
  margin-right: auto; }
.lens-result { font-size: 1.3rem; line-height: 1.45; margin: .25rem 0; max-width: 46rem;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
/* Where one is, and the way on, stay in sight. */
[data-testid="stLayoutWrapper"]:has(> .st-key-lens-steps) { position: sticky; top: 3.75rem;
  z-index: 20; }
.st-key-lens-steps { background: var(--st-background-color); padding: .35rem 0; }
@media (hover: none) { .lens-arrows { display: none; } }
@media (max-width: 640px) {
  /* One line that is swept sideways. */
  .st-key-lens-steps [data-testid="stButtonGroup"] > div { flex-wrap: nowrap; overflow-x: auto; }
  .st-key-lens-steps [data-testid="stButtonGroup"] > div > * { flex: none; }
  .st-key-lens-steps [data-testid="stButtonGroup"] button { max-width: none; }
  .st-key-lens-lesson .katex-display > .katex { font-size: 1em; }
}
</style>"""


def result(text: str) -> None:
    """What the numbers say, in a sentence; the text is HTML, escaped where it is not ours."""
    st.html(f'<p class="lens-result">{text}</p>')


def word(token: str) -> str:
    """A word in HTML."""
    return f"<b>“<bdi>{escape(visible(token))}</bdi>”</b>"


def value(amount: float, vmax: float | None = None) -> str:
    return f"<b>{number(amount, vmax=vmax)}</b>"


def rule(**options: float) -> Rule:
    """What the lesson explains: the sidebar's stabilizer and bias factor, nothing else of it."""
    return session.rule(Epsilon.name, **{"gates": Epsilon().gates} | options)


def sentence(page: Page) -> Answer | None:
    """The sentence and what the model makes of it; short enough to follow."""
    if page.model.reads_numbers:
        st.info(
            "This step follows the words of a sentence, and this model reads "
            f"{page.model.token_kind}s: "
            "pick one that reads words in the sidebar."
        )
        return None
    if page.model.network.labels_steps:
        st.info(
            "This step follows the one answer of a model to a sentence, and this model labels "
            "every word: pick one that gives an answer in the sidebar."
        )
        return None
    answer = ask(page, rule())
    if answer is None:
        return None
    if rule() != session.rule():
        st.caption(
            "The lesson follows the epsilon rule, and of a product the signal takes all. The rule "
            "chosen in the sidebar counts on the other pages."
        )
    count = len(answer.explanations.tokens[0])
    if count > settings.LESSON_WORDS:
        st.info(
            f"The lesson follows every single word and takes up to {settings.LESSON_WORDS} of "
            f"them; this text has {count:,}. Take a shorter one."
        )
        return None
    return answer


def explained(one: Explanation) -> None:
    """Which score the numbers below divide."""
    result(
        f"{with_output('The score', one.output_kind)} of "
        f"<b><bdi>{escape(visible(one.target_label()))}</bdi></b> is "
        f"{value(float(one.explained_score[0]))}."
    )


def inside(answer: Answer) -> tuple[lstm.Inside, Explanation]:
    """The way through the LSTM that reads the words."""
    lstm.find(answer.model.network)  # says no before anything is computed
    explanation = cache.layered(
        answer.model,
        answer.text,
        words.target_of(answer.explanations),
        rule(),
    )
    return lstm.inside(answer.model.network, explanation), explanation


def checked(inside: lstm.Inside) -> None:
    st.caption(
        plain(
            f"Recomputed from the weights of layer {inside.node}. All relevances match the "
            f"engine’s to within {tiny(inside.disagreement)}."
        )
    )
