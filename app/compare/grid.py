"""Aligned rows of words as escaped HTML: a table per line of text, rows told by their headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app import templates
from app.compare.agreement import columns
from app.figures.scales import Scale
from lrp_engine import Explanation
from lrp_engine.render.aligned_svg import meanings
from lrp_engine.render.cells import Cell
from lrp_engine.render.row import HeatmapRow

LINE = 118  # characters of a line of text, each word's frame and the heading included
HEADING = 26  # characters of a heading; a longer one goes on in its next line
FRAMED = 40  # rows of words, in all lines of text, from which on they scroll in a frame
FRAME = 3  # characters that the frame of a word is as wide as
NUMBER = 6  # characters of a value


def aligned_rows(
    names: Sequence[str],
    explanations: Sequence[Explanation],
    *,
    palette: str,
    scales: Sequence[Scale],
) -> list[HeatmapRow]:
    """A row per explanation, the same words under each other, gaps where a row has no such word.

    Args:
        names: of the rows. scales: of colour of each.
    """
    aligned = columns([e.tokens[0] for e in explanations])
    rows = []
    for n, (name, explanation, one) in enumerate(zip(names, explanations, scales, strict=True)):
        row = HeatmapRow.of_explanation(
            explanation, palette=palette, vmax=one.vmax, scale=one.sentence
        )
        rows.append(replace(row.placed(column[n] for column in aligned), name=name))
    return rows


def html(rows: Sequence[HeatmapRow], *, label: str, start: int = 0, stop: int | None = None) -> str:
    """Tables of the columns from `start` to before `stop`, one per line of text.

    How long lines are is a guess; in a browser `frontend/flow.js` breaks them at its width.
    """
    if not rows:
        return ""
    lines = lines_of(rows, start, stop)
    return templates.fragment("grid.html", "grid")(
        lines,
        rows[0].palette,
        heading_width=max(len(row.name) for row in rows) + 1,
        framed=len(lines) * len(rows) > FRAMED,
        label=label,
        start=start,
        strongest=rows[0].cells[strongest(rows[0], start, stop)],
    )


Line = tuple[int, int, list[tuple[str, tuple[Cell, ...]]]]


def lines_of(rows: Sequence[HeatmapRow], start: int = 0, stop: int | None = None) -> list[Line]:
    """Lines of text: first column, last + 1, and the name and cells of each row."""
    return [
        (first, last, [(row.name, row.cells[first:last]) for row in rows])
        for first, last in _breaks(rows, start, stop)
    ]


def strongest(row: HeatmapRow, start: int = 0, stop: int | None = None) -> int:
    """Which column of a row has the largest value, from `start` to before `stop`."""
    columns = range(len(row.cells))[start:stop]
    return max(columns, key=lambda at: abs(row.cells[at].value))


def _breaks(rows: Sequence[HeatmapRow], start: int, stop: int | None) -> Iterator[tuple[int, int]]:
    """Where lines of text begin and end."""
    end = min(len(rows[0].cells), len(rows[0].cells) if stop is None else stop)
    line = LINE - min(HEADING, max(len(row.name) for row in rows))
    first, used = start, 0
    for at in range(start, end):
        width = FRAME + max(NUMBER, *(len(row.cells[at].text) for row in rows))
        if used and used + width > line:
            yield first, at
            first, used = at, 0
        used += width
    if end > first:
        yield first, end


def legends(rows: Sequence[HeatmapRow]) -> str:
    """What the colours mean, each meaning once with the rows that it belongs to."""
    return templates.fragment("grid.html", "legends")(
        [(names, legend) for legend, names in meanings(rows).items()]
    )
