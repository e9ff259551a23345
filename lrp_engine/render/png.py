"""Heatmaps as a PNG: the SVG picture rasterized, without a browser.

vl-convert, which the makers of Altair keep, draws it and brings fonts with it: a server without any
would draw boxes without words. It fetches nothing, and there is nothing in the picture to fetch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from lrp_engine.errors import InputError
from lrp_engine.render.svg import svg

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

SHARPEST = 2.0  # pixels for a length of the SVG
PIXELS = 50_000_000  # of a picture at most: 200 MB while it is drawn
READABLE = 0.75  # pixels for a length, below which small letters cannot be read


def png(
    explanations: Mapping[str, Explanation] | Explanation,
    index: int = 0,
    *,
    palette: str | None = None,
    vmax: Mapping[str, float | None] | None = None,
    scale: Mapping[str, str] | None = None,
) -> bytes:
    """One sample by one method or several, as a PNG; arguments as of `svg`.

    Raises:
        InputError: as `svg` and `rasterized`.
    """
    return rasterized(svg(explanations, index, palette=palette, vmax=vmax, scale=scale))


def rasterized(picture: str) -> bytes:
    """An SVG of this package as a PNG, as sharp as its size allows.

    Raises:
        InputError: it would be too large; or vl-convert is not installed.
    """
    try:
        import vl_convert
    except ImportError:
        raise InputError(
            "PNG pictures need vl-convert: pip install vl-convert-python. SVG needs nothing."
        ) from None
    # The head alone: a text of the picture may hold anything.
    root = ElementTree.fromstring(f"{picture[: picture.index('>')]}/>")
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    sharp = min(SHARPEST, math.sqrt(PIXELS / (width * height)))
    if sharp < READABLE:
        raise InputError(
            f"The picture is {width:,.0f} × {height:,.0f} points, too large for a readable PNG; "
            "save it as SVG, or explain fewer words."
        )
    return bytes(vl_convert.svg_to_png(picture, scale=sharp))
