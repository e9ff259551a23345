"""Colour-blind-safe palettes as data, and the contrast arithmetic that holds them to WCAG.

A palette colours a word by mixing its colour into the background, so that a word of no relevance
looks like plain text in any theme. `signed` values take the positive and negative colours,
unsigned ones a third colour of another hue: a diverging pair would suggest a sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lrp_engine.errors import InputError, choices

Rgb = tuple[float, float, float]  # sRGB channels in [0, 1]

# Readable as a graphical object (3:1) on both themes' backgrounds: rules, outlines, neutral bars.
NEUTRAL = "#7f7f7f"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Text and background that a heatmap is read on."""

    text: str
    background: str


# Every pair of colours a heatmap is read on. Standalone pages use the first two.
THEMES: dict[str, Theme] = {
    "light": Theme(text="#31333F", background="#FFFFFF"),
    "dark": Theme(text="#FAFAFA", background="#0E1117"),
    # Recent Streamlit releases differ from the older two above.
    "warm light": Theme(text="#2F2D2B", background="#FFFFFF"),
    "warm dark": Theme(text="#EDEBE8", background="#171614"),
    # Chromium's system colours CanvasText and Canvas.
    "system light": Theme(text="#000000", background="#FFFFFF"),
    "system dark": Theme(text="#FFFFFF", background="#121212"),
}


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours of relevance. No palette tells red from green.

    Attributes:
        name: key in `PALETTES`; title: for people.
        positive, negative, unsigned: mixed into the background behind text.
        positive_mark, negative_mark, unsigned_mark: of bars; at least 3:1 on either background.
        strongest: per cent of the colour in the mix at the largest value; text stays at 4.5:1.
    """

    name: str
    title: str
    positive: str
    negative: str
    unsigned: str
    positive_mark: str
    negative_mark: str
    unsigned_mark: str
    strongest: int

    def fill(self, value: float, *, signed: bool) -> str:
        """The colour to mix in behind a value."""
        if not signed:
            return self.unsigned
        return self.negative if value < 0 else self.positive

    def mark(self, value: float, *, signed: bool) -> str:
        """The colour of a value's bar."""
        if not signed:
            return self.unsigned_mark
        return self.negative_mark if value < 0 else self.positive_mark

    @property
    def css_variables(self) -> str:
        """Its colours as heatmap.css reads them."""
        return (
            f"--lrp-positive:{self.positive};--lrp-negative:{self.negative};"
            f"--lrp-unsigned:{self.unsigned}"
        )

    def percent(self, value: float, vmax: float) -> float:
        """How much of the colour goes into the mix, from 0 to `strongest`."""
        return self.strongest * strength(value, vmax)


PALETTES: dict[str, Palette] = {
    palette.name: palette
    for palette in (
        Palette(
            name="orange-purple",
            title="Orange and purple",
            positive="#e66101",
            negative="#5e3c99",
            unsigned="#00857c",
            positive_mark="#d95b00",
            negative_mark="#8062bd",
            unsigned_mark="#00857c",
            strongest=55,
        ),
        Palette(
            name="blue-red",
            title="Blue and red",
            positive="#0571b0",
            negative="#d6304a",
            unsigned="#a67c00",
            positive_mark="#0571b0",
            negative_mark="#d6304a",
            unsigned_mark="#a67c00",
            strongest=58,
        ),
        Palette(
            name="mono",
            title="Grey (the underline shows the sign)",
            positive="#6b6b6b",
            negative="#6b6b6b",
            unsigned="#2f6fbd",
            positive_mark="#767676",
            negative_mark="#767676",
            unsigned_mark="#3f7fcd",
            strongest=60,
        ),
    )
}

DEFAULT = "orange-purple"


def palette_named(name: str | None) -> Palette:
    """The palette of this name; None is the default one.

    Raises:
        InputError: there is no such palette; lists them.
    """
    if name is None:
        return PALETTES[DEFAULT]
    if name not in PALETTES:
        raise InputError(f"There is no palette {name!r}; choose from {choices(PALETTES)}.")
    return PALETTES[name]


def strength(value: float, vmax: float) -> float:
    """|value| / vmax within [0, 1]; 0 for a value that is not a number."""
    share = abs(value) / vmax if vmax > 0 else 0.0
    return 0.0 if math.isnan(share) else min(share, 1.0)


def rgb(colour: str) -> Rgb:
    """Channels of "#rrggbb"."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def hexadecimal(colour: Rgb) -> str:
    """ "#rrggbb" of channels."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colour)


def mix(colour: str, percent: float, background: str) -> str:
    """What `color-mix(in srgb, colour percent%, background)` shows, as "#rrggbb"."""
    share = percent / 100
    pairs = zip(rgb(colour), rgb(background), strict=True)
    red, green, blue = (share * top + (1 - share) * bottom for top, bottom in pairs)
    return hexadecimal((red, green, blue))
