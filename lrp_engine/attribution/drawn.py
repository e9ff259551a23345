"""Explanations as people look at them and keep them: pages, pictures, tables, files."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from lrp_engine import lazy

if TYPE_CHECKING:
    import altair as alt


class Drawn:
    """One explanation of some samples, or several methods' of the same.

    `index` is the sample that is drawn, `palette` a name in `render.palettes.PALETTES`.
    """

    __slots__ = ()

    @property
    def _by_method(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def to_html(self, index: int = 0, *, palette: str | None = None) -> str:
        """One sample as a standalone HTML page, every word escaped: heatmaps, numbers, account."""
        return str(self._drawn("render.page:methods_page", index, palette))

    def to_svg(self, index: int = 0, *, palette: str | None = None) -> str:
        """One sample's heatmaps as a standalone SVG picture, settings in its metadata."""
        return str(self._drawn("render.svg:svg", index, palette))

    def to_png(self, index: int = 0, *, palette: str | None = None) -> bytes:
        """The same picture as a PNG.

        Raises:
            InputError: it would be too large, or vl-convert is not installed.
        """
        return bytes(self._drawn("render.png:png", index, palette))

    def to_latex(self, index: int = 0, *, palette: str | None = None) -> str:
        r"""One sample's heatmaps as LaTeX, for a document that loads `xcolor`.

        Each word is `\lrpword{RRGGBB}{word}{value}`, which a document may define otherwise.
        """
        return str(self._drawn("render.latex:latex", index, palette))

    def plot(self, index: int = 0) -> alt.HConcatChart:
        """One sample's words as bars, by Altair: a panel per method, each with its own scale.

        Altair itself draws it in a notebook, usually by a script from another host; in JupyterLab
        `altair.renderers.enable("mimetype")` draws it without. All else here fetches nothing.

        Raises:
            InputError: Altair is not installed.
        """
        chart: alt.HConcatChart = lazy.load("render.plot:plot")(self._by_method, index)
        return chart

    def save(self, path: str | PathLike[str], index: int = 0) -> None:
        """Write a file: .html, .svg, .png, .tex and .json of one sample, .csv of all.

        Raises:
            InputError: the ending is none of these.
        """
        lazy.load("render.files:save")(self._by_method, path, index)

    def _repr_html_(self) -> str:
        """The first samples, for a notebook; a fragment whose styles touch nothing else."""
        return str(lazy.load("render.notebook:explanations")(self._by_method))

    def _drawn(self, place: str, index: int, palette: str | None) -> Any:
        return lazy.load(place)(self._by_method, index, palette=palette)
