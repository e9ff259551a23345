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
    limits="SA says how strongly the score would react to a tiny change of a word. It does not say "
    "whether the word supports the class or opposes it, nor how much of the score it carries. "
    "Removing its top words lowers the probability of the class by 0.096; removing those of LRP "
    "lowers it by 0.269, random words by 0.043 (125 bundled reviews).",
    source="Simonyan et al. 2014, arXiv 1312.6034; Li et al. 2016, doi 10.18653/v1/N16-1082",
)
