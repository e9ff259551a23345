"""Descriptive accuracy and sparsity: Warnecke et al. 2020, arXiv 1906.02108."""

from __future__ import annotations

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.measures.flipping import STEPS, counted
from lrp_engine.evaluation.text import Asking, Kept, Text, falling, without_first
from lrp_engine.model.removals import ZERO

SOURCE = "Warnecke et al. 2020, arXiv 1906.02108"
# In the middle of tenths, so that their mean is the area under the curve.
THRESHOLDS = tuple((n + 0.5) / 20 for n in range(20))


def descriptive_accuracy(text: Text, relevance: np.ndarray) -> Asking:
    """p with zeros in the place of the top words, by their number."""
    kept = without_first(falling(relevance), np.array(counted(text.step)))
    scores = yield Kept(kept, removal=ZERO)
    return text.value(scores)


def sparsity(text: Text, relevance: np.ndarray) -> Asking:
    """Share of words whose relevance, divided by the largest, is at most a threshold."""
    yield from ()
    largest = np.abs(relevance).max()
    size = np.abs(relevance) / largest if largest > 0 else np.zeros_like(relevance)
    return np.array([(size <= threshold).mean() for threshold in THRESHOLDS])


MEASURES = (
    Measure(
        name="descriptive_accuracy",
        title="Descriptive accuracy",
        meaning="The probability of the class with zeros in the place of the top words, mean over "
        "their number: low where few words decide and are found.",
        best="low",
        function=descriptive_accuracy,
        points=counted,
        axis="words zeroed",
        least=lambda step: STEPS * step + 1,
        source=SOURCE,
    ),
    Measure(
        name="sparsity",
        title="Sparsity (MAZ)",
        meaning="The share of words whose relevance is near zero, mean over all thresholds: the "
        "mass around zero. High is short to read, and says nothing of being right.",
        best="high",
        function=sparsity,
        points=lambda step: THRESHOLDS,
        axis="threshold",
        random=False,
        source=SOURCE,
    ),
)
