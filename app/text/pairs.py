"""Before and after an edit above each other, as escaped HTML. Pure: imports no Streamlit."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app import templates
from app.text.edits import DROPPED, INSERTED, REPLACED, class_changes, differences
from lrp_engine import Explanation
from lrp_engine.render.cells import Cell
from lrp_engine.render.numbers import number, percentage, points
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import with_output

CLASSES_SHOWN = VALUES_SHOWN = 10
LEAST_SHOWN = 1e-3  # the smallest change that numbers around it follow
VALUE_HEADINGS = ("value of", "before", "after", "change")
CLASS_HEADINGS = ("class", "score before", "after", "change", "probability before", "after",
                  "change in points")  # fmt: skip

_FATES = {DROPPED: "dropped", INSERTED: "inserted", REPLACED: "replaced"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A word before and after the edit, with the difference; a gap where there is no such word.

    Attributes:
        label: all of it, for screen readers. changed: whether the edit touched it.
    """

    before: Cell
    after: Cell
    difference: Cell
    label: str
    changed: bool


def heatmaps(
    before: Explanation, after: Explanation, *, palette: str, vmax: float, long: bool
) -> str:
    """A column per word: before, after, difference; one scale of colour for all three.

    Args:
        vmax: the value of the strongest colour.
    """
    table, signed = differences(before, after), after.method_info.signed

    def row(words: list[str], values: pd.Series, *, signed: bool) -> HeatmapRow:
        return HeatmapRow.of_values(
            words, values.tolist(), signed=signed, palette=palette, vmax=vmax
        )

    changes = table["change"].tolist()
    old = row(table["before"].tolist(), table["value before"], signed=signed)
    new = row(table["after"].tolist(), table["value after"], signed=signed)
    # A difference has a sign even where the values have none.
    gains = row([""] * len(table), table["difference"], signed=True)
    columns = [
        _column(change, *cells)
        for change, *cells in zip(
            changes,
            old.placed(None if change == INSERTED else n for n, change in enumerate(changes)).cells,
            new.placed(None if change == DROPPED else n for n, change in enumerate(changes)).cells,
            gains.cells,
            strict=True,
        )
    ]
    return templates.fragment("pairs.html", "heatmaps")(columns, gains.palette, long)


def _column(change: str, before: Cell, after: Cell, difference: Cell) -> Column:
    word = before.text if change == DROPPED else after.text
    name = f"{before.text}, replaced by {after.text}" if change == REPLACED else word
    fate = f", {_FATES[change]}" if change in (DROPPED, INSERTED) else ""
    return Column(
        before=before,
        after=after,
        difference=difference,
        label=f"{name}{fate}: before {before.short or 'none'}, after {after.short or 'none'}, "
        f"difference {difference.short}",
        changed=change in _FATES,
    )


def scores(before: Explanation, after: Explanation) -> str:
    """A table of the classes' scores and probabilities; of many classes, those that matter.

    Of values, a table of the first ones.
    """
    table, draw = class_changes(before, after), templates.fragment("pairs.html", "scores")
    if not after.output_kind.has_classes:
        first = table.head(VALUES_SHOWN).to_dict("records")
        return draw(VALUE_HEADINGS, ((row["class"], "", _numbers(row)) for row in first))
    if len(table) > CLASSES_SHOWN:
        best = table[["probability before", "probability after"]].max(axis=1)
        table = table.loc[best.nlargest(CLASSES_SHOWN, keep="first").index].sort_index()
    old, new = int(before.predicted[0]), int(after.predicted[0])
    rows = (
        (row["class"], _role(int(c), old, new), _numbers(row))
        for c, row in zip(table.index.tolist(), table.to_dict("records"), strict=True)
    )
    return draw(CLASS_HEADINGS, rows)


def _numbers(row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    scores = (
        number(row["score before"]),
        number(row["score after"]),
        number(row["score change"]),
    )
    if "probability before" not in row:
        return scores
    return (
        *scores,
        percentage(row["probability before"]),
        percentage(row["probability after"]),
        points(row["probability change"], signed=True),
    )


def _role(c: int, old: int, new: int) -> str:
    if c == old == new:
        return " (predicted both times)"
    return " (predicted before)" if c == old else " (predicted after)" if c == new else ""


def sentence(before: Explanation, after: Explanation) -> str:
    """What the edit did to the explained score and to the prediction, as HTML."""
    old, new = (float(e.explained_score[0]) for e in (before, after))
    return templates.fragment("pairs.html", "sentence")(
        score=with_output("score", after.output_kind),
        target=after.target_label(),
        change=new - old,
        before=old,
        after=new,
        # As many digits as the change has.
        shown=1 if new == old else max(abs(new - old), LEAST_SHOWN),
        **_predictions(before, after),
    )


def _predictions(before: Explanation, after: Explanation) -> dict[str, str | None]:
    """The predicted classes by name; None where there are none."""
    if not after.output_kind.has_classes:
        return {"predicted_before": None, "predicted_after": None}
    old, new = (after.labels[int(one.predicted[0])] for one in (before, after))
    return {"predicted_before": old, "predicted_after": new}
