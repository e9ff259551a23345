"""The pointing game in hybrid documents: Poerner et al. 2018, doi 10.18653/v1/P18-1032."""

from __future__ import annotations

import numpy as np

from lrp_engine.evaluation.measures.base import Measure
from lrp_engine.evaluation.text import Asking, Text


def pointing(text: Text, relevance: np.ndarray) -> Asking:
    """Whether the word of most relevance for a class stands in a sentence of that class."""
    yield from ()
    assert text.origins is not None
    return np.array([float(text.origins[relevance.argmax()] == text.target)])


MEASURES = (
    Measure(
        name="pointing",
        title="Pointing game",
        meaning="In documents of texts of the two classes that are taken for each other least: how "
        "often the top word for a class stands in a text of it; both classes are asked about.",
        best="high",
        function=pointing,
        scope="documents",
        least=lambda step: 2,
        needs=("labels", "classes", "words"),
        source="Poerner et al. 2018, doi 10.18653/v1/P18-1032",
    ),
)
