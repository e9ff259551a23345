"""What the answer looks like: the sentence, the heatmaps, the charts, the downloads."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from app import charts, settings, state
from app.components.guard import plain
from app.components.question import Answer
from lrp_engine import METHODS, Explanation
from lrp_engine.heatmap import explanation_fragment, limit_of
from lrp_engine.wording import percentage, visible

STYLE = """<style>
.lens-verdict { font-size: 1.5rem; line-height: 1.3; margin: .25rem 0 0; }
.lens-note { margin: .15rem 0 0; }
.lens-method { margin: .75rem 0 0; padding: 0; font-size: 1.1rem; }
.lens-method span { font-weight: 400; margin-left: .4rem; }
.lens-meaning { margin: 0; font-size: .875rem; }
/* Words of one width in every row, so that the rows can be compared column by column. */
.st-key-lens-heatmaps .lrp-words { font-size: 1.25rem; padding-left: 0; }
.st-key-lens-heatmaps .lrp-word { min-width: 3.9rem; }
.st-key-lens-heatmaps .lrp-legend { padding-left: 0; }
.st-key-lens-heatmaps [data-testid="stVerticalBlock"] { gap: .35rem; }
</style>"""


def verdict(answer: Answer) -> None:
    """What the model says, in a sentence; the true class and unknown words where there are any."""
    one = answer.first
    for sentence in one.warnings:
        st.warning(plain(sentence), icon=":material/gpp_bad:")
    predicted = int(one.predicted[0])
    parts = [
        f'<p class="lens-verdict">The model says <b>{_label(one, predicted)}</b> '
        f"({percentage(one.probabilities[0, predicted])}).</p>"
    ]
    true = answer.model.true_class(state.get("text"))
    if true is not None:
        agrees = "The model is right" if true == predicted else "The model is wrong"
        parts.append(
            f'<p class="lens-note">The true class of this example is <b>{_label(one, true)}</b>. '
            f"{agrees}.</p>"
        )
    unknown = [token for token, lacks in zip(one.tokens[0], one.unknown[0], strict=True) if lacks]
    if unknown:
        listed = ", ".join(f"<bdi>{escape(visible(word))}</bdi>" for word in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        reads = f"as {visible(answer.substitute)}" if answer.substitute else "as a vector of zeros"
        parts.append(
            f'<p class="lens-note">{len(unknown)} of {len(one.tokens[0])} words are unknown to '
            f"the model, which reads them {escape(reads)}: {listed}{more}.</p>"
        )
    st.html(STYLE + "".join(parts))


def _label(one: Explanation, c: int) -> str:
    return f"<bdi>{escape(visible(one.labels[c]))}</bdi>"


def heatmaps(answer: Answer) -> None:
    """A row per method: its name and meaning, the words, the legend."""
    limits = _limits(answer)
    long = len(answer.first.tokens[0]) > settings.WORDS_UNFRAMED
    with st.container(key="lens-heatmaps"):
        for name, explanation in answer.explanations.items():
            facts = explanation.facts
            st.html(
                f'<h2 class="lens-method">{escape(facts.short)}'
                f"<span>{escape(facts.title)}</span></h2>"
                f'<p class="lens-meaning">{escape(facts.meaning)}</p>'
            )
            with st.container(height=settings.FRAME_HEIGHT if long else "content", border=long):
                st.html(
                    explanation_fragment(
                        explanation,
                        palette=state.get("palette"),
                        limit=limits[name],
                        substitute=answer.substitute,
                        values_shown=state.get("values"),
                    )
                )
    scale_controls()
    for sentence in _agreement(answer):
        st.html(f'<p class="lens-note">{escape(sentence)}</p>')


def _limits(answer: Answer) -> dict[str, float | None]:
    """The value of the strongest colour, by method; None: its own largest one."""
    comparable = comparable_methods()
    if not state.get("same_scale"):
        return dict.fromkeys(answer.explanations)
    together = limit_of(*(answer.explanations[name].token_relevance[0] for name in comparable))
    return {name: together if name in comparable else None for name in answer.explanations}


def comparable_methods() -> list[str]:
    """Methods whose numbers share the unit of the score."""
    return [m.name for m in METHODS.values() if m.unit == "score"]


def _agreement(answer: Answer) -> list[str]:
    first, *others = answer.explanations.values()
    return [charts.agreement_sentence(first, other) for other in others]


def scale_controls() -> None:
    shorts = " and ".join(METHODS[name].short for name in comparable_methods())
    with st.container(horizontal=True):
        st.toggle(
            f"Same scale for {shorts}",
            help="Off: the strongest word of each row has the strongest colour. On: equal numbers "
            "have equal colours in both rows.",
            **state.bind("same_scale"),
        )
        st.toggle("Numbers under the words", **state.bind("values"))


def details(answer: Answer) -> None:
    """The same numbers as bars and in a table, for one method at a time."""
    st.header("Numbers", anchor=False)
    name = st.segmented_control(
        "Method of the bars",
        list(answer.explanations),
        format_func=lambda name: METHODS[name].short,
        required=True,
        **state.bind("bars"),
    )
    explanation = answer.explanations[name or next(iter(answer.explanations))]
    st.altair_chart(
        charts.token_bars(explanation, palette=state.get("palette")),
        alt="A bar per word; the table below has the same numbers.",
    )
    st.altair_chart(
        charts.score_bars(explanation),
        alt="A bar per class with its score; the list of classes above says the same.",
    )
    with st.expander("Exact numbers"):
        st.dataframe(charts.token_table(answer.explanations), hide_index=True)


def downloads(answer: Answer) -> None:
    """The same numbers to take along; files are made when asked for."""
    name = f"lrp-lens-{answer.first.model_hash[:8]}"
    explanations = answer.explanations
    palette = state.get("palette")
    with st.container(horizontal=True):
        st.download_button(
            "Web page", lambda: answer.sums.to_html(palette=palette), f"{name}.html", "text/html",
            icon=":material/download:", on_click="ignore",
            help="A page of its own: heatmap, numbers, account and settings. Needs no network.",
        )  # fmt: skip
        st.download_button(
            "Table (CSV)", lambda: charts.token_table(explanations).to_csv(index=False),
            f"{name}.csv", "text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Everything (JSON)",
            lambda: json.dumps([e.to_dict() for e in explanations.values()], ensure_ascii=False,
                               indent=1),
            f"{name}.json", "application/json", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    if not state.text_fits_link():
        st.caption("The text is too long for a link: the address keeps everything but the text.")
