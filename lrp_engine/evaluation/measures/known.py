"""Against answers that are known: what each word costs, Shapley values, steps that a task marks."""

from __future__ import annotations

import numpy as np

from lrp_engine.attribution.methods.shapley import EXACT, choices_of, exact
from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.ranks import spearman
from lrp_engine.evaluation.text import Asking, Kept, Text

# Words of a text that are left out one by one: it is read as often.
MOST_LEFT_OUT = 500


def occlusion(text: Text, relevance: np.ndarray) -> Asking:
    """Spearman correlation of sizes: relevance, and what the score loses without each word."""
    scores = yield Kept(~np.eye(text.words, dtype=bool))
    sizes = np.abs(text.scores[text.target] - scores[:, text.target])
    found = spearman(np.abs(relevance), sizes) if np.ptp(sizes) > 0 else np.nan
    return np.array([found])


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
        name="occlusion",
        title="Agreement with occlusion",
        meaning="Rank correlation of the sizes of relevance with what the score loses, or gains, "
        "when each word is left out by itself.",
        best="high",
        function=occlusion,
        least=lambda step: 8,  # of fewer words, random orders agree too often
        most=lambda step: MOST_LEFT_OUT,
        fast=False,
        source="Zeiler and Fergus 2014, doi 10.1007/978-3-319-10590-1_53, over words",
    ),
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
