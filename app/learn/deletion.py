"""Words taken out one after the other: the curve, and what it says. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lrp_engine import METHODS, Explanations
from lrp_engine.attribution.ablation import TOGETHER, Deletion
from lrp_engine.render.numbers import number, percentage

RANDOM = "random orders"
LOW, HIGH = 10, 90  # percent of the random orders that the band holds


def points(one: Deletion) -> pd.DataFrame:
    """Rows of `trust_charts.curve`: a line per method, and the random orders with their spread."""
    frames = [
        _line(METHODS[name].short, figures, figures, figures)
        for name, figures in one.figures.items()
    ]
    low, high = np.percentile(one.random, [LOW, HIGH], axis=0)
    frames.append(_line(RANDOM, one.random.mean(axis=0), low, high))
    return pd.concat(frames, ignore_index=True)


def _line(name: str, value: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {"explainer": name, "point": range(len(value)), "value": value, "low": low, "high": high}
    )


def sentences(one: Deletion, explanations: Explanations) -> list[str]:
    """Per method: what its first words were worth, beside random ones; the best one first."""
    count = min(TOGETHER, one.random.shape[1] - 1)
    shown = percentage if explanations.output_kind.has_classes else number
    before = shown(float(one.random[0, 0]))
    ranked = sorted(one.figures.items(), key=lambda item: float(item[1][count]))
    said = [
        f"{METHODS[name].short}: from {before} to {shown(float(figures[count]))} without its "
        f"first {count} ({_listed(one, name, count, explanations)})."
        for name, figures in ranked
    ]
    mean = shown(float(one.random[:, count].mean()))
    return [*said, f"Random words: from {before} to {mean} without {count} of them, on average."]


def _listed(one: Deletion, name: str, count: int, explanations: Explanations) -> str:
    tokens = explanations.tokens[0]
    return ", ".join(f"“{tokens[at]}”" for at in one.order[name][:count])
