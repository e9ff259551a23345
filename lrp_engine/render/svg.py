"""Heatmaps as one SVG file: a row of words per method, for papers and slides.

Nobody lays text out for a file, so widths are estimated and then enforced (`textLength`). Colours
are those of the light theme, on white. No script, no request; words are escaped.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from lrp_engine.render.cells import Cell, Swatch
from lrp_engine.render.legend import Legend
from lrp_engine.render.palettes import THEMES, Palette, mix
from lrp_engine.render.row import HeatmapRow, method_rows, of_one_text
from lrp_engine.render.said import headline, quoted
from lrp_engine.render.unit_rows import unit_rows
from lrp_engine.render.wording import printable, visible

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

WIDTH = 960  # pixels, as are all lengths
MARGIN = 16
FONT, SMALL = 18, 12
LINE = 50  # height of a line of words with the values under them
WORD = 44  # of this, the box of a word
LEAST = 56  # width of a box
WARNING = 120  # characters in a line of a warning

_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"


def svg(
    explanations: Mapping[str, Explanation] | Explanation,
    index: int = 0,
    *,
    palette: str | None = None,
    vmax: Mapping[str, float | None] | None = None,
    scale: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """One sample by one method or several, as a standalone SVG picture: its text and what is said
    of it, the rows, notes.

    Settings, engine version and model hash are in its metadata, as in `Explanation.to_dict`.

    Args:
        palette: a name in `PALETTES`. vmax, scale: as of `method_rows`.
        notes: sentences under the rows, as what leaving words out does.

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    samples = of_one_text(explanations, index, what="A picture")
    ones = list(samples.values())
    parts, top = _head(ones[0])
    for row in method_rows(samples, palette=palette, vmax=vmax, scale=scale):
        drawn, top = _row(row, ones[0].target_label(), top)
        parts.append(drawn)
    for row in unit_rows(ones[0], palette=palette):
        drawn, top = _row(row, "", top)
        parts.append(drawn)
    for sentence in notes:
        for line in textwrap.wrap(visible(sentence), WARNING):
            parts.append(drawn_text(MARGIN, top, line, SMALL))
            top += SMALL + 6
    names = ", ".join(one.method_info.title for one in ones)
    return standalone(
        Drawing("".join(parts), top),
        title=f"{names}: {ones[0].target_label()}",
        facts=[one.to_dict() for one in ones],
    )


class Drawing(NamedTuple):
    """Elements, and how far down they reach."""

    elements: str
    bottom: float


def standalone(drawing: Drawing, *, title: str, facts: Any) -> str:
    """A whole file.

    Args:
        title: for those who cannot see it. facts: what its metadata say, as JSON.
    """
    theme = THEMES["light"]
    height = round(drawing.bottom + MARGIN)
    said = json.dumps(facts, ensure_ascii=False)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="{_FONTS}" '
        f'fill="{theme.text}"><title>{_plain(title)}</title>'
        f"<metadata>{_plain(said)}</metadata>"
        f'<rect width="100%" height="100%" fill="{theme.background}"/>{drawing.elements}</svg>\n'
    )


def _head(one: Explanation) -> tuple[list[str], float]:
    """The text, what the network says of it, and why the picture should not be relied on; the
    height after it."""
    parts, top = [], float(MARGIN)
    for line in textwrap.wrap(quoted(one), WARNING):
        top += SMALL + 6
        parts.append(drawn_text(MARGIN, top, line, SMALL))
    for sentence in (headline(one), *(f"Warning: {sentence}" for sentence in one.warnings)):
        for line in textwrap.wrap(visible(sentence), WARNING):
            top += SMALL + 6
            parts.append(drawn_text(MARGIN, top, line, SMALL, weight=600))
    return parts, top + 12


def _plain(text: str) -> str:
    """Escaped, without the characters that XML does not allow."""
    return escape(printable(text))


def _row(row: HeatmapRow, label: str, top: float) -> tuple[str, float]:
    """Heading, words and legend of a method from a height on; and the height after them."""
    heading = f"{row.name}  {row.title}: {label}" if label else row.name
    parts = [drawn_text(MARGIN, top + FONT, heading, FONT, weight=600)]
    x, y = float(MARGIN), top + FONT + 12
    for cell in row.cells:
        width = min(cell_width(cell), WIDTH - 2 * MARGIN)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + LINE
        left = x if row.direction == "ltr" else WIDTH - x - width
        parts.append(drawn_cell(cell, left, y, width, row.palette))
        x += width + 4
    y += LINE
    if row.legend:
        drawn, y = drawn_legend(row.legend, y)
        return "".join([*parts, drawn]), y
    return "".join(parts), y + 12


def _word(cell: Cell) -> str:
    return cell.text + ("?" if cell.unknown else "")


def cell_width(cell: Cell) -> float:
    """How wide a word is with its number under it."""
    return max(LEAST, width_of(_word(cell), FONT) + 12, width_of(cell.short, SMALL) + 8)


def drawn_cell(cell: Cell, x: float, y: float, width: float, palette: Palette) -> str:
    """A word on its colour, its number under it."""
    box = _Box(x, y, width, WORD)
    lines = [(_word(cell), FONT), (cell.short, SMALL)]
    drawn = _background(cell, box, palette) + _lines(lines, box, y + FONT + 3)
    return f"<g><title>{_plain(cell.title)}</title>{drawn}</g>"


def drawn_legend(legend: Legend, y: float) -> tuple[str, float]:
    """A scale with what it means, from a height on; and the height after that."""
    parts = []
    for n, step in enumerate(legend.steps):
        box = _Box(MARGIN + 64.0 * n, y, 64, 24)
        drawn = _background(step, box, legend.palette)
        text = _lines([(step.text, SMALL)], box, y + 12 + SMALL * 0.3)
        parts.append(f"<g>{drawn}{text}</g>")
    # With few words beside it, what a sign means fits under the scale.
    phrases = ["".join(text for text, _ in phrase) for phrase in (legend.low, legend.high)]
    meaning = "; ".join(text for text in (*phrases, legend.unit) if text)
    parts.append(drawn_text(MARGIN, y + 44, meaning, SMALL))
    y += 74
    for line in textwrap.wrap(legend.scale, WARNING):
        parts.append(drawn_text(MARGIN, y - 14, line, SMALL))
        y += SMALL + 6
    return "".join(parts), y


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


def _background(swatch: Swatch, box: _Box, palette: Palette) -> str:
    """The colour behind a text, and the line under it."""
    theme = THEMES["light"]
    fill = theme.background
    if swatch.kind in ("positive", "negative", "unsigned"):
        fill = mix(getattr(palette, swatch.kind), swatch.percent, theme.background)
    drawn = (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height}" '
        f'rx="3" fill="{fill}"/>'
    )
    if swatch.kind not in ("positive", "negative"):
        return drawn
    dashes = ' stroke-dasharray="5 3"' if swatch.kind == "negative" else ""
    bottom = box.y + box.height - swatch.line / 2
    return (
        f'{drawn}<path d="M{box.x:.1f} {bottom:.1f}h{box.width:.1f}" stroke="{theme.text}" '
        f'stroke-width="{swatch.line:.1f}"{dashes}/>'
    )


def _lines(lines: Iterable[tuple[str, int]], box: _Box, baseline: float) -> str:
    """Texts of font sizes below each other, in the middle of a box."""
    parts = []
    for text, size in lines:
        middle = box.x + box.width / 2
        parts.append(drawn_text(middle, baseline, text, size, most=box.width - 6, middle=True))
        baseline += SMALL + 4
    return "".join(parts)


def drawn_text(
    x: float,
    y: float,
    text: str,
    size: int,
    *,
    weight: int = 400,
    most: float = WIDTH - 2 * MARGIN,
    middle: bool = False,
) -> str:
    """A line of text, escaped, and squeezed where it is wider than `most`."""
    long = width_of(text, size) > most
    fit = f' textLength="{most:.0f}" lengthAdjust="spacingAndGlyphs"' if long else ""
    anchor = ' text-anchor="middle"' if middle else ""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{anchor}{bold}{fit}>{_plain(text)}</text>'
    )


def width_of(text: str, size: int) -> float:
    """An estimate on the wide side."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (0.62 * (len(text) - wide) + 1.05 * wide)
