"""Gradient × Input: the contribution of each input unit to the score's linear approximation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.attribution.methods.base import Attribution, Method, Run


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """x ds/dx; summed over units, a first-order effect of the word."""
    return Attribution(per_unit=run.backward["gradient"].message * run.x)


METHOD = Method(
    name="gradient_x_input",
    title="Gradient × Input",
    short="GI",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R_t = \sum_e x_{te} \, \partial s / \partial x_{te}",
    per_unit=True,
    completeness="none",
    uses_rule=False,
    passes=("gradient",),
    cost="one backward pass",
    live=True,
    attribute=attribute,
    meaning="What each word would contribute if the network were linear around this input.",
    source="Denil et al. 2015, arXiv 1412.6815; Shrikumar et al. 2017, arXiv 1704.02685",
)
