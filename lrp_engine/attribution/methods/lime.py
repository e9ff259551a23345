"""LIME: the weights of a linear model that imitates the network around an input.

Axes: m samples drawn, n words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.attribution.methods.base import REMOVAL, SEED, Attribution, Check, Method, Run
from lrp_engine.attribution.methods.masks import scores_of_masks, words_of
from lrp_engine.attribution.work import PassCount
from lrp_engine.option import Option

DOUBT = 0.5
TINY = 1e-300  # in the place of a variance of 0


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """Weights of words in a ridge regression of the score on which words stay."""
    relevance = np.zeros(run.droppable.shape)
    fits = np.ones(len(run))
    for sample in range(len(run)):
        words = words_of(run, sample)
        if not len(words):
            continue
        masks = drawn(len(words), options)
        scores = scores_of_masks(run, sample, masks, options["removal"])
        weights = closeness(masks, options["width"])
        relevance[sample, words], fits[sample] = fitted(masks, scores, weights, options["ridge"])
    return Attribution(per_token=relevance, checks={"r2": fits})


def drawn(words: int, options: Mapping[str, Any]) -> np.ndarray:
    """Masks (m, n) bool; the first is the input itself.

    Of each of the others 1 to n words are left out, each number as likely as any other and each
    choice of words as well. They depend on the seed and the number of words alone.
    """
    rng = np.random.default_rng([options["seed"], words])
    left_out = rng.integers(1, words + 1, size=(options["samples"] - 1, 1))
    ranks = rng.random((len(left_out), words)).argsort(axis=1).argsort(axis=1)
    return np.concatenate([np.ones((1, words), bool), ranks >= left_out])


def closeness(masks: np.ndarray, width: float) -> np.ndarray:
    """How much each (m,) counts: exp(-d² / 2 width²), d the cosine distance to the input."""
    distance = 1 - np.sqrt(masks.mean(axis=1))
    weights: np.ndarray = np.exp(-np.square(distance / width) / 2)
    return weights


def fitted(
    masks: np.ndarray, scores: np.ndarray, weights: np.ndarray, ridge: float
) -> tuple[np.ndarray, float]:
    """Coefficients (n,) of the weighted ridge regression with an intercept, and its own R²."""
    shares = weights / weights.sum()
    x, y = masks - shares @ masks, scores - shares @ scores
    weighted = x.T * weights
    coefficients = np.linalg.solve(weighted @ x + ridge * np.eye(masks.shape[1]), weighted @ y)
    left, whole = shares @ np.square(y - x @ coefficients), shares @ np.square(y)
    return coefficients, float(1 - left / max(whole, TINY))


METHOD = Method(
    name="lime",
    title="Local Linear Model",
    short="LIME",
    value_name="weight",
    signed=True,
    unit="score",
    equation=r"R = \arg\min_w \min_a \sum_k e^{-d(z_k)^2 / 2 \sigma^2} "
    r"\big(s(x_{z_k}) - a - w^\top z_k\big)^2 + \lambda \lVert w \rVert^2, "
    r"\quad d(z) = 1 - \sqrt{\lvert z \rvert / n}",
    per_unit=False,
    completeness="none",
    uses_rule=False,
    passes=(),
    cost="as many forward passes as samples are drawn",
    count=lambda words, options: PassCount(forward=min(options["samples"], 2 ** min(words, 60))),
    live=False,
    attribute=attribute,
    meaning="The weight of each word in a linear model that imitates the network on texts with "
    "some words left out.",
    source="Ribeiro et al. 2016, doi 10.1145/2939672.2939778",
    options=(
        Option(
            name="samples",
            title="samples",
            meaning="texts with words left out that the linear model is fitted to",
            smallest=10,
            largest=100_000,
            whole=True,
            default=1000,
        ),
        Option(
            name="width",
            title="kernel width",
            meaning="cosine distance at which a text counts e^(-1/2) times as much",
            smallest=0.01,
            largest=100,
            default=0.25,
        ),
        Option(
            name="ridge",
            title="ridge",
            meaning="penalty of large weights",
            smallest=1e-6,
            largest=1e6,
            default=1.0,
        ),
        REMOVAL,
        SEED,
    ),
    checks=(
        Check(
            name="r2",
            title="R² of the linear model",
            at_least=DOUBT,
            doubt="The linear model explains less than half of what the network does (R² below "
            "0.5): draw more samples, or trust another method.",
        ),
    ),
)
