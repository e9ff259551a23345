"""Occlusion: what the score loses when a word is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lrp_engine.attribution.methods.base import REMOVAL, Attribution, Method, Run, Variant
from lrp_engine.attribution.work import PassCount


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """R_t = s(x) - s(x without t), exact.

    Padding and marks have 0: a text without a word is padded again.
    """
    row, position = np.nonzero(run.droppable)  # (n,) of all words of all samples

    def without() -> Iterator[Variant]:
        for sample, at in zip(row.tolist(), position.tolist(), strict=True):
            yield sample, np.arange(run.lengths[sample]) != at

    scores = (run.selection[row] * run.predict(without(), options["removal"])).sum(
        axis=1, dtype=np.float64
    )
    relevance = np.zeros(run.droppable.shape)  # (B, T), or (B, D)
    relevance[row, position] = run.target_scores[row] - scores
    return Attribution(per_token=relevance)


METHOD = Method(
    name="occlusion",
    title="Occlusion",
    short="OC",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R_t = s(x) - s(x_{\setminus t})",
    per_unit=False,
    completeness="none",
    uses_rule=False,
    passes=(),
    cost="n forward passes for n words",
    count=lambda words, options: PassCount(forward=words),
    live=False,
    options=(REMOVAL,),
    attribute=attribute,
    meaning="How much the score falls when the word is left out; negative where it rises.",
    source="Zeiler & Fergus 2014, doi 10.1007/978-3-319-10590-1_53; for words Li et al. 2016, "
    "arXiv 1612.08220",
)
