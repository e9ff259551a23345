"""Explanation -> Altair chart. Pure: imports no Streamlit, sets no text colour.

Bars carry a palette's colours; everything else is left to the theme around the chart. Values are
written into the axis labels, so that the sign is read without colour.
"""

from __future__ import annotations

import altair as alt

from app.figures import tables
from app.figures.axes import (
    CATEGORIES,
    ROW,
    brief,
    counted,
    finish,
    numbered,
    place,
    row_axis,
    step_axis,
    time_title,
    zero,
)
from app.figures.tables import (
    Verdict,
    conservation_verdict,
    ledger_table,
    scores_table,
    shown_table,
    step_runs,
    step_table,
    token_csv,
    token_table,
    waterfall_table,
    words_of,
)
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.explanations import Explanations
from lrp_engine.render.numbers import number, percentage, vmax_of
from lrp_engine.render.palettes import DEFAULT, NEUTRAL, palette_named
from lrp_engine.render.wording import target_words, visible, with_output

__all__ = [
    "Verdict",
    "conservation_verdict",
    "ledger_table",
    "score_bars",
    "scores_table",
    "shown_table",
    "step_chart",
    "step_table",
    "tables",
    "token_bars",
    "token_csv",
    "token_table",
    "waterfall",
    "waterfall_table",
]

CLASSES_SHOWN = 20
STEPS_SHOWN = 60  # bars along a time axis; longer texts are summed over runs of words


def value_title(unit: str, what: str = "relevance") -> str:
    return f"{what} (unit: {unit})"


def token_bars(
    explanation: Explanation,
    *,
    palette: str = DEFAULT,
    strongest: int = 40,
    pick: int | None = None,
) -> alt.LayerChart:
    """A bar per word in reading order; of longer texts only the `strongest`, which it says.

    The bar of the word at position `pick` is framed and its label marked; it is always shown.
    """
    words, info = words_of(explanation), explanation.method_info
    kind, colours = explanation.token_kind, palette_named(palette)
    total = len(words)
    if total > strongest:
        order = words["value"].abs().sort_values(ascending=False, kind="stable").index
        best = order[:strongest].tolist()
        if pick is not None and pick not in best:
            best = [*best[:-1], pick]
        words = words.loc[best].sort_index()
    vmax = vmax_of(words["value"].to_numpy())
    shown = [number(v, signed=info.signed, vmax=vmax) for v in words["value"]]
    marked = [
        f"{counted(n, t, kind) if total > strongest else brief(t, kind)}{'?' if unknown else ''}"
        for n, t, unknown in zip(words["position"], words["token"], words["unknown"], strict=True)
    ]
    words["picked"] = words["position"] == (-1 if pick is None else pick)
    words["row"] = numbered(
        f"{'▸ ' if picked else ''}{t}  {v}"
        for t, v, picked in zip(marked, shown, words["picked"], strict=True)
    )
    words["number"] = words["position"] + 1
    words["direction"] = [direction(explanation, v) for v in words["value"]]
    words["colour"] = [colours.mark(v, signed=info.signed) for v in words["value"]]
    what = info.value_name
    bars = (
        alt.Chart(words)
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=value_title(explanation.unit, what)),
            y=row_axis(),
            color=alt.Color("colour:N", scale=None, legend=None),
            stroke=alt.condition("datum.picked", alt.value(NEUTRAL), alt.value(None)),
            strokeWidth=alt.condition("datum.picked", alt.value(3), alt.value(0)),
            tooltip=[
                alt.Tooltip("number:Q", title=f"{explanation.token_kind} number"),
                alt.Tooltip("token:N", title=explanation.token_kind),
                alt.Tooltip("unknown:N", title="unknown to the model"),
                alt.Tooltip("value:Q", title=what, format=".6g"),
                alt.Tooltip("direction:N", title="meaning"),
            ],
        )
    )
    title = f"{info.title}: {explanation.target_label()}"
    note = (
        f"The {strongest} strongest of {total:,} {explanation.token_kind}s"
        if total > strongest
        else ""
    )
    return finish(bars + zero(), title, note, ROW * len(words))


def direction(explanation: Explanation, value: float) -> str:
    kind = explanation.output_kind
    if not explanation.method_info.signed:
        return with_output("how strongly the score reacts, without a sign", kind)
    target, against = target_words(explanation)
    if value == 0:
        return "neither supports nor opposes it" if kind.has_classes else "changes nothing"
    if value > 0:
        return f"{kind.supports} {target}"
    return f"{kind.opposes} {target}" if against is None else f"{kind.supports} {against}"


def score_bars(explanation: Explanation | Explanations) -> alt.LayerChart:
    """A bar per class with score and probability; predicted and explained classes say so.

    Of values, a bar per value.

    Of many classes the highest `CLASSES_SHOWN` and the explained ones are shown.
    """
    table, kind = scores_table(explanation), explanation.output_kind
    total, vmax = len(table), vmax_of(table["score"].to_numpy())
    if total > CLASSES_SHOWN:
        best = table["score"].rank(ascending=False, method="first") <= CLASSES_SHOWN
        table = table[best | (table["role"] != "")].copy()
    marks = [
        ", ".join(word for word in ("predicted" if predicted else "", role) if word)
        for predicted, role in zip(table["predicted"], table["role"], strict=True)
    ]
    table["marks"] = marks
    table["row"] = numbered(
        f"{visible(name)}{f' ({mark})' if mark else ''}\n"
        f"{with_output('score', kind)} {number(score, vmax=vmax)}"
        f"{'' if share is None else f', probability {percentage(share)}'}"
        for name, mark, score, share in zip(
            table["class"],
            marks,
            table["score"],
            table.get("probability", [None] * len(table)),
            strict=True,
        )
    )
    noun = kind.noun
    bars = (
        alt.Chart(table)
        .mark_bar(color=NEUTRAL, stroke=NEUTRAL, strokeWidth=2)
        .encode(
            x=alt.X("score:Q", title="class score (logit)" if kind.has_classes else noun),
            y=row_axis(),
            fillOpacity=alt.condition("datum.role != ''", alt.value(1.0), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("class:N", title=noun if kind.has_classes else "name"),
                alt.Tooltip("score:Q", title=with_output("score", kind), format=".6g"),
                *(
                    [alt.Tooltip("probability:Q", title="probability", format=".6g")]
                    if kind.has_classes
                    else []
                ),
                alt.Tooltip("marks:N", title="marks"),
            ],
        )
    )
    note = f"{len(table)} of {total} {kind.nouns}" if total > len(table) else ""
    title = "Scores of the classes" if kind.has_classes else "Values"
    return finish(bars + zero(), title, note, 2 * ROW * len(table))


def waterfall(explanation: Explanation, *, palette: str = DEFAULT) -> alt.LayerChart:
    """From 0 to the explained score: words, initial states, biases, stabilizers, rounding.

    Raises:
        InputError: the method promises no sum.
    """
    table = waterfall_table(explanation)
    colours = palette_named(palette)
    total = table["kind"] == "total"
    vmax = vmax_of(table["relevance"].to_numpy())
    table["row"] = numbered(
        # Next to the words an error of rounding would read as zero.
        f"{brief(step, explanation.token_kind) if kind == 'word' else step}  "
        f"{number(value, vmax=None if kind == 'rounding' else vmax)}"
        for step, kind, value in zip(table["step"], table["kind"], table["relevance"], strict=True)
    )
    table["colour"] = [
        NEUTRAL if whole else colours.mark(value, signed=True)
        for whole, value in zip(total, table["relevance"], strict=True)
    ]
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X(
                "start:Q", title=with_output("running total of the score", explanation.output_kind)
            ),
            x2="end:Q",
            y=row_axis(),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("step:N", title="part"),
                alt.Tooltip("kind:N", title="kind"),
                alt.Tooltip("relevance:Q", title="relevance", format=".6g"),
                alt.Tooltip("end:Q", title="running total", format=".6g"),
            ],
        )
    )
    # A tick at every running total links a bar to the next one, even where it is too thin to see.
    ticks = (
        alt.Chart(table)
        .mark_tick(color=NEUTRAL, thickness=2, size=ROW * 0.9)
        .encode(x="end:Q", y=row_axis())
    )
    score = with_output("score", explanation.output_kind)
    title = f"Where the {score} of {explanation.target_label()} comes from"
    return finish(bars + ticks + zero(), title, "", ROW * len(table))


def step_chart(explanation: Explanation) -> alt.LayerChart:
    """What biases and stabilizers kept at each time step, stacked by layer, direction and kind.

    Raises:
        InputError: nothing is kept per time step.
    """
    table, run = step_runs(explanation, most=STEPS_SHOWN, parts=len(CATEGORIES))
    parts = table["part"].unique().tolist()
    steps = zip(table["run"], table["words"], strict=True)
    table["from"], table["to"] = table["first"] + 1, table["last"] + 1
    table["step"] = [place(n, words) for n, words in steps]
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=step_axis(time_title(explanation.token_kind)),
            y=alt.Y("kept:Q", title=value_title(explanation.unit, "relevance kept")),
            color=alt.Color(
                "part:N",
                title="kept by",
                scale=alt.Scale(domain=parts, range=[*CATEGORIES[: len(parts)]]),
                legend=alt.Legend(
                    symbolType="square", orient="top", direction="vertical", labelLimit=400
                ),
            ),
            tooltip=[
                alt.Tooltip("part:N", title="kept by"),
                alt.Tooltip("words:N", title=explanation.token_kind),
                alt.Tooltip("from:Q", title=f"from {explanation.token_kind} number"),
                alt.Tooltip("to:Q", title=f"to {explanation.token_kind} number"),
                alt.Tooltip("kept:Q", title="relevance kept", format=".6g"),
            ],
        )
    )
    note = f"Summed over runs of {run} {explanation.token_kind}s" if run > 1 else ""
    height = 220 + ROW * len(parts)
    return finish(bars + zero("y"), "Kept at each time step", note, height)
