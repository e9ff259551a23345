"""Every step of every palette is readable, in every theme, with any colour vision."""

from __future__ import annotations

import colorsys
from itertools import combinations

import numpy as np
import pytest

from lrp_engine.errors import InputError
from lrp_engine.render.palettes import (
    DEFAULT,
    NEUTRAL,
    PALETTES,
    THEMES,
    mix,
    palette_named,
    rgb,
)
from tests.contrast import contrast, luminance

FILLS = ("positive", "negative", "unsigned")
EACH = [(palette, fill) for palette in PALETTES.values() for fill in FILLS]
NAMES = [f"{palette.name}-{fill}" for palette, fill in EACH]

# Machado, Oliveira and Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1, linear RGB.
VISION = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array(rgb(colour))
    return np.where(channels < 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb_linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.array(to_xyz) @ np.clip(rgb_linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = [np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def hue(colour: str) -> tuple[float, float]:
    """Hue in degrees and saturation."""
    h, _, s = colorsys.rgb_to_hls(*rgb(colour))
    return 360 * h, s


def hue_distance(one: str, other: str) -> float:
    distance = abs(hue(one)[0] - hue(other)[0])
    return min(distance, 360 - distance)


def test_contrast_of_known_pairs():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert luminance("#ffffff") == pytest.approx(1)


def test_mix_is_linear_in_srgb():
    assert mix("#ff0000", 0, "#0000ff") == "#0000ff"
    assert mix("#ff0000", 100, "#0000ff") == "#ff0000"
    assert mix("#ff0000", 20, "#0000ff") == "#3300cc"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize(("palette", "fill"), EACH, ids=NAMES)
def test_text_is_readable_on_every_step(palette, fill, theme):
    for step in range(101):
        percent = palette.percent(step / 100, 1.0)
        background = mix(getattr(palette, fill), percent, theme.background)
        assert contrast(theme.text, background) >= 4.5, f"step {step}"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize(("palette", "fill"), EACH, ids=NAMES)
def test_bars_stand_out_from_the_background(palette, fill, theme):
    assert contrast(getattr(palette, f"{fill}_mark"), theme.background) >= 3
    assert contrast(NEUTRAL, theme.background) >= 3


@pytest.mark.parametrize(("palette", "fill"), EACH, ids=NAMES)
def test_mark_has_the_hue_of_its_fill(palette, fill):
    assert hue_distance(getattr(palette, fill), getattr(palette, f"{fill}_mark")) < 15


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("vision", [None, *VISION])
@pytest.mark.parametrize("name", [name for name in PALETTES if name != "mono"])
def test_signs_differ_for_any_colour_vision(name, vision, theme):
    palette = PALETTES[name]
    seen = [
        lab(np.array(VISION[vision]) @ linear(colour) if vision else linear(colour))
        for colour in (
            mix(palette.positive, palette.strongest, theme.background),
            mix(palette.negative, palette.strongest, theme.background),
        )
    ]
    assert np.linalg.norm(seen[0] - seen[1]) > 15  # 2 is just noticeable side by side


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_unsigned_has_a_hue_of_its_own(palette):
    for signed in (palette.positive, palette.negative):
        grey = hue(signed)[1] < 0.1
        assert grey or hue_distance(palette.unsigned, signed) > 30
    assert hue(palette.unsigned)[1] > 0.3


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_never_red_against_green(palette):
    def is_red(colour: str) -> bool:
        angle, saturation = hue(colour)
        return saturation > 0.1 and (angle < 20 or angle > 335)

    def is_green(colour: str) -> bool:
        angle, saturation = hue(colour)
        return saturation > 0.1 and 80 < angle < 165

    colours = [getattr(palette, fill) for fill in FILLS]
    for one, other in combinations(colours, 2):
        assert not (is_red(one) and is_green(other))
        assert not (is_green(one) and is_red(other))


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_choice_of_colour(palette):
    assert palette.fill(0.3, signed=True) == palette.positive
    assert palette.fill(-0.3, signed=True) == palette.negative
    assert palette.fill(0.3, signed=False) == palette.fill(-0.3, signed=False) == palette.unsigned
    assert palette.mark(-1, signed=True) == palette.negative_mark
    assert palette.mark(-1, signed=False) == palette.unsigned_mark


def test_mono_has_one_colour():
    assert PALETTES["mono"].positive == PALETTES["mono"].negative


def test_percent_is_bounded():
    palette = PALETTES[DEFAULT]
    assert palette.percent(0.0, 1.0) == 0
    assert palette.percent(-5.0, 1.0) == palette.strongest
    assert palette.percent(float("inf"), 1.0) == palette.strongest
    assert palette.percent(float("nan"), 1.0) == 0
    assert palette.percent(1.0, 0.0) == 0


def test_names():
    assert palette_named(None) is PALETTES[DEFAULT]
    assert all(palette_named(name).name == name for name in PALETTES)
    with pytest.raises(InputError, match="'orange-purple', 'blue-red', 'mono'"):
        palette_named("rainbow")
