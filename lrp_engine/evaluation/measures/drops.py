"""Relevance against the true drop of the score, over random subsets of words.

Sensitivity-n: Ancona et al. 2018, arXiv 1711.06104. Infidelity: Yeh et al. 2019, arXiv 1901.09392.
"""

from __future__ import annotations

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.text import Asking, Kept, Text

SUBSETS = 20
# A claim that is smaller than this share of the largest is none to divide by.
SMALL = 1e-6


def _claims_and_drops(text: Text, relevance: np.ndarray) -> Asking:
    """Summed relevance of each random subset, and what the score loses without it: (2, m)."""
    rng = text.rng("subsets")
    sizes = rng.integers(1, text.words, size=SUBSETS)  # neither nothing nor everything
    ranks = rng.random((SUBSETS, text.words)).argsort(axis=1).argsort(axis=1)
    out = ranks < sizes[:, None]
    scores = yield Kept(~out)
    drops = text.scores[text.target] - scores[:, text.target]
    return np.array([out @ relevance, drops])


def correlation(text: Text, relevance: np.ndarray) -> Asking:
    """Pearson correlation; 0 where all claims are alike, none where all drops are."""
    claims, drops = yield from _claims_and_drops(text, relevance)
    claims, drops = claims - claims.mean(), drops - drops.mean()
    if not drops.any():
        return np.array([np.nan])
    size = np.sqrt((claims**2).sum() * (drops**2).sum())
    return np.array([(claims * drops).sum() / size if size > 0 else 0.0])


def slope(text: Text, relevance: np.ndarray) -> Asking:
    """Median of drop / claim."""
    claims, drops = yield from _claims_and_drops(text, relevance)
    large = np.abs(claims) > SMALL * np.abs(claims).max()
    return np.array([np.median(drops[large] / claims[large]) if large.any() else np.nan])


def infidelity(text: Text, relevance: np.ndarray) -> Asking:
    """Sum of (claim - drop)^2, as a share of the sum of drop^2; 1 for claims of nothing."""
    claims, drops = yield from _claims_and_drops(text, relevance)
    size = (drops**2).sum()
    return np.array([((claims - drops) ** 2).sum() / size if size > 0 else np.nan])


MEASURES = (
    Measure(
        name="correlation",
        title="Correlation with true drops",
        meaning="How well the relevance of 20 random sets of words, added up, goes with what the "
        "score loses without them (Pearson, 1 at best).",
        best="high",
        function=correlation,
        source="Ancona et al. 2018, arXiv 1711.06104",
    ),
    Measure(
        name="slope",
        title="What a number costs",
        meaning="What the score loses, divided by the relevance that is left out, median: 1 where "
        "the number means what it says, less where it overstates.",
        best=1.0,
        function=slope,
        combine="median",
        random=False,
        source="after Ancona et al. 2018, arXiv 1711.06104",
    ),
    Measure(
        name="infidelity",
        title="Infidelity",
        meaning="Mean squared error of relevance as a forecast of the drop, as a share of the "
        "squared drops, median: 0 at best, 1 for saying nothing.",
        best="low",
        function=infidelity,
        combine="median",
        random=False,
        source="Yeh et al. 2019, arXiv 1901.09392, eq. 1, divided by the squared drops",
    ),
)
