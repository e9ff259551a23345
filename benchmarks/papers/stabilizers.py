"""Which stabilizer explains best: candidates on validation texts, all of them on test texts too.

The choice looks at the validation texts alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import lrp_engine
from benchmarks.papers import bundled, results
from lrp_engine import ByLayer, Epsilon, RelativeEpsilon
from lrp_engine.propagation.rules import Rule

SLIGHT = 1e-6  # practically no stabilizer where units add up by themselves
RELATIVE = RelativeEpsilon()
# Epsilon everywhere, relative everywhere, and one of them in some layers.
CANDIDATES: dict[str, Rule] = {
    "epsilon 0.001": Epsilon(),
    "epsilon 0.003": Epsilon(eps=0.003),
    "epsilon 0.01": Epsilon(eps=0.01),
    "relative 0.01": replace(RELATIVE, relative=0.01),
    "relative 0.03": RELATIVE,
    "relative 0.1": replace(RELATIVE, relative=0.1),
    "relative 0.03, cell 1e-06": replace(RELATIVE, eps=SLIGHT),
    "relative 0.03, last layer 0.001": ByLayer([("last", Epsilon())], default=RELATIVE),
    "relative 0.03 in the last layer": ByLayer([("last", RELATIVE)], default=Epsilon()),
    "epsilon 0.01 at the input": ByLayer([("input", Epsilon(eps=0.01))], default=Epsilon()),
}
MEASURES = ("comprehensiveness", "deletion_right", "deletion_wrong", "pointing", "slope",
            "correlation")  # fmt: skip
BLOWN_UP = "blown_up"
TIMES = 10  # a word's relevance is so many times the score, or more


def run(part: str, folder: Path, most: Mapping[str, int]) -> Iterator[pd.DataFrame]:
    """Of each model a row per candidate and measure."""
    for task in bundled.tasks(part, folder, most):
        print(f"{part}, {task.model}: {len(task.texts)} texts", flush=True)
        made = lrp_engine.evaluate(
            task.network, task.texts, task.labels, methods=["lrp"], rules=CANDIDATES,
            measures=MEASURES,
        )  # fmt: skip
        parts = results.rows_of(made, part, task.model), _blown_up(task, part)
        yield pd.concat(parts, ignore_index=True)


def _blown_up(task: bundled.Task, part: str) -> pd.DataFrame:
    """The share of texts with a word that carries `TIMES` the score."""
    rows = []
    for name, rule in CANDIDATES.items():
        found = task.network.explain(task.texts, rule=rule)
        largest = np.abs(found.token_relevance).max(axis=1)
        share = float((largest > TIMES * np.abs(found.explained_score)).mean())
        rows.append(("lrp", name, BLOWN_UP, share, len(task.texts)))
    return results.frame(rows, part, task.model)
