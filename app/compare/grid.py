"""Aligned rows of words as escaped HTML: a table per line of text, rows told by their headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from app.compare.agreement import Column, columns
from lrp_engine import Explanation
from lrp_engine.render.cells import Cell, cells, meaning_of, words_of
from lrp_engine.render.heatmap import STYLE as COLOURS
from lrp_engine.render.heatmap import legend, variables
from lrp_engine.render.numbers import vmax_of

LINE = 118  # characters of a line of text, each word's frame and the heading included
HEADING = 26  # characters of a heading; a longer one goes on in its next line
FRAMED = 40  # rows of words, in all lines of text, from which on they scroll in a frame
FRAME = 3  # characters that the frame of a word is as wide as
NUMBER = 6  # characters of a value

STYLE = """<style>
.lens-grid { overflow-x: auto; margin: 0 0 1rem; }
.lens-framed { max-height: 34rem; overflow-y: auto; padding: .25rem .5rem; border-radius: .5rem;
  border: 1px solid color-mix(in srgb, var(--st-text-color) 20%, transparent); }
.lens-grid table { border-collapse: separate; border-spacing: .2rem .3rem; line-height: 1.3; }
.lens-grid th { position: sticky; left: 0; z-index: 1; text-align: left;
  font-weight: 400; font-size: .9rem;
  min-width: min(var(--lens-name, 9.5rem), 13rem); max-width: 13rem; padding: .1rem .5rem .1rem 0;
  color: var(--st-text-color); background: var(--st-background-color); overflow-wrap: anywhere; }
.lens-grid td { padding: 0; vertical-align: top; }
.lens-grid .lrp-word { display: block; width: max-content; min-width: max(100%, 3.4rem);
  max-width: 16rem; font-size: 1.1rem; }
.lens-grid .lens-gap { border: 1px dashed #7f7f7f; min-height: 2.9rem; border-radius: .25rem; }
@media (max-width: 40rem) { .lens-grid th { font-size: .8rem; max-width: 7rem;
  min-width: min(var(--lens-name, 6rem), 6rem); } }
</style>"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row as it is drawn: a heading, and a cell per column; None where it has no such word."""

    name: str
    cells: tuple[Cell | None, ...]


def lines(
    names: Sequence[str],
    explanations: Sequence[Explanation],
    *,
    palette: str,
    limits: Sequence[float],
    index: int = 0,
) -> list[Line]:
    """A row per explanation, the same words under each other."""
    aligned: list[Column] = columns([e.tokens[index] for e in explanations])
    found = []
    for row, (name, explanation, vmax) in enumerate(zip(names, explanations, limits, strict=True)):
        drawn = cells(**words_of(explanation, index, vmax=vmax), palette=palette)
        places = (column[row] for column in aligned)
        found.append(Line(name=name, cells=tuple(None if n is None else drawn[n] for n in places)))
    return found


def limits(explanations: Sequence[Explanation], *, shared: bool, index: int = 0) -> list[float]:
    """The value of each row's strongest colour; shared: by all rows of the same unit."""
    own = [vmax_of(e.token_relevance[index]) for e in explanations]
    if not shared:
        return own
    units = [e.method_info.unit for e in explanations]
    return [max(o for o, u in zip(own, units, strict=True) if u == unit) for unit in units]


def html(
    rows: Sequence[Line], *, palette: str, label: str, start: int = 0, stop: int | None = None
) -> str:
    """Tables of the columns from `start` to before `stop`, one per line of text."""
    if not rows:
        return ""
    longest = max(len(row.name) for row in rows) + 1
    parts = list(_breaks(rows, start, stop))
    tables = "".join(_table(rows, first, last, label) for first, last in parts)
    style = f"{variables(palette)};--lens-name:{longest}ch"
    kind = "lrp-grids lens-framed" if len(parts) * len(rows) > FRAMED else "lrp-grids"
    return f'{COLOURS}{STYLE}<div class="{kind}" style="{style}">{tables}</div>'


def _breaks(rows: Sequence[Line], start: int, stop: int | None) -> Iterator[tuple[int, int]]:
    """Where lines of text begin and end."""
    end = min(len(rows[0].cells), len(rows[0].cells) if stop is None else stop)
    line = LINE - min(HEADING, max(len(row.name) for row in rows))
    first, used = start, 0
    for at in range(start, end):
        there = (row.cells[at] for row in rows)
        width = FRAME + max(NUMBER, *(len(cell.text) for cell in there if cell))
        if used and used + width > line:
            yield first, at
            first, used = at, 0
        used += width
    if end > first:
        yield first, end


def _table(rows: Sequence[Line], first: int, last: int, label: str) -> str:
    body = "".join(
        f'<tr><th scope="row"><bdi>{escape(row.name)}</bdi></th>'
        f"{''.join(_cell(cell) for cell in row.cells[first:last])}</tr>"
        for row in rows
    )
    name = escape(f"{label} {first + 1} to {last}")
    return (
        f'<div class="lens-grid" tabindex="0" role="region" aria-label="{name}">'
        f"<table><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return '<td><span class="lens-gap lrp-word">&nbsp;</span></td>'
    kind = f"{cell.kind}{' lrp-unknown' if cell.unknown else ''}"
    return (
        f'<td><span class="lrp-word {kind}" dir="auto" '
        f'title="{escape(cell.title)}" style="{cell.style}">{escape(cell.text)}'
        f"{'<b>?</b>' if cell.unknown else ''}<small>{cell.short}</small></span></td>"
    )


def legends(
    explanations: Sequence[Explanation],
    names: Sequence[str],
    *,
    palette: str,
    limits: Sequence[float],
    index: int = 0,
) -> str:
    """What the colours mean, each meaning once with the rows that it belongs to."""
    meanings: dict[str, list[str]] = {}
    for explanation, name, vmax in zip(explanations, names, limits, strict=True):
        key = legend(**meaning_of(explanation, index, vmax=vmax), palette=palette)
        meanings.setdefault(key.removeprefix(COLOURS), []).append(name)
    return COLOURS + "".join(
        f'<p class="lens-note"><b><bdi>{escape(", ".join(rows))}</bdi></b></p>{key}'
        for key, rows in meanings.items()
    )
