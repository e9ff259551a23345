"""LIME: the weights of a linear model that imitates the network around an input.

Axes: S inputs of n words each, m samples drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.attribution.methods.base import REMOVAL, SEED, Attribution, Check, Method, Run
from lrp_engine.attribution.methods.masks import by_count, scores_of_masks, words_of
from lrp_engine.attribution.work import PassCount
from lrp_engine.option import Option

DOUBT = 0.5
TINY = 1e-300  # in the place of a variance of 0
HELD = 1 << 20  # scores that are held at once


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """Weights of words in a ridge regression of the score on which words stay."""
    relevance = np.zeros(run.droppable.shape)
    fits = np.ones(len(run))
    for words, alike in by_count(run):
        masks = drawn(words, options)
        weights = closeness(masks, options["width"])
        together = max(1, HELD // len(masks))
        for start in range(0, len(alike), together):
            samples = alike[start : start + together]
            scores = scores_of_masks(run, samples, masks, options["removal"])
            found, fits[samples] = fitted(masks, scores, weights, options["ridge"])
            for sample, coefficients in zip(samples, found, strict=True):
                relevance[sample, words_of(run, sample)] = coefficients
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
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted ridge regressions of scores (S, m) with an intercept: coefficients (S, n), R² (S,).

    All are on the same masks, so that one matrix serves all.
    """
    shares = weights / weights.sum()
    x, y = masks - shares @ masks, (scores - (scores @ shares)[:, None]).T
    weighted = x.T * weights
    coefficients = np.linalg.solve(weighted @ x + ridge * np.eye(masks.shape[1]), weighted @ y)
    left, whole = shares @ np.square(y - x @ coefficients), shares @ np.square(y)
    return coefficients.T, 1 - left / np.maximum(whole, TINY)


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
