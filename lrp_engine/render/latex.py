r"""Heatmaps as LaTeX: each word is `\lrpword{RRGGBB}{word}{value}`, boxes in colours of `xcolor`.

Colours are those of the light theme, on white.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrp_engine.render.cells import Cell
from lrp_engine.render.palettes import THEMES, Palette, mix
from lrp_engine.render.row import HeatmapRow, method_rows, of_one_text
from lrp_engine.render.wording import visible
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

MACRO = r"""\providecommand{\lrpword}[3]{% #1 colour, #2 word, #3 value
  \begingroup\setlength{\fboxsep}{2pt}%
  \colorbox[HTML]{#1}{\strut #2\textsubscript{\tiny #3}}\endgroup
  \hskip 2pt plus 2pt\relax}"""
_ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"}, "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "−": r"\ensuremath{-}",
})  # fmt: skip


def latex(
    explanations: Mapping[str, Explanation] | Explanation,
    index: int = 0,
    *,
    palette: str | None = None,
) -> str:
    """One sample by one method or several, a paragraph each, to \\input into a document.

    The document loads `xcolor`; its fonts must hold the letters of the words.

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    samples = of_one_text(explanations, index, what="A LaTeX file")
    first = next(iter(samples.values()))
    lines = [
        f"% lrp-lens {__version__}, model {first.model_hash}; needs \\usepackage{{xcolor}}",
        *(f"% Warning: {visible(sentence)}" for sentence in first.warnings),
        MACRO,
    ]
    for row in method_rows(samples, palette=palette):
        lines += ["", *_row(row, first.target_label())]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """A text that LaTeX sets as it is."""
    return visible(text).translate(_ESCAPES)


def _row(row: HeatmapRow, target: str) -> list[str]:
    words = [_word(cell, row.palette) for cell in row.cells]
    heading = f"\\textbf{{{escape(row.name)}: {escape(target)}}}\\quad"
    return [r"{\raggedright\noindent", heading, *words, r"\par}"]


def _word(cell: Cell, palette: Palette) -> str:
    colour = THEMES["light"].background
    if cell.kind in ("positive", "negative", "unsigned"):
        colour = mix(getattr(palette, cell.kind), cell.percent, colour)
    text = escape(cell.text) + ("?" if cell.unknown else "")
    return f"\\lrpword{{{colour.lstrip('#').upper()}}}{{{text}}}{{{escape(cell.short)}}}"
