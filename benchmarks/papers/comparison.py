"""Every method on the bundled models' test texts, by all fast measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

import lrp_engine
from benchmarks.papers import bundled, results
from lrp_engine import Epsilon, RelativeEpsilon, ZPlus

PART = "methods"
METHODS = ("lrp", "gradient_x_input", "sensitivity", "integrated_gradients", "occlusion", "lime")
RULES = {
    "epsilon 0.001": Epsilon(),
    "epsilon 0.01": Epsilon(eps=0.01),
    "epsilon 0.1": Epsilon(eps=0.1),
    "relative 0.03": RelativeEpsilon(),
    "gates half": Epsilon(gates="half"),
    "z-plus": ZPlus(),
}


def run(folder: Path, most: Mapping[str, int]) -> Iterator[pd.DataFrame]:
    """Of each model a row per explainer, measure and point of a curve."""
    for task in bundled.tasks(bundled.TEST, folder, most):
        print(f"{task.model}: {len(task.texts)} texts", flush=True)
        made = lrp_engine.evaluate(
            task.network, task.texts, task.labels, methods=METHODS, rules=RULES
        )
        print(made.sentence, flush=True)
        yield results.rows_of(made, PART, task.model)
