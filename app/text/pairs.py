"""Before and after an edit above each other, as escaped HTML. Pure: imports no Streamlit."""

from __future__ import annotations

from html import escape

from app.text.edits import DROPPED, INSERTED, REPLACED, class_changes, differences
from lrp_engine import Explanation
from lrp_engine.render.cells import Cell, cells
from lrp_engine.render.heatmap import STYLE as COLOURS
from lrp_engine.render.heatmap import variables
from lrp_engine.render.numbers import MINUS, number, percentage, vmax_of
from lrp_engine.render.wording import visible

CLASSES_SHOWN = 10

STYLE = """<style>
.lens-pairs { display: flex; flex-wrap: wrap; gap: .75rem .25rem; line-height: 1.3;
  padding: .25rem 0; }
.lens-pair { display: grid; grid-template-rows: repeat(3, auto); gap: .25rem; min-width: 3.9rem;
  max-width: 100%; }
.lens-pair .lrp-word { font-size: 1.1rem; min-height: 2.9rem; }
.lens-pair .lens-gain { min-height: 0; padding: .15rem .3rem; }
.lens-sides span:last-child { min-height: 0; }
.lens-pair .lrp-word.lens-gap { border: 1px dashed #7f7f7f; background: none; }
.lens-pair .lens-changed { font-weight: 700; }
.lens-sides { font-size: .875rem; text-align: left; }
.lens-sides span { display: flex; align-items: center; min-height: 2.9rem; padding-right: .5rem; }
.lens-scores { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .25rem 0; }
.lens-scores th, .lens-scores td { padding: .15rem .9rem .15rem 0; text-align: right;
  border-bottom: 1px solid #7f7f7f66; white-space: nowrap; font-weight: 400; }
.lens-scores th:first-child { text-align: left; white-space: normal; }
.lens-scores thead th { font-size: .875rem; }
.lens-scroll { overflow-x: auto; }
@media (max-width: 40rem) { .lens-scores { font-size: .8rem; }
  .lens-scores th, .lens-scores td { padding-right: .45rem; }
  .lens-scores thead th { font-size: .75rem; white-space: normal; vertical-align: bottom; } }
.lens-tall { max-height: 22rem; overflow-y: auto; }
</style>"""

_SAID = {DROPPED: "dropped", INSERTED: "inserted", REPLACED: "replaced"}


def heatmaps(
    before: Explanation, after: Explanation, *, palette: str, long: bool, index: int = 0
) -> str:
    """A column per word: before, after, difference; one scale of colour for all three."""
    table, info = differences(before, after, index), after.method_info
    vmax = vmax_of(before.token_relevance[index], after.token_relevance[index])

    def row(words: list[str], values: list[float], *, signed: bool) -> list[Cell]:
        return cells(words, values, signed=signed, palette=palette, vmax=vmax)

    one = row(table["before"].tolist(), table["value before"].tolist(), signed=info.signed)
    two = row(table["after"].tolist(), table["value after"].tolist(), signed=info.signed)
    # A difference has a sign even where the values have none.
    gap = row([""] * len(table), table["difference"].tolist(), signed=True)
    columns = "".join(
        _column(change, a, b, d)
        for change, a, b, d in zip(table["change"], one, two, gap, strict=True)
    )
    sides = (
        '<div class="lens-pair lens-sides" aria-hidden="true"><span>before</span>'
        "<span>after</span><span>difference</span></div>"
    )
    tall = ' class="lens-tall" tabindex="0" role="region" aria-label="Before and after"'
    return (
        f"{COLOURS}{STYLE}<div{tall if long else ''}>"
        f'<div class="lens-pairs lrp-words" style="{variables(palette)}">{sides}'
        f'<div role="list" aria-label="Words before and after the edit" '
        f'style="display:contents">{columns}</div></div></div>'
    )


def _column(change: str, before: Cell, after: Cell, difference: Cell) -> str:
    word = after.text if change != DROPPED else before.text
    old, new = before.text, after.text
    named = f"{old}, replaced by {new}" if change == REPLACED else word
    spoken = (
        f"{named}{f', {_SAID[change]}' if change in (DROPPED, INSERTED) else ''}: "
        f"before {'none' if change == INSERTED else before.short}, "
        f"after {'none' if change == DROPPED else after.short}, difference {difference.short}"
    )
    changed = " lens-changed" if change in _SAID else ""
    return (
        f'<div class="lens-pair{changed}" role="listitem" aria-label="{escape(spoken)}">'
        f"{_side(before, missing=change == INSERTED)}{_side(after, missing=change == DROPPED)}"
        f'<span class="lrp-word lens-gain {difference.kind}" aria-hidden="true" '
        f'style="{difference.style}"><small>{difference.short}</small></span></div>'
    )


def _side(cell: Cell, *, missing: bool) -> str:
    if missing:
        return '<span class="lrp-word lens-gap" aria-hidden="true"></span>'
    return (
        f'<span class="lrp-word {cell.kind}" aria-hidden="true" dir="auto" style="{cell.style}">'
        f"{escape(cell.text)}<small>{cell.short}</small></span>"
    )


def scores(before: Explanation, after: Explanation, index: int = 0) -> str:
    """A table of the classes' scores and probabilities; of many classes, those that matter."""
    table = class_changes(before, after, index)
    if len(table) > CLASSES_SHOWN:
        best = table[["probability before", "probability after"]].max(axis=1)
        table = table.loc[best.nlargest(CLASSES_SHOWN, keep="first").index].sort_index()
    old, new = int(before.predicted[index]), int(after.predicted[index])
    rows = "".join(
        f"<tr><th scope='row'><bdi>{escape(row['class'])}</bdi>{_roles(int(c), old, new)}</th>"
        + "".join(
            f"<td>{cell}</td>"
            for cell in (
                number(row["score before"]),
                number(row["score after"]),
                number(row["score change"]),
                percentage(row["probability before"]),
                percentage(row["probability after"]),
                f"{100 * row['probability change']:+.1f}".replace("-", MINUS),
            )
        )
        + "</tr>"
        for c, row in zip(table.index.tolist(), table.to_dict("records"), strict=True)
    )
    heads = ("class", "score before", "after", "change", "probability before", "after",
             "change in points")  # fmt: skip
    head = "".join(f"<th scope='col'>{name}</th>" for name in heads)
    return (
        f"{STYLE}<div class='lens-scroll' tabindex='0' role='region' aria-label='Scores before and "
        f"after'><table class='lens-scores'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        "</table></div>"
    )


def _roles(c: int, old: int, new: int) -> str:
    if c == old == new:
        return " (predicted both times)"
    return " (predicted before)" if c == old else " (predicted after)" if c == new else ""


def sentence(before: Explanation, after: Explanation, index: int = 0) -> str:
    """What the edit did to the explained score and to the prediction, as HTML."""
    change = number(float(after.explained_score[index] - before.explained_score[index]))
    old, new = (int(e.predicted[index]) for e in (before, after))
    name = f"<b><bdi>{escape(visible(after.target_label(index)))}</bdi></b>"
    labels = [f"<b><bdi>{escape(visible(after.labels[c]))}</bdi></b>" for c in (old, new)]
    said = (
        f"The model still says {labels[1]}."
        if old == new
        else f"The model said {labels[0]} and now says {labels[1]}."
    )
    return (
        f"The edit changes the score of {name} by <b>{change}</b>, from "
        f"{number(float(before.explained_score[index]))} to "
        f"{number(float(after.explained_score[index]))}. {said}"
    )
