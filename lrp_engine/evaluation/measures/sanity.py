"""Stability, and what is left of an explanation when the network has forgotten its task.

Max-sensitivity: Yeh et al. 2019, arXiv 1901.09392, eq. 2. Random weights: Adebayo et al. 2018,
arXiv 1810.03292.
"""

from __future__ import annotations

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.ranks import spearman
from lrp_engine.evaluation.text import Asking, Moved, Randomized, Text

DRAWS, RADIUS = 10, 0.05
ADEBAYO = "Adebayo et al. 2018, arXiv 1810.03292"


def max_sensitivity(text: Text, relevance: np.ndarray) -> Asking:
    """The largest |R(x + noise) - R(x)| / |R(x)| of the draws."""
    still, *moved = yield Moved(draws=DRAWS, radius=RADIUS)
    size = np.linalg.norm(still)
    change = np.linalg.norm(np.array(moved) - still, axis=1).max()
    return np.array([change / size if size > 0 else np.nan])


def signed(text: Text, relevance: np.ndarray) -> Asking:
    """Rank correlation with the relevances through random weights, by depth."""
    random = yield Randomized()
    return np.array([spearman(relevance, one) for one in random])


def absolute(text: Text, relevance: np.ndarray) -> Asking:
    """The same of absolute relevances."""
    random = yield Randomized()
    return np.array([spearman(np.abs(relevance), np.abs(one)) for one in random])


MEASURES = (
    Measure(
        name="max_sensitivity",
        title="Max-sensitivity",
        meaning="How much the relevances change at most when the word vectors are moved by 5 % of "
        "their spread, as a share of the relevances.",
        best="low",
        function=max_sensitivity,
        combine="median",
        fast=False,
        random=False,
        source="Yeh et al. 2019, arXiv 1901.09392, eq. 2",
    ),
    Measure(
        name="randomized_signed",
        title="Random weights, signed",
        meaning="Rank correlation with the relevances of the same network with random weights, "
        "layer by layer from the last on; the value is that of all layers random: 0 where the "
        "explanation depends on what was learned.",
        best=0.0,
        function=signed,
        points=None,
        axis="layers with random weights",
        combine="last",
        fast=False,
        random=False,
        source=ADEBAYO,
    ),
    Measure(
        name="randomized_absolute",
        title="Random weights, absolute",
        meaning="The same of absolute relevances: not 0 where positions alone decide.",
        best=0.0,
        function=absolute,
        points=None,
        axis="layers with random weights",
        combine="last",
        fast=False,
        random=False,
        source=ADEBAYO,
    ),
)
