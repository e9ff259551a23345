"""Heatmaps as escaped HTML: readable without colour, without a mouse, in light and dark.

Fragments carry their own style and follow Streamlit's theme, or the browser's where there is none.
They hold no script and no event handler.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.palettes import DEFAULT, Palette, palette_named
from lrp_engine.wording import MINUS, exact, number, target_words, visible

if TYPE_CHECKING:
    from lrp_engine.explanation import Explanation

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


def limit_of(*value_arrays: np.ndarray) -> float:
    """The largest |value|, for a scale that several heatmaps share; 1 where all values are 0."""
    largest = 0.0
    for values in value_arrays:
        sizes = np.abs(np.asarray(values, np.float64))
        sizes = sizes[np.isfinite(sizes)]
        largest = max(largest, float(sizes.max()) if sizes.size else 0.0)
    return largest or 1.0


def heatmap(
    tokens: Sequence[str],
    values: Sequence[float] | np.ndarray,
    *,
    signed: bool,
    palette: str = DEFAULT,
    limit: float | None = None,
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
        limit: the value of the strongest colour; the largest |value| where None.
        unknown: (n,) words the vocabulary lacks; substitute: what the model saw in their place.
        values_shown: write each value under its word.
        label: what the list is, for screen readers.
    """
    colours = palette_named(palette)
    top = limit_of(np.asarray(values)) if limit is None else limit
    missing = [False] * len(tokens) if unknown is None else unknown
    numbers = [float(value) for value in values]
    what = "relevance" if signed else "sensitivity"
    words = [
        _word(
            visible(token),
            value,
            top,
            colours,
            signed=signed,
            what=what,
            note=_unknown_note(substitute) if lacking else "",
            values_shown=values_shown,
        )
        for token, value, lacking in zip(tokens, numbers, missing, strict=True)
    ]
    name = escape(label or f"Words with their {what}", quote=True)
    return (
        f'{STYLE}<div class="lrp-words" role="list" aria-label="{name}" '
        f'style="{_colours(colours)}">{"".join(words)}</div>'
    )


# Browsers' sanitizers drop a whole attribute that could pass for markup.
_NO_MARKUP = str.maketrans("<>", "‹›")


def _word(
    token: str,
    value: float,
    limit: float,
    palette: Palette,
    *,
    signed: bool,
    what: str,
    note: str,
    values_shown: bool,
) -> str:
    text, spoken = escape(token), escape(token.translate(_NO_MARKUP))
    short = number(value, signed=signed, limit=limit)
    precise = exact(value, signed=signed)
    percent = palette.percent(value, limit)
    kind = _kind(value, signed=signed)
    style = f"--p:{percent:.1f}%"
    if signed:
        style += f";--w:{1 + 3 * percent / palette.strongest:.1f}px"
    return (
        f'<span class="lrp-word {kind}{" lrp-unknown" if note else ""}" role="listitem" '
        f'tabindex="0" dir="auto" title="{spoken}, {what} {precise}{note}" '
        f'aria-label="{spoken}, {what} {short}{note}" style="{style}">'
        f"{text}{'<b>?</b>' if note else ''}"
        f"{f'<small>{short}</small>' if values_shown else ''}</span>"
    )


def _kind(value: float, *, signed: bool) -> str:
    if not signed:
        return "lrp-uns"
    return "lrp-pos" if value > 0 else "lrp-neg" if value < 0 else "lrp-nil"


def _unknown_note(substitute: str | None) -> str:
    saw = visible(substitute) if substitute is not None else "no vector for it"
    return escape(f", unknown word, the model saw {saw}", quote=True)


def _colours(palette: Palette) -> str:
    return (
        f"--lrp-positive:{palette.positive};--lrp-negative:{palette.negative};"
        f"--lrp-unsigned:{palette.unsigned}"
    )


def legend(
    *,
    signed: bool,
    limit: float,
    unit: str,
    target_label: str,
    against_label: str | None = None,
    palette: str = DEFAULT,
) -> str:
    """What the colours mean: a scale with numbers, and the sign in words. An HTML fragment.

    Args:
        signed: whether negative values exist.
        limit: the value of the strongest colour.
        unit: of the values.
        target_label: the class explained; "a − b" is read as a contrast.
        against_label: the other class of a contrast, where labels may hold a minus themselves.
        palette: a name in `PALETTES`.
    """
    colours = palette_named(palette)
    if against_label is None and " − " in target_label:
        target_label, against_label = target_label.split(" − ", 1)
    ticks = (-1.0, -0.5, 0.0, 0.5, 1.0) if signed else (0.0, 0.25, 0.5, 0.75, 1.0)
    swatches = "".join(
        f'<span class="lrp-swatch {_kind(tick, signed=signed)}" '
        f'style="--p:{colours.percent(tick, 1):.1f}%;--w:{1 + 3 * abs(tick):.1f}px">'
        f"{number(tick * limit, signed=signed, limit=limit)}</span>"
        for tick in ticks
    )
    scale = f'<span class="lrp-scale">{swatches}</span>'
    target = _name(target_label)
    if signed:
        against = f"against {target}" if against_label is None else f"for {_name(against_label)}"
        meaning = (
            f"<span>speaks {against} ({MINUS}, dashed)</span>{scale}"
            f"<span>speaks for {target} (+, solid)</span>"
        )
    else:
        of = f"the score of {target}"
        if against_label is not None:
            of += f" minus that of {_name(against_label)}"
        meaning = f"{scale}<span>how strongly {of} reacts to the word, without a sign</span>"
    return (
        f'{STYLE}<div class="lrp-legend" role="group" aria-label="Legend" '
        f'style="{_colours(colours)}">{meaning}<span>unit: {escape(unit)}</span></div>'
    )


def _name(label: str) -> str:
    return f"<b><bdi>{escape(visible(label))}</bdi></b>"


def explanation_fragment(
    explanation: Explanation,
    index: int = 0,
    *,
    palette: str = DEFAULT,
    limit: float | None = None,
    values_shown: bool = True,
    substitute: str | None = None,
) -> str:
    """Heatmap and legend of one sample, as one HTML fragment."""
    count = len(explanation.tokens[index])
    values = explanation.token_relevance[index, :count]
    top = limit_of(values) if limit is None else limit
    facts = explanation.facts
    target, against = target_words(explanation, index)
    words = heatmap(
        explanation.tokens[index],
        values,
        signed=facts.signed,
        palette=palette,
        limit=top,
        unknown=explanation.unknown[index, :count],
        substitute=substitute or explanation.substitute,
        values_shown=values_shown,
        label=f"{facts.title}, {explanation.target_label(index)}",
    )
    key = legend(
        signed=facts.signed,
        limit=top,
        unit=facts.unit,
        target_label=target,
        against_label=against,
        palette=palette,
    )
    return words + key.removeprefix(STYLE)


def warnings_fragment(explanation: Explanation) -> str:
    """Why the explanation should not be relied on, as HTML; "" where nothing speaks against it."""
    return "".join(
        f'<p class="lrp-warning" role="note"><b>Warning:</b> {escape(visible(sentence))}</p>'
        for sentence in explanation.warnings
    )


def explanation_page(
    explanation: Explanation, index: int = 0, *, palette: str | None = None
) -> str:
    """One sample as a standalone HTML page that loads nothing from anywhere."""
    from lrp_engine.page import page

    return page(explanation, index, palette=palette)
