"""One word as it is drawn: its text, its value, and how much of which colour lies behind it.

Everything here is plain text: whoever draws it escapes it, or sets it as text content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lrp_engine.render.numbers import exact, number, vmax_of
from lrp_engine.render.palettes import Palette
from lrp_engine.render.wording import visible

# What colour a value has; a gap stands where a row has no word.
Kind = Literal["positive", "negative", "zero", "unsigned", "gap"]

# text, short, label, title, css_class, style, unknown
PlainCell = tuple[str, str, str, str, str, str, bool]

# Classes of templates/heatmap.css.
_CSS_CLASSES: dict[Kind, str] = {
    "positive": "lrp-pos",
    "negative": "lrp-neg",
    "zero": "lrp-nil",
    "unsigned": "lrp-uns",
    "gap": "lrp-gap",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Swatch:
    """A text on a colour.

    Attributes:
        text: what is written.
        kind: which of the palette's colours.
        percent: how much of the colour is mixed in; line: pixels of the underline.
    """

    text: str
    kind: Kind
    percent: float = 0.0
    line: float = 0.0

    @property
    def css_class(self) -> str:
        return _CSS_CLASSES[self.kind]

    @property
    def style(self) -> str:
        """The variables that heatmap.css reads."""
        width = f";--w:{self.line:.1f}px" if self.line else ""
        return f"--p:{self.percent:.1f}%{width}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell(Swatch):
    """A word with its value.

    Attributes:
        token: as the network read it; `text` makes it visible.
        value: its number; short: the number under the word.
        label: the word with its value, for screen readers; title: the same with all digits.
        unknown: whether the vocabulary lacks the word.
        padding: whether it is no word, but what fills a text up.
    """

    token: str
    value: float
    short: str
    label: str
    title: str
    unknown: bool = False
    padding: bool = False

    @property
    def css_class(self) -> str:
        return f"{_CSS_CLASSES[self.kind]} lrp-padding" if self.padding else _CSS_CLASSES[self.kind]

    @property
    def plain(self) -> PlainCell:
        """What a browser needs of it, as heatmap.html and `frontend/words.js` unpack it."""
        return (
            self.text, self.short, self.label, self.title, self.css_class, self.style, self.unknown,
        )  # fmt: skip


GAP = Cell(token="", value=0.0, text="", short="", label="", title="", kind="gap")


def kind_of(value: float, *, signed: bool) -> Kind:
    """The colour of a value; of one that is not a number, that of zero."""
    if not signed:
        return "unsigned"
    return "positive" if value > 0 else "negative" if value < 0 else "zero"


def cells(
    tokens: Sequence[str],
    values: Sequence[float] | np.ndarray,
    unknown: Sequence[bool] | np.ndarray,
    padding: Sequence[bool] | np.ndarray,
    *,
    signed: bool,
    value_name: str,
    palette: Palette,
    vmax: float,
    unknown_note: str,
) -> Iterator[Cell]:
    """The words of a row; arguments as of `HeatmapRow`.

    Raises:
        ValueError: there are not as many values as words.
    """
    # A scale that is larger than all of them must not round them away.
    digits = min(vmax, vmax_of(np.asarray(values)))
    for token, value, lacking, fills in zip(
        tokens, map(float, values), unknown, padding, strict=True
    ):
        text = visible(token)
        # Browsers' sanitizers drop a whole attribute that could pass for markup.
        spoken = text.replace("<", "‹").replace(">", "›")
        short = number(value, signed=signed, vmax=digits)
        note = f", {unknown_note}" if lacking else ""
        percent = palette.percent(value, vmax)
        yield Cell(
            token=token,
            value=value,
            text=text,
            short=short,
            label=f"{spoken}, {value_name} {short}{note}",
            title=f"{spoken}, {value_name} {exact(value, signed=signed)}{note}",
            kind=kind_of(value, signed=signed),
            percent=percent,
            line=1 + 3 * percent / palette.strongest if signed else 0.0,
            unknown=bool(lacking),
            padding=bool(fills),
        )
