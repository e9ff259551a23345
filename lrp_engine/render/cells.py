"""What a heatmap shows, before it is drawn: words with their values, and what colours mean.

Everything here is plain text: whoever draws it escapes it, or sets it as text content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.render.numbers import MINUS, exact, number, vmax_of
from lrp_engine.render.palettes import DEFAULT, palette_named
from lrp_engine.render.wording import target_words, visible

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

# Browsers' sanitizers drop a whole attribute that could pass for markup.
_NO_MARKUP = str.maketrans("<>", "‹›")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One word or one step of a legend as it is drawn.

    Attributes:
        text: what is written; short: the value under it.
        label: the word with its value, for screen readers; title: the same with all digits.
        kind: a class of the style in heatmap.py.
        percent: how much of the palette's colour is mixed in; line: pixels of the underline.
        unknown: whether the vocabulary lacks the word.
    """

    text: str
    short: str
    label: str = ""
    title: str = ""
    kind: str
    percent: float
    line: float = 0.0
    unknown: bool = False

    @property
    def style(self) -> str:
        """The variables that the style in heatmap.py reads."""
        width = f";--w:{self.line:.1f}px" if self.line else ""
        return f"--p:{self.percent:.1f}%{width}"


def cells(
    tokens: Sequence[str],
    values: Sequence[float] | np.ndarray,
    *,
    signed: bool,
    palette: str = DEFAULT,
    vmax: float | None = None,
    unknown: Sequence[bool] | np.ndarray | None = None,
    substitute: str | None = None,
) -> list[Cell]:
    """The words of a heatmap; arguments as of `heatmap`."""
    colours = palette_named(palette)
    top = vmax_of(np.asarray(values)) if vmax is None else vmax
    missing = [False] * len(tokens) if unknown is None else unknown
    what = "relevance" if signed else "sensitivity"
    found = []
    for token, value, lacking in zip(tokens, map(float, values), missing, strict=True):
        text = visible(token)
        spoken = text.translate(_NO_MARKUP)
        short = number(value, signed=signed, vmax=top)
        note = _unknown_note(substitute) if lacking else ""
        percent = colours.percent(value, top)
        found.append(
            Cell(
                text=text,
                short=short,
                label=f"{spoken}, {what} {short}{note}",
                title=f"{spoken}, {what} {exact(value, signed=signed)}{note}",
                kind=_kind(value, signed=signed),
                percent=percent,
                line=1 + 3 * percent / colours.strongest if signed else 0.0,
                unknown=bool(lacking),
            )
        )
    return found


def _kind(value: float, *, signed: bool) -> str:
    if not signed:
        return "lrp-uns"
    return "lrp-pos" if value > 0 else "lrp-neg" if value < 0 else "lrp-nil"


def _unknown_note(substitute: str | None) -> str:
    saw = visible(substitute) if substitute is not None else "no vector for it"
    return f", unknown word, the model saw {saw}"


@dataclass(frozen=True, kw_only=True)
class Legend:
    """What the colours mean: steps of the scale, and words before and after them.

    Words are pairs of a text and whether it is a class's name.
    """

    low: tuple[tuple[str, bool], ...]
    steps: tuple[Cell, ...]
    high: tuple[tuple[str, bool], ...]
    unit: str


def legend_of(
    *,
    signed: bool,
    vmax: float,
    unit: str,
    target_label: str,
    against_label: str | None = None,
    token_kind: str = "word",
    palette: str = DEFAULT,
) -> Legend:
    """The parts of `legend`; arguments as there."""
    colours = palette_named(palette)
    if against_label is None and " − " in target_label:
        target_label, against_label = target_label.split(" − ", 1)
    ticks = (-1.0, -0.5, 0.0, 0.5, 1.0) if signed else (0.0, 0.25, 0.5, 0.75, 1.0)
    steps = tuple(
        Cell(
            text=number(tick * vmax, signed=signed, vmax=vmax),
            short="",
            kind=_kind(tick, signed=signed),
            percent=colours.percent(tick, 1),
            line=1 + 3 * abs(tick),
        )
        for tick in ticks
    )
    target = (visible(target_label), True)
    other = None if against_label is None else (visible(against_label), True)
    against = ("speaks against ", False) if other is None else ("speaks for ", False)
    low: tuple[tuple[str, bool], ...] = ()
    high: tuple[tuple[str, bool], ...]
    if signed:
        low = (against, other or target, (f" ({MINUS}, dashed)", False))
        high = (("speaks for ", False), target, (" (+, solid)", False))
    else:
        minus = () if other is None else ((" minus that of ", False), other)
        reacts = (f" reacts to the {token_kind}, without a sign", False)
        high = (("how strongly the score of ", False), target, *minus, reacts)
    return Legend(low=low, steps=steps, high=high, unit=f"unit: {unit}")


def words_of(
    explanation: Explanation,
    index: int = 0,
    *,
    vmax: float | None = None,
    substitute: str | None = None,
) -> dict[str, Any]:
    """What `heatmap` and `cells` need to know of one sample."""
    count = len(explanation.tokens[index])
    values = explanation.token_relevance[index, :count]
    return {
        "tokens": explanation.tokens[index],
        "values": values,
        "signed": explanation.method_info.signed,
        "vmax": vmax_of(values) if vmax is None else vmax,
        "unknown": explanation.unknown[index, :count],
        "substitute": substitute or explanation.substitute,
    }


def meaning_of(
    explanation: Explanation, index: int = 0, *, vmax: float | None = None
) -> dict[str, Any]:
    """What `legend` and `legend_of` need to know of one sample."""
    target, against = target_words(explanation, index)
    values = explanation.token_relevance[index, : len(explanation.tokens[index])]
    return {
        "signed": explanation.method_info.signed,
        "vmax": vmax_of(values) if vmax is None else vmax,
        "unit": explanation.method_info.unit,
        "target_label": target,
        "against_label": against,
        "token_kind": explanation.token_kind,
    }
