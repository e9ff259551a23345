"""Layer-wise Relevance Propagation: the relevance that reaches each input unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.attribution.methods.base import Attribution, Method, Run


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """R at the input."""
    return Attribution(per_unit=run.backward["relevance"].message)


METHOD = Method(
    name="lrp",
    title="Layer-wise Relevance Propagation",
    short="LRP",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R_i = \sum_j \frac{x_i W_{ij}}{z_j + \epsilon \, \mathrm{sign} z_j} R_j",
    per_unit=True,
    completeness="score",
    uses_rule=True,
    passes=("relevance",),
    cost="one backward pass",
    live=True,
    attribute=attribute,
    meaning="How much each word contributed to the score: plus (+) supports the explained class, "
    "minus (−) opposes it.",
    source="Bach et al. 2015, doi 10.1371/journal.pone.0130140; Arras et al. 2017, "
    "doi 10.18653/v1/W17-5221",
)
