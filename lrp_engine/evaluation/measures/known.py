"""Against answers that are known: exact Shapley values, and the steps that a task marks."""

from __future__ import annotations

import numpy as np

from lrp_engine.attribution.methods.shapley import EXACT, choices_of, exact
from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.ranks import spearman
from lrp_engine.evaluation.text import Asking, Kept, Text


def shapley(text: Text, relevance: np.ndarray) -> Asking:
    """Spearman correlation with the words' exact Shapley values of the target's score."""
    scores = yield Kept(choices_of(text.words))
    return np.array([spearman(relevance, exact(scores[:, text.target]))])


def marked_share(text: Text, relevance: np.ndarray) -> Asking:
    """Share of absolute relevance at the steps that have an answer."""
    yield from ()
    assert text.answer is not None
    size = np.abs(relevance)
    marked = ~np.isnan(text.answer)
    return np.array([size[marked].sum() / size.sum() if size.any() else np.nan])


def marked_correlation(text: Text, relevance: np.ndarray) -> Asking:
    """What the correlation of relevance with answers over all texts is made of, see `bootstrap`."""
    yield from ()
    assert text.answer is not None
    marked = ~np.isnan(text.answer)
    r, a = relevance[marked], text.answer[marked]
    return np.array([len(r), r.sum(), a.sum(), (r * r).sum(), (a * a).sum(), (r * a).sum()])


MEASURES = (
    Measure(
        name="shapley",
        title="Agreement with Shapley values",
        meaning="Rank correlation with the exact Shapley values of the score, over texts of at "
        f"most {EXACT} words.",
        best="high",
        function=shapley,
        least=lambda step: 3,
        most=lambda step: EXACT,
        fast=False,
        source="Shapley 1953; Lundberg and Lee 2017, arXiv 1705.07874",
    ),
    Measure(
        name="marked_share",
        title="Share of relevance where the answer is",
        meaning="The share of absolute relevance at the steps of which the right answer is known.",
        best="high",
        function=marked_share,
        least=lambda step: 1,
        needs=("answers",),
        source="Arras et al. 2019, doi 10.1007/978-3-030-28954-6_11",
    ),
    Measure(
        name="marked_correlation",
        title="Correlation with the right answer",
        meaning="Correlation of the relevance of those steps with the right answer over all texts.",
        best="high",
        function=marked_correlation,
        points=lambda step: (0.0,) * 6,
        combine="correlation",
        least=lambda step: 1,
        needs=("answers",),
        source="Arras et al. 2019, doi 10.1007/978-3-030-28954-6_11",
    ),
)
