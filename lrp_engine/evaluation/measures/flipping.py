"""Deletion and insertion curves: words taken out, or put back, one after the other.

Arras et al. 2017, doi 10.18653/v1/W17-5221; Arras et al. 2019, doi 10.18653/v1/W19-4813.
"""

from __future__ import annotations

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.text import Asking, Kept, Text, falling, rising, without_first

STEPS = 10
TENTHS = tuple(n / 10 for n in range(1, 10))
SOURCE = "Arras et al. 2017, doi 10.18653/v1/W17-5221"
AXIS = "words left out"


def counted(step: int) -> tuple[int, ...]:
    """Numbers of words that are left out: 1 to 10, in steps."""
    return tuple(step * n for n in range(1, STEPS + 1))


def tenths(words: int) -> np.ndarray:
    """How many words each of `TENTHS` is, at least one."""
    return np.array([max(1, round(share * words)) for share in TENTHS])


def deletion(text: Text, relevance: np.ndarray) -> Asking:
    """p without the top words, per tenth."""
    scores = yield Kept(without_first(falling(relevance), tenths(text.words)))
    return text.value(scores)


def insertion(text: Text, relevance: np.ndarray) -> Asking:
    """p of the top words alone, per tenth."""
    scores = yield Kept(~without_first(falling(relevance), tenths(text.words)))
    return text.value(scores)


def of_right(text: Text, relevance: np.ndarray) -> Asking:
    """Whether the class is still right (1) without the words that speak most for it."""
    return (yield from _right(text, falling(relevance)))


def of_wrong(text: Text, relevance: np.ndarray) -> Asking:
    """Whether the class becomes right (1) without the words that speak most against it."""
    return (yield from _right(text, rising(relevance)))


def _right(text: Text, order: np.ndarray) -> Asking:
    scores = yield Kept(without_first(order, np.array(counted(text.step))))
    return (scores.argmax(axis=1) == text.label).astype(float)


MEASURES = (
    Measure(
        name="deletion",
        title="Deletion",
        meaning="The probability of the class while the top words are left out, mean over 10 to "
        "90 % of the words: the area under the curve.",
        best="low",
        function=deletion,
        points=lambda step: TENTHS,
        axis="share of words left out",
        source=SOURCE,
    ),
    Measure(
        name="insertion",
        title="Insertion",
        meaning="The probability of the class while the top words are put back, mean over 10 to "
        "90 % of the words: the area under the curve.",
        best="high",
        function=insertion,
        points=lambda step: TENTHS,
        axis="share of words kept",
        source="Petsiuk et al. 2018, arXiv 1806.07421",
    ),
    Measure(
        name="deletion_right",
        title="Accuracy of right texts, top words left out",
        meaning="The accuracy of texts that were read rightly while the words that speak most for "
        "the true class are left out.",
        best="low",
        function=of_right,
        points=counted,
        axis=AXIS,
        scope="right",
        target="label",
        least=lambda step: STEPS * step + 1,
        needs=("labels", "classes"),
        source=SOURCE,
    ),
    Measure(
        name="deletion_wrong",
        title="Accuracy of wrong texts, opposing words left out",
        meaning="The accuracy of texts that were read wrongly while the words that speak most "
        "against the true class are left out.",
        best="high",
        function=of_wrong,
        points=counted,
        axis=AXIS,
        scope="wrong",
        target="label",
        least=lambda step: STEPS * step + 1,
        needs=("labels", "classes"),
        source=SOURCE,
    ),
)
