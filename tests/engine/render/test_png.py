"""PNG pictures: what the SVG shows, of bounded size, named errors."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

import lrp_engine
from lrp_engine import InputError
from lrp_engine.render import png as module
from lrp_engine.render.palettes import PALETTES, mix
from lrp_engine.render.png import png, rasterized
from lrp_engine.render.svg import WIDTH, svg
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(scope="module")
def explanations():
    network = lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )
    return network.explain_all(["good <b>bad</b> film & nor"])


def pixels(data: bytes) -> np.ndarray:
    """(height, width, 3)"""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_the_picture_is_the_svg_with_its_colours_and_its_text(explanations):
    shown = pixels(png(explanations))
    height = float(svg(explanations).split('height="')[1].split('"')[0])
    assert shown.shape[:2] == (2 * height, 2 * WIDTH)
    colours = {"#" + bytes(c).hex() for c in np.unique(shown.reshape(-1, 3), axis=0)}
    palette = next(iter(PALETTES.values()))
    assert mix(palette.positive, palette.strongest, "#FFFFFF") in colours
    assert mix(palette.unsigned, palette.strongest, "#FFFFFF") in colours
    dark = (shown.sum(axis=2) < 250).mean()
    without = pixels(rasterized(svg(explanations).replace("<text", "<desc").replace(
        "</text", "</desc")))  # fmt: skip
    assert dark > 3 * (without.sum(axis=2) < 250).mean()  # words are drawn, not boxes alone


def test_an_explanation_saves_it(explanations, tmp_path):
    explanations.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == explanations.to_png()
    assert explanations["lrp"].to_png(palette="mono").startswith(b"\x89PNG")


def test_large_pictures_are_less_sharp_and_larger_ones_are_refused(explanations, monkeypatch):
    monkeypatch.setattr(module, "PIXELS", 500_000)
    shown = pixels(png(explanations))
    assert 400_000 < shown.shape[0] * shown.shape[1] <= 505_000
    monkeypatch.setattr(module, "PIXELS", 50_000)
    with pytest.raises(InputError, match=r"960 × \d+ points, too large .* save it as SVG"):
        png(explanations)


def test_without_the_library_it_says_what_to_install(explanations, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(InputError, match="pip install vl-convert-python"):
        png(explanations)
