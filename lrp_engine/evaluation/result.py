"""Evaluation: what was measured of several explainers, with intervals; frozen.

Axes: N texts that a measure counts, J explainers, chance last, k numbers of a measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import lazy
from lrp_engine.errors import InputError, choices
from lrp_engine.evaluation import bootstrap
from lrp_engine.evaluation.bootstrap import Estimate
from lrp_engine.evaluation.explainer import CHANCE, Explainer
from lrp_engine.evaluation.measures import MEASURES, Measure

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


# Share of the texts that an explainer may fail on and still be compared with the others.
FAILS = 0.05


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What some texts say of explainers.

    Attributes:
        explainers: J, what was measured, relevances drawn at random last.
        values: measure -> (N, J, k) the numbers of each text; NaN where chance has none.
        places: measure -> (N,) which texts these are, counted from 0.
        points: measure -> what its k numbers belong to, for a curve.
        left_out: measure -> why it was not measured.
        texts: how many were read; unexplained: those whose numbers overflow or that hold no words.
        settings: what was chosen, as plain JSON values, with the hash of the model.
        seed: of everything that was drawn.
    """

    explainers: tuple[Explainer, ...]
    values: Mapping[str, np.ndarray]
    places: Mapping[str, np.ndarray]
    points: Mapping[str, tuple[Any, ...]]
    left_out: Mapping[str, str]
    texts: int
    unexplained: int
    settings: Mapping[str, Any]
    seed: int

    def __post_init__(self) -> None:
        for name in ("values", "places"):
            arrays = {key: np.array(array) for key, array in getattr(self, name).items()}
            for array in arrays.values():
                array.setflags(write=False)
            object.__setattr__(self, name, MappingProxyType(arrays))
        for name in ("points", "left_out", "settings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        return f"Evaluation({len(self.explainers)} explainers, {self.texts} texts)"

    def __reduce__(self) -> tuple:
        plain = (dict(one) for one in (self.values, self.places, self.points, self.left_out))
        rest = (self.texts, self.unexplained, dict(self.settings), self.seed)
        return Evaluation, (self.explainers, *plain, *rest)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of what was measured."""
        return tuple(self.values)

    @cached_property
    def estimates(self) -> Mapping[str, Estimate]:
        """Measure -> its value for each explainer, and the same of texts drawn with replacement."""
        return MappingProxyType({
            name: bootstrap.estimate(self.counted(name), MEASURES[name].combine, seed=self.seed)
            for name in self.values
        })  # fmt: skip

    def counted(self, measure: str) -> np.ndarray:
        """(N, J, k) of the texts that say something of every explainer: all are compared on those.

        One that fails on more than `FAILS` of the texts is not compared, its numbers are NaN.

        Raises:
            InputError: it was not measured; lists what was.
        """
        values = np.array(self.values[self._measured(measure)])
        fine = np.isfinite(values[:, :-1]).all(axis=2)
        fails = (~fine).mean(axis=0) > FAILS
        values[:, :-1][:, fails] = np.nan
        return values[fine[:, ~fails].all(axis=1)]

    def failed(self, measure: str) -> Mapping[Explainer, int]:
        """Explainer -> texts that a measure has no number of, as where its relevance overflows."""
        fine = np.isfinite(self.values[self._measured(measure)][:, :-1]).all(axis=2)
        counts = (~fine).sum(axis=0).tolist()
        return {e: n for e, n in zip(self.explainers[:-1], counts, strict=True) if n}

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and explainer: method, rule, measure, value, low, high, n.

        low and high are the ends of the 95 % interval, n the number of texts.
        """
        frame: pd.DataFrame = lazy.load("evaluation.frames:values")(self)
        return frame

    def differences(self, reference: Explainer | None = None) -> pd.DataFrame:
        """How each explainer differs from one of them, paired by text.

        Columns: method, rule, measure, difference, low, high, n, real, better; `real` where the
        interval leaves out 0 and the difference is no smaller than the measure's `tie`.

        Args:
            reference: one of `explainers`; None for the first.
        """
        frame: pd.DataFrame = lazy.load("evaluation.frames:differences")(self, reference)
        return frame

    def curves(self) -> pd.DataFrame:
        """One row per point of each curve: method, rule, measure, point, value, low, high, n."""
        frame: pd.DataFrame = lazy.load("evaluation.frames:curves")(self)
        return frame

    def by_text(self) -> pd.DataFrame:
        """One row per text, measure and explainer: text, method, rule, measure, value."""
        frame: pd.DataFrame = lazy.load("evaluation.frames:by_text")(self)
        return frame

    @property
    def sentence(self) -> str:
        """What to take from it: which explainer orders words best, and which beat chance."""
        said: str = lazy.load("evaluation.verdict:sentence")(self)
        return said

    @property
    def sentences(self) -> Mapping[str, str]:
        """Measure -> which differences are real."""
        said: Mapping[str, str] = lazy.load("evaluation.verdict:sentences")(self)
        return said

    def chart(self, measure: str) -> alt.LayerChart:
        """The curve of a measure, a line and a band of 95 % per explainer.

        Raises:
            InputError: it was not measured, or has no curve.
        """
        chart: alt.LayerChart = lazy.load("evaluation.charts:curve")(self, measure)
        return chart

    def to_markdown(self) -> str:
        """The whole as tables in Markdown."""
        text: str = lazy.load("evaluation.report:markdown")(self)
        return text

    def to_html(self) -> str:
        """The whole as a page that loads nothing from anywhere."""
        text: str = lazy.load("evaluation.report:html")(self)
        return text

    def _repr_html_(self) -> str:
        """What was measured, for a notebook."""
        text: str = lazy.load("evaluation.report:fragment")(self)
        return text

    def to_text(self) -> str:
        """The whole for a terminal."""
        text: str = lazy.load("evaluation.report:text")(self)
        return text

    def has_chance(self, measure: str) -> bool:
        """Whether relevances drawn at random say something."""
        return self.info(measure).random and self.explainers[-1] == CHANCE

    def info(self, measure: str) -> Measure:
        return MEASURES[self._measured(measure)]

    def _measured(self, measure: str) -> str:
        if measure not in self.values:
            why = f" ({self.left_out[measure]})" if measure in self.left_out else ""
            raise InputError(f"{measure!r:.40} was not measured{why}; choose from "
                             f"{choices(self.values)}.")  # fmt: skip
        return measure
