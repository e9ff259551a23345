"""How far two numbers of LRP depend on what their protocols leave open: pointing and slope.

Hybrid documents: which texts stand together, and how many. Slope: how many words are left out at a
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

import lrp_engine
from benchmarks.papers import bundled, results
from lrp_engine import Epsilon
from lrp_engine.evaluation import documents
from lrp_engine.evaluation.measures import MEASURES, Measure
from lrp_engine.evaluation.measures.drops import SMALL, SUBSETS
from lrp_engine.evaluation.text import Asking, Kept, Text

PART = "protocol"
RULES = {"epsilon 0.001": Epsilon()}
EACH = (1, 2, 4)  # texts of a class in a document
DRAWS = range(10)  # seeds, each of which draws the documents anew

# Name of a slope -> (words of a text, generator) -> how many words each random set has.
Sizes = Callable[[int, np.random.Generator], np.ndarray]
SIZES: dict[str, Sizes] = {
    "slope_one_word": lambda words, rng: np.ones(SUBSETS, int),
    "slope_tenth": lambda words, rng: np.full(SUBSETS, max(1, round(0.1 * words))),
    "slope_half": lambda words, rng: np.full(SUBSETS, max(1, round(0.5 * words))),
    "slope_up_to_half": lambda words, rng: rng.integers(1, words // 2 + 1, SUBSETS),
}


def _slope(sizes: Sizes) -> Callable[[Text, np.ndarray], Asking]:
    def slope(text: Text, relevance: np.ndarray) -> Asking:
        """Median of drop / claim, over random sets of such sizes."""
        rng = text.rng("sets")
        ranks = rng.random((SUBSETS, text.words)).argsort(axis=1).argsort(axis=1)
        out = ranks < sizes(text.words, rng)[:, None]
        scores = yield Kept(~out)
        claims, drops = out @ relevance, text.scores[text.target] - scores[:, text.target]
        large = np.abs(claims) > SMALL * np.abs(claims).max()
        return np.array([np.median(drops[large] / claims[large]) if large.any() else np.nan])

    return slope


SLOPES: dict[str, Measure] = {
    name: replace(MEASURES["slope"], name=name, function=_slope(sizes))
    for name, sizes in SIZES.items()
}


def run(folder: Path, most: Mapping[str, int]) -> Iterator[pd.DataFrame]:
    """Of each model a row per variant."""
    for task in bundled.tasks(bundled.TEST, folder, most):
        print(f"{PART}, {task.model}: {len(task.texts)} texts", flush=True)
        with patch.dict(MEASURES, SLOPES):
            made = lrp_engine.evaluate(
                task.network, task.texts, methods=["lrp"], rules=RULES,
                measures=["slope", *SLOPES],
            )  # fmt: skip
            slopes = results.rows_of(made, PART, task.model)
        yield pd.concat([slopes, _pointing(task)], ignore_index=True)


def _pointing(task: bundled.Task) -> pd.DataFrame:
    """Mean of all draws; low and high are the lowest and the highest draw."""
    rows = []
    for each in EACH:
        values, asked = [], 0
        for seed in DRAWS:
            with patch.object(documents, "EACH", each):
                made = lrp_engine.evaluate(
                    task.network, task.texts, task.labels, methods=["lrp"], rules=RULES,
                    measures=["pointing"], seed=seed,
                )  # fmt: skip
            if "pointing" in made.measures:
                estimate = made.estimates["pointing"]
                values.append(float(estimate.value[0]))
                asked += estimate.n
        if values:
            rows.append(("lrp", *RULES, f"pointing_{each}", np.mean(values), min(values),
                         max(values), asked))  # fmt: skip
    columns = ["method", "rule", "measure", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns).assign(part=PART, model=task.model)
