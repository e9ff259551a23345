"""Heatmaps as escaped HTML: readable without colour, without a mouse, in light and dark.

Fragments carry their own style and follow Streamlit's theme, or the browser's where there is none.
They hold no script and no event handler.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from lrp_engine.render.cells import Cell, cells, legend_of, meaning_of, words_of
from lrp_engine.render.numbers import vmax_of
from lrp_engine.render.palettes import DEFAULT, palette_named
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    import numpy as np

    from lrp_engine.attribution.explanation import Explanation

__all__ = ["explanation_fragment", "heatmap", "legend", "variables", "vmax_of"]

# Where a theme sets no --st-*, words inherit its text colour and are tinted over its background:
# the system colours Canvas and CanvasText would show as boxes in a theme that differs from them.
STYLE = """<style>
.lrp-words, .lrp-legend { color: var(--st-text-color, inherit);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.lrp-words { display: flex; flex-wrap: wrap; gap: .3rem .25rem; padding: .25rem; line-height: 1.3; }
.lrp-word { box-sizing: border-box; max-width: 100%; padding: .1rem .3rem; border-radius: .25rem;
  text-align: center; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate;
  border-bottom: 1px solid transparent; }
.lrp-word, .lrp-swatch { color: var(--st-text-color, inherit); background:
  color-mix(in srgb, var(--lrp-c) var(--p, 0%), var(--st-background-color, transparent)); }
.lrp-pos { --lrp-c: var(--lrp-positive); border-bottom: var(--w, 2px) solid currentColor; }
.lrp-neg { --lrp-c: var(--lrp-negative); border-bottom: var(--w, 2px) dashed currentColor; }
.lrp-uns { --lrp-c: var(--lrp-unsigned); }
.lrp-nil { --lrp-c: transparent; }
.lrp-word small, .lrp-legend small { display: block; font-size: .75em; line-height: 1.2;
  font-variant-numeric: tabular-nums; unicode-bidi: isolate; direction: ltr; }
.lrp-unknown { outline: 2px dotted currentColor; outline-offset: -1px; }
.lrp-word:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.lrp-legend { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem;
  padding: .25rem; font-size: .875rem; }
.lrp-scale { display: inline-flex; }
.lrp-swatch { min-width: 3.2rem; padding: .1rem .2rem; text-align: center;
  font-variant-numeric: tabular-nums; }
</style>"""


def heatmap(
    tokens: Sequence[str],
    values: Sequence[float] | np.ndarray,
    *,
    signed: bool,
    palette: str = DEFAULT,
    vmax: float | None = None,
    unknown: Sequence[bool] | np.ndarray | None = None,
    substitute: str | None = None,
    values_shown: bool = True,
    label: str = "",
) -> str:
    """The words coloured by their values, an HTML fragment with its style.

    Sign shows without colour: a solid line under positive words, a dashed one under negative ones,
    thicker for larger values. Each word takes the keyboard's focus and says its value.

    Args:
        tokens: n words. values: (n,).
        signed: whether negative values exist; chooses the colours.
        palette: a name in `PALETTES`.
        vmax: the value of the strongest colour; the largest |value| where None.
        unknown: (n,) words the vocabulary lacks; substitute: what the model saw in their place.
        values_shown: write each value under its word.
        label: what the list is, for screen readers.
    """
    drawn = cells(
        tokens, values, signed=signed, palette=palette, vmax=vmax, unknown=unknown,
        substitute=substitute,
    )  # fmt: skip
    words = "".join(_word(cell, values_shown=values_shown) for cell in drawn)
    name = escape(label or f"Words with their {'relevance' if signed else 'sensitivity'}")
    return (
        f'{STYLE}<div class="lrp-words" role="list" aria-label="{name}" '
        f'style="{variables(palette)}">{words}</div>'
    )


def _word(cell: Cell, *, values_shown: bool) -> str:
    return (
        f'<span class="lrp-word {cell.kind}{" lrp-unknown" if cell.unknown else ""}" '
        f'role="listitem" tabindex="0" dir="auto" title="{escape(cell.title)}" '
        f'aria-label="{escape(cell.label)}" style="{cell.style}">'
        f"{escape(cell.text)}{'<b>?</b>' if cell.unknown else ''}"
        f"{f'<small>{cell.short}</small>' if values_shown else ''}</span>"
    )


def variables(palette: str) -> str:
    """The palette as the variables that `STYLE` reads."""
    colours = palette_named(palette)
    return (
        f"--lrp-positive:{colours.positive};--lrp-negative:{colours.negative};"
        f"--lrp-unsigned:{colours.unsigned}"
    )


def legend(
    *,
    signed: bool,
    vmax: float,
    unit: str,
    target_label: str,
    against_label: str | None = None,
    token_kind: str = "word",
    palette: str = DEFAULT,
) -> str:
    """What the colours mean: a scale with numbers, and the sign in words. An HTML fragment.

    Args:
        signed: whether negative values exist.
        vmax: the value of the strongest colour.
        unit: of the values.
        target_label: the class explained; "a − b" is read as a contrast.
        against_label: the other class of a contrast, where labels may hold a minus themselves.
        token_kind: what the values belong to.
        palette: a name in `PALETTES`.
    """
    parts = legend_of(
        signed=signed, vmax=vmax, unit=unit, target_label=target_label,
        against_label=against_label, token_kind=token_kind, palette=palette,
    )  # fmt: skip
    swatches = "".join(
        f'<span class="lrp-swatch {step.kind}" style="{step.style}">{step.text}</span>'
        for step in parts.steps
    )
    return (
        f'{STYLE}<div class="lrp-legend" role="group" aria-label="Legend" '
        f'style="{variables(palette)}">{_legend_words(parts.low)}'
        f'<span class="lrp-scale">{swatches}</span>{_legend_words(parts.high)}'
        f"<span>{escape(parts.unit)}</span></div>"
    )


def _legend_words(words: tuple[tuple[str, bool], ...]) -> str:
    texts = (
        f"<b><bdi>{escape(text)}</bdi></b>" if is_name else escape(text) for text, is_name in words
    )
    return f"<span>{''.join(texts)}</span>" if words else ""


def explanation_fragment(
    explanation: Explanation,
    index: int = 0,
    *,
    palette: str = DEFAULT,
    vmax: float | None = None,
    values_shown: bool = True,
    substitute: str | None = None,
) -> str:
    """Heatmap and legend of one sample, as one HTML fragment."""
    facts = explanation.method_info
    words = heatmap(
        **words_of(explanation, index, vmax=vmax, substitute=substitute),
        palette=palette,
        values_shown=values_shown,
        label=f"{facts.title}, {explanation.target_label(index)}",
    )
    key = legend(**meaning_of(explanation, index, vmax=vmax), palette=palette)
    return words + key.removeprefix(STYLE)


def warnings_fragment(explanation: Explanation) -> str:
    """Why the explanation should not be relied on, as HTML; "" where nothing speaks against it."""
    return sentences_fragment(explanation.warnings)


def sentences_fragment(warnings: Sequence[str]) -> str:
    """Warnings as HTML."""
    return "".join(
        f'<p class="lrp-warning" role="note"><b>Warning:</b> {escape(visible(sentence))}</p>'
        for sentence in warnings
    )
