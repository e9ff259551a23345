"""Heatmaps as one SVG file: a row of words per method, for papers and slides.

Nobody lays text out for a file, so widths are estimated and then enforced (`textLength`). Colours
are those of the light theme, on white. No script, no request; words are escaped.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from lrp_engine.errors import InputError
from lrp_engine.render.cells import Cell, cells, legend_of, meaning_of, words_of
from lrp_engine.render.palettes import DEFAULT, THEMES, mix, palette_named
from lrp_engine.render.wording import visible

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
_FAMILY = {"lrp-pos": "positive", "lrp-neg": "negative", "lrp-uns": "unsigned"}


def svg(
    explanations: Mapping[str, Explanation], index: int = 0, *, palette: str | None = None
) -> str:
    """One sample by one method or several, as a standalone SVG picture.

    Settings, engine version and model hash are in its metadata, as in `Explanation.to_dict`.

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    ones = [explanation[index] for explanation in explanations.values()]
    if not ones or any(one.tokens != ones[0].tokens for one in ones):
        raise InputError("A picture needs explanations of one text, by one method or more.")
    parts, top = _warnings(ones[0])
    for one in ones:
        drawn, top = _row(one, top, palette or DEFAULT)
        parts.append(drawn)
    theme = THEMES["light"]
    height = round(top + MARGIN)
    facts = json.dumps([one.to_dict() for one in ones], ensure_ascii=False)
    names = ", ".join(one.method_info.title for one in ones)
    title = _plain(f"{names}: {ones[0].target_label()}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="{_FONTS}" '
        f'fill="{theme.text}"><title>{title}</title>'
        f"<metadata>{_plain(facts)}</metadata>"
        f'<rect width="100%" height="100%" fill="{theme.background}"/>{"".join(parts)}</svg>\n'
    )


def _warnings(one: Explanation) -> tuple[list[str], float]:
    """Why the picture should not be relied on, line by line; and the height after that."""
    parts, top = [], float(MARGIN)
    for sentence in one.warnings:
        for line in textwrap.wrap(f"Warning: {visible(sentence)}", WARNING):
            top += SMALL + 6
            parts.append(_text(MARGIN, top, line, SMALL, weight=600))
    return parts, top + 12 if parts else top


def _plain(text: str) -> str:
    """Escaped, without the characters that XML does not allow."""
    allowed = (c for c in text if c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF))
    return escape("".join(c for c in allowed if c not in "\ufffe\uffff"))


def _row(one: Explanation, top: float, palette: str) -> tuple[str, float]:
    """Heading, words and legend of a method from a height on; and the height after them."""
    facts = one.method_info
    found = [
        _text(MARGIN, top + FONT, f"{facts.short}  {facts.title}: {one.target_label()}", FONT,
              weight=600)
    ]  # fmt: skip
    x, y = float(MARGIN), top + FONT + 12
    for cell in cells(**words_of(one), palette=palette):
        word = cell.text + ("?" if cell.unknown else "")
        width = min(max(LEAST, _width(word, FONT) + 12), WIDTH - 2 * MARGIN)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + LINE
        found.append(_box(cell, word, x, y, width, WORD, palette))
        x += width + 4
    y += LINE
    return "".join(found) + _legend(one, y, palette), y + 74


def _legend(one: Explanation, y: float, palette: str) -> str:
    legend = legend_of(**meaning_of(one), palette=palette)
    found, x = [], float(MARGIN)
    for step in legend.steps:
        found.append(_box(step, step.text, x, y, 64, 24, palette, size=SMALL))
        x += 64
    # With few words beside it, what a sign means fits under the scale.
    texts = ["".join(text for text, _ in words) for words in (legend.low, legend.high)]
    said = "; ".join(text for text in (*texts, legend.unit) if text)
    return "".join(found) + _text(MARGIN, y + 44, said, SMALL)


def _box(
    cell: Cell, text: str, x: float, y: float, width: float, height: float, palette: str,
    *, size: int = FONT,
) -> str:  # fmt: skip
    colours, background = palette_named(palette), THEMES["light"].background
    family = _FAMILY.get(cell.kind)
    fill = mix(getattr(colours, family), cell.percent, background) if family else background
    found = [f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="3" '
             f'fill="{fill}"/>']  # fmt: skip
    if cell.kind in ("lrp-pos", "lrp-neg"):
        dashes = ' stroke-dasharray="5 3"' if cell.kind == "lrp-neg" else ""
        bottom = y + height - cell.line / 2
        found.append(
            f'<path d="M{x:.1f} {bottom:.1f}h{width:.1f}" stroke="{THEMES["light"].text}" '
            f'stroke-width="{cell.line:.1f}"{dashes}/>'
        )
    middle = x + width / 2
    lines = [(text, size), (cell.short, SMALL)] if cell.short else [(text, size)]
    baseline = y + (size + 3 if cell.short else height / 2 + size * 0.3)
    for line, font in lines:
        found.append(_text(middle, baseline, line, font, most=width - 6, middle=True))
        baseline += SMALL + 4
    title = f"<title>{_plain(cell.title)}</title>" if cell.title else ""
    return f"<g>{title}{''.join(found)}</g>"


def _text(
    x: float,
    y: float,
    text: str,
    size: int,
    *,
    weight: int = 400,
    most: float = WIDTH - 2 * MARGIN,
    middle: bool = False,
) -> str:
    long = _width(text, size) > most
    fit = f' textLength="{most:.0f}" lengthAdjust="spacingAndGlyphs"' if long else ""
    anchor = ' text-anchor="middle"' if middle else ""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{anchor}{bold}{fit}>{_plain(text)}</text>'
    )


def _width(text: str, size: int) -> float:
    """An estimate on the wide side."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (0.62 * (len(text) - wide) + 1.05 * wide)
