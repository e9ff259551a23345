"""Rows of the same words under each other as one SVG file: how explanations of a text compare."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lrp_engine.render.legend import Legend
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.svg import (
    LINE,
    MARGIN,
    SMALL,
    WARNING,
    WIDTH,
    Drawing,
    cell_width,
    drawn_cell,
    drawn_legend,
    drawn_text,
    standalone,
)

HEADING = 190  # width of the names of rows
NAME = 24  # characters of a line of a name
NAMES = 3  # lines of a name
BETWEEN = 18  # two lines of the text


def aligned_svg(
    rows: Sequence[HeatmapRow],
    *,
    title: str,
    facts: Any,
    notes: Sequence[str] = (),
) -> str:
    """A picture of rows with equally many cells, gaps among them, each with its name.

    Args:
        rows: one or more. title: for those who cannot see the picture. facts: what its metadata
            say, as JSON. notes: what is said first.
    """
    parts, y = [], float(MARGIN)
    for note in notes:
        for line in textwrap.wrap(note, WARNING):
            y += SMALL + 6
            parts.append(drawn_text(MARGIN, y, line, SMALL))
    y += BETWEEN if notes else 0
    for start, stop, widths in _lines(rows):
        for row in rows:
            parts.append(_line(row, start, stop, widths, y))
            y += LINE
        y += BETWEEN
    for legend, names in meanings(rows).items():
        for line in textwrap.wrap(", ".join(names), WARNING):
            y += SMALL + 6
            parts.append(drawn_text(MARGIN, y, line, SMALL, weight=600))
        drawn, y = drawn_legend(legend, y + 8)
        parts.append(drawn)
    return standalone(Drawing("".join(parts), y), title=title, facts=facts)


def meanings(rows: Sequence[HeatmapRow]) -> Mapping[Legend, list[str]]:
    """Each legend once, with the names of the rows that it belongs to."""
    found: dict[Legend, list[str]] = {}
    for row in rows:
        if row.legend:
            found.setdefault(row.legend, []).append(row.name)
    return found


def _lines(rows: Sequence[HeatmapRow]) -> Iterator[tuple[int, int, list[float]]]:
    """First and last + 1 column of each line of text, and how wide the columns are."""
    room = WIDTH - 2 * MARGIN - HEADING
    start, widths, used = 0, list[float](), 0.0
    for at in range(len(rows[0].cells)):
        width = min(max(cell_width(row.cells[at]) for row in rows), room)
        if widths and used + width > room:
            yield start, at, widths
            start, widths, used = at, [], 0.0
        widths.append(width)
        used += width + 4
    if widths:
        yield start, start + len(widths), widths


def _line(row: HeatmapRow, start: int, stop: int, widths: Sequence[float], y: float) -> str:
    """The name of a row and some of its cells."""
    name = textwrap.wrap(row.name, NAME)[:NAMES]
    parts = [
        drawn_text(MARGIN, y + SMALL + 2 + n * (SMALL + 2), line, SMALL, most=HEADING - 8)
        for n, line in enumerate(name)
    ]
    x = 0.0
    for cell, width in zip(row.cells[start:stop], widths, strict=True):
        left = MARGIN + HEADING + x if row.direction == "ltr" else WIDTH - MARGIN - x - width
        if cell.kind != "gap":
            parts.append(drawn_cell(cell, left, y, width, row.palette))
        x += width + 4
    return "".join(parts)
