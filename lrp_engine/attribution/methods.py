"""Methods of explanation: what each makes of a backward pass, and facts the dashboard reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to say which inputs mattered.

    Attributes:
        name: key in `METHODS`.
        title, short: for people.
        calculus: the meaning of "backward" it needs, "relevance" or "gradient".
        per_unit: (input, message), both (B, T, E) -> value of each input unit (B, T, E).
        signed: whether negative values exist and speak against the target.
        unit: what the numbers are measured in.
        sums_to_score: whether words, initial states and ledger add up to the explained score.
        meaning: one sentence for people.
        source: where it is defined.
    """

    name: str
    title: str
    short: str
    calculus: str
    per_unit: Callable[[np.ndarray, np.ndarray], np.ndarray]
    signed: bool
    unit: str
    sums_to_score: bool
    meaning: str
    source: str


def lrp(x: np.ndarray, R: np.ndarray) -> np.ndarray:
    """The relevance itself."""
    return R


def sensitivity(x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Squared partial derivatives; summed over units, the squared norm of the gradient."""
    return np.square(gradient)


def gradient_x_input(x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Derivative times value; summed over units, a first-order effect of the word."""
    return gradient * x


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="lrp",
            title="Layer-wise Relevance Propagation",
            short="LRP",
            calculus="relevance",
            per_unit=lrp,
            signed=True,
            unit="score",
            sums_to_score=True,
            meaning="How much of the score each word carries: positive speaks for the explained "
            "class, negative against it.",
            source="Bach et al. 2015, doi 10.1371/journal.pone.0130140; Arras et al. 2017, "
            "doi 10.18653/v1/W17-5221",
        ),
        Method(
            name="sensitivity",
            title="Sensitivity Analysis",
            short="SA",
            calculus="gradient",
            per_unit=sensitivity,
            signed=False,
            unit="(score / input)²",
            sums_to_score=False,
            meaning="How strongly the score reacts to a small change of each word's vector; it "
            "does not say in which direction.",
            source="Simonyan et al. 2014, arXiv 1312.6034; Li et al. 2016, "
            "doi 10.18653/v1/N16-1082",
        ),
        Method(
            name="gradient_x_input",
            title="Gradient × Input",
            short="GI",
            calculus="gradient",
            per_unit=gradient_x_input,
            signed=True,
            unit="score",
            sums_to_score=False,
            meaning="What each word would contribute if the network were linear around this input.",
            source="Denil et al. 2015, arXiv 1412.6815; Shrikumar et al. 2017, arXiv 1704.02685",
        ),
    )
}
