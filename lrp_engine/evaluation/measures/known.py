"""Against answers that are known: exact Shapley values, and the steps that a task marks."""

from __future__ import annotations

from math import factorial

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.ranks import spearman
from lrp_engine.evaluation.text import Asking, Kept, Text

MOST_WORDS = 10


def shapley(text: Text, relevance: np.ndarray) -> Asking:
    """Spearman correlation with the words' exact Shapley values of the target's score."""
    n = text.words
    sets = np.arange(2**n)
    kept = (sets[:, None] >> np.arange(n)) & 1 == 1  # (2^n, n); row s holds the bits of s
    scores = yield Kept(kept)
    value = scores[:, text.target]
    size = kept.sum(axis=1)
    weight = np.array([factorial(k) * factorial(n - 1 - k) for k in range(n)]) / factorial(n)
    values = np.empty(n)
    for word in range(n):
        without = sets[~kept[:, word]]
        gained = value[without | (1 << word)] - value[without]
        values[word] = (weight[size[without]] * gained).sum()
    return np.array([spearman(relevance, values)])


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
        "most 10 words.",
        best="high",
        function=shapley,
        least=lambda step: 3,
        most=lambda step: MOST_WORDS,
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
