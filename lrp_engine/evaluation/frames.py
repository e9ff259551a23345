"""An Evaluation as data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lrp_engine.errors import InputError, choices
from lrp_engine.evaluation import bootstrap

if TYPE_CHECKING:
    from lrp_engine.evaluation.explainer import Explainer
    from lrp_engine.evaluation.result import Evaluation


def values(evaluation: Evaluation) -> pd.DataFrame:
    """See `Evaluation.to_frame`."""
    rows = []
    for measure, found in evaluation.estimates.items():
        low, high = found.interval
        rows += [
            (one.method, one.rule, measure, found.value[j], low[j], high[j], found.n)
            for j, one in enumerate(shown(evaluation, measure))
        ]
    return pd.DataFrame(rows, columns=["method", "rule", "measure", "value", "low", "high", "n"])


def differences(evaluation: Evaluation, reference: Explainer | None) -> pd.DataFrame:
    """See `Evaluation.differences`."""
    names = evaluation.explainers
    if reference is not None and reference not in names:
        raise InputError(
            f"{reference.name!r} was not measured; choose from {choices(e.name for e in names)}."
        )
    at = 0 if reference is None else names.index(reference)
    rows = []
    for measure, found in evaluation.estimates.items():
        for j, one in enumerate(shown(evaluation, measure)):
            if j == at:
                continue
            low, high = bootstrap.interval(found.draws[:, j] - found.draws[:, at])
            better = difference(evaluation, measure, j, at)
            rows.append((one.method, one.rule, measure, found.value[j] - found.value[at], low,
                         high, found.n, better != 0, better > 0))  # fmt: skip
    columns = ["method", "rule", "measure", "difference", "low", "high", "n", "real", "better"]
    return pd.DataFrame(rows, columns=columns)


def difference(evaluation: Evaluation, measure: str, one: int, other: int) -> float:
    """How much better (worse: below 0) one explainer is than another; 0 where none is real."""
    info, found = evaluation.info(measure), evaluation.estimates[measure]
    better = float(info.goodness(found.value[one]) - info.goodness(found.value[other]))
    low, high = bootstrap.interval(
        info.goodness(found.draws[:, one]) - info.goodness(found.draws[:, other])
    )
    real = (low > 0 or high < 0) and abs(better) >= info.tie
    return better if real else 0.0


def curves(evaluation: Evaluation, measures: Sequence[str] | None = None) -> pd.DataFrame:
    """See `Evaluation.curves`; of some measures, or of all."""
    rows = []
    for measure in evaluation.measures if measures is None else measures:
        if not (points := evaluation.points[measure]):
            continue
        counted = evaluation.counted(measure)
        mean, low, high = bootstrap.points(counted, seed=evaluation.seed)
        rows += [
            (one.method, one.rule, measure, point, mean[j, k], low[j, k], high[j, k], len(counted))
            for j, one in enumerate(shown(evaluation, measure))
            for k, point in enumerate(points)
        ]
    columns = ["method", "rule", "measure", "point", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def by_text(evaluation: Evaluation) -> pd.DataFrame:
    """See `Evaluation.by_text`; what all texts together make one number of is left out."""
    frames = []
    for measure, found in evaluation.values.items():
        info = evaluation.info(measure)
        if info.combine == "correlation":
            continue
        of_text = found[..., -1] if info.combine == "last" else found.mean(axis=2)
        frames += [
            pd.DataFrame(
                {
                    "text": evaluation.places[measure],
                    "method": one.method,
                    "rule": one.rule,
                    "measure": measure,
                    "value": of_text[:, j],
                }
            )
            for j, one in enumerate(shown(evaluation, measure))
        ]
    return (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(
            {name: np.array([]) for name in ("text", "method", "rule", "measure", "value")}
        )
    )


def shown(evaluation: Evaluation, measure: str) -> tuple[Explainer, ...]:
    """The explainers that a measure has numbers of."""
    every = evaluation.explainers
    return every if evaluation.has_chance(measure) else every[:-1]
