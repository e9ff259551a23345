"""Sensitivity Analysis: squared partial derivatives of the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.attribution.methods.base import Attribution, Method, Run


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """(ds/dx)²; summed over units, the squared norm of the gradient."""
    return Attribution(per_unit=np.square(run.backward["gradient"].message))


METHOD = Method(
    name="sensitivity",
    title="Sensitivity Analysis",
    short="SA",
    value_name="sensitivity",
    signed=False,
    unit="(score / input)²",
    equation=r"R_t = \sum_e \left( \partial s / \partial x_{te} \right)^2",
    per_unit=True,
    completeness="none",
    uses_rule=False,
    passes=("gradient",),
    cost="one backward pass",
    live=True,
    attribute=attribute,
    meaning="How strongly the score reacts to a small change of each word's vector; it does not "
    "say in which direction.",
    source="Simonyan et al. 2014, arXiv 1312.6034; Li et al. 2016, doi 10.18653/v1/N16-1082",
)
