"""Comprehensiveness and sufficiency: what taking out, or keeping only, the top words does.

DeYoung et al. 2020, ERASER, doi 10.18653/v1/2020.acl-main.408, eq. 1 and 2, by probability;
normalized by what any order can reach: Edin et al. 2025, arXiv 2408.08137.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.text import Asking, Kept, Text, falling, without_first

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
# Orders that the search for the best and the worst one keeps at a time.
BEAM = 5
LONGEST = 40
SOURCE = "DeYoung et al. 2020, doi 10.18653/v1/2020.acl-main.408"


def counts(words: int) -> np.ndarray:
    """How many words each of `SHARES` is, at least one."""
    return np.array([max(1, int(np.ceil(round(share * words, 9)))) for share in SHARES])


def comprehensiveness(text: Text, relevance: np.ndarray) -> Asking:
    """p(text) - p(text without the top words), per share."""
    scores = yield Kept(without_first(falling(relevance), counts(text.words)))
    return text.whole - text.value(scores)


def sufficiency(text: Text, relevance: np.ndarray) -> Asking:
    """p(text) - p(the top words alone), per share."""
    scores = yield Kept(~without_first(falling(relevance), counts(text.words)))
    return text.whole - text.value(scores)


def normalized(text: Text, relevance: np.ndarray) -> Asking:
    """(AOPC - least) / (most - least), AOPC the mean fall of p over all numbers of words taken out.

    The bounds are those of the orders that a beam search finds.
    """
    most, least = yield from _bounds(text)
    every = np.arange(1, text.words + 1)
    scores = yield Kept(without_first(falling(relevance), every))
    aopc = (text.whole - text.value(scores)).mean()
    return np.array([(aopc - least) / (most - least) if most > least else np.nan])


def _bounds(text: Text) -> Asking:
    """The highest and the lowest AOPC (2,) of the orders found."""
    found = []
    for sign in (1, -1):
        kept = np.ones((1, text.words), bool)
        total = np.zeros(1)
        for _ in range(text.words):
            # Each order goes on with each word that it has left.
            order, word = np.nonzero(kept)
            longer = kept[order]
            longer[np.arange(len(word)), word] = False
            scores = yield Kept(longer)
            sums = total[order] + text.whole - text.value(scores)
            # Orders of the same words differ in nothing that comes later: the better one stays.
            ranked = np.lexsort((-sign * sums, *longer.T))
            new = [True, *(bool((longer[a] != longer[b]).any()) for a, b in pairwise(ranked))]
            best = ranked[new]
            best = best[np.argsort(-sign * sums[best], kind="stable")[:BEAM]]
            kept, total = longer[best], sums[best]
        found.append(total[0] / text.words)
    return np.array(found)


MEASURES = (
    Measure(
        name="comprehensiveness",
        title="Comprehensiveness",
        meaning="How far the probability of the class falls when the top words are left out, mean "
        "over 1, 5, 10, 20 and 50 % of the words.",
        best="high",
        function=comprehensiveness,
        points=lambda step: SHARES,
        axis="share of words left out",
        source=SOURCE,
    ),
    Measure(
        name="sufficiency",
        title="Sufficiency",
        meaning="How far the probability of the class falls when only the top words are kept, mean "
        "over 1, 5, 10, 20 and 50 % of the words.",
        best="low",
        function=sufficiency,
        points=lambda step: SHARES,
        axis="share of words kept",
        source=SOURCE,
    ),
    Measure(
        name="normalized_aopc",
        title="Normalized AOPC",
        meaning="The mean fall over all numbers of words left out, from 0 for the worst order of "
        "words to 1 for the best that a search finds.",
        best="high",
        function=normalized,
        most=lambda step: LONGEST,
        fast=False,
        source="Edin et al. 2025, arXiv 2408.08137",
    ),
)
