"""Shapley values: what a word adds to the score, averaged over all orders in which words come.

Axes: n words, P permutations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import factorial
from typing import Any

import numpy as np

from lrp_engine.attribution.methods.base import REMOVAL, SEED, Attribution, Check, Method, Run
from lrp_engine.attribution.methods.masks import scores_of_masks, words_of
from lrp_engine.attribution.work import PassCount
from lrp_engine.option import Option

EXACT = 10  # words up to which every choice of words is computed
MASKS = 1 << 22  # numbers of the masks that are held at once


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """Exact for few words; else means over permutations and their standard errors."""
    shape = run.droppable.shape
    relevance, errors = np.zeros(shape), np.zeros(shape)
    low, permutations = run.target_scores.copy(), np.zeros(len(run))
    for sample in range(len(run)):
        words = words_of(run, sample)
        if not len(words):
            continue
        if len(words) <= EXACT:
            (scores,) = scores_of_masks(run, [sample], choices_of(len(words)), options["removal"])
            found, low[sample] = exact(scores), scores[0]
        else:
            found, errors[sample, words], low[sample] = _sampled(run, sample, options)
            permutations[sample] = options["permutations"] // 2 * 2
        relevance[sample, words] = found
    missing = run.target_scores - low - relevance.sum(axis=1)
    return Attribution(
        per_token=relevance,
        standard_error=errors,
        checks={
            "baseline_score": low,
            "completeness_error": missing,
            "permutations": permutations,
        },
    )


def choices_of(words: int) -> np.ndarray:
    """Every choice (2^n, n) of words; choice k holds word i where bit i of k is set."""
    return (np.arange(1 << words)[:, None] >> np.arange(words)) & 1 > 0


def exact(scores: np.ndarray) -> np.ndarray:
    """Shapley values (n,) of the scores (2^n,) of every choice, in the order of `choices_of`."""
    words = len(scores).bit_length() - 1
    choice = np.arange(len(scores))
    sizes = choices_of(words).sum(axis=1)
    weights = np.array([factorial(k) * factorial(words - k - 1) / factorial(words)
                        for k in range(words)])  # fmt: skip
    found = np.zeros(words)
    for word in range(words):
        without = choice[(choice >> word) & 1 == 0]
        gains = scores[without | (1 << word)] - scores[without]
        found[word] = (weights[sizes[without]] * gains).sum()
    return found


def drawn(words: int, options: Mapping[str, Any]) -> Iterator[np.ndarray]:
    """Permutations (p, n) in batches: each one followed by its reverse.

    They depend on the seed and the number of words alone. A word that comes early in an order comes
    late in its reverse: together they say more than two by chance (Mitchell et al. 2022).
    """
    rng = np.random.default_rng([options["seed"], words])
    left = options["permutations"] // 2
    together = max(1, MASKS // (2 * words * words))
    while left > 0:
        orders = rng.random((min(left, together), words)).argsort(axis=1)
        yield np.stack([orders, orders[:, ::-1]], axis=1).reshape(-1, words)
        left -= together


def _sampled(
    run: Run, sample: int, options: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Means (n,) over permutations, standard errors (n,), and the score of no word."""
    words = len(words_of(run, sample))
    both = np.array([[False] * words, [True] * words])
    (ends,) = scores_of_masks(run, [sample], both, options["removal"])
    pairs: list[np.ndarray] = []
    for orders in drawn(words, options):
        ranks = orders.argsort(axis=1)  # (p, n) when each word comes
        # After k words, 1 to n - 1: those that have come.
        masks = ranks[:, None, :] < np.arange(1, words)[:, None]
        scores = scores_of_masks(run, [sample], masks.reshape(-1, words), options["removal"])
        scores = scores.reshape(len(orders), words - 1)
        first, last = (np.full((len(orders), 1), end) for end in ends)
        gains = np.diff(np.concatenate([first, scores, last], axis=1), axis=1)
        of_words = np.take_along_axis(gains, ranks, axis=1)
        pairs.append(of_words.reshape(-1, 2, words).mean(axis=1))
    found = np.concatenate(pairs)
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    return found.mean(axis=0), errors, float(ends[0])


def _count(words: int, options: Mapping[str, Any]) -> PassCount:
    if words <= EXACT:
        return PassCount(forward=1 << words)
    return PassCount(forward=2 + options["permutations"] // 2 * 2 * (words - 1))


METHOD = Method(
    name="shapley",
    title="Shapley Values",
    short="SV",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R_t = \sum_{S \subseteq N \setminus t} "
    r"\frac{\lvert S \rvert! \, (n - \lvert S \rvert - 1)!}{n!} \big(s(x_{S \cup t}) - s(x_S)\big)",
    per_unit=False,
    completeness="difference to a baseline",
    uses_rule=False,
    passes=(),
    cost=f"2ⁿ forward passes for n words up to {EXACT}, beyond n for each permutation",
    count=_count,
    live=False,
    attribute=attribute,
    meaning="What each word adds to the score, averaged over all orders in which the words could "
    "come; beyond ten words an estimate with a standard error.",
    source="Shapley 1953, doi 10.1515/9781400881970-018; Strumbelj & Kononenko 2014, "
    "doi 10.1007/s10115-013-0679-x; pairs of permutations Mitchell et al. 2022, arXiv 2104.12199",
    options=(
        Option(
            name="permutations",
            title="permutations",
            meaning=f"orders of the words that are averaged over, beyond {EXACT} words",
            smallest=4,
            largest=100_000,
            whole=True,
            default=200,
        ),
        REMOVAL,
        SEED,
    ),
    estimates=True,
    checks=(
        Check(name="baseline_score", title="score without any word"),
        Check(name="completeness_error", title="completeness error"),
        Check(name="permutations", title="orders averaged over, 0 where the values are exact"),
    ),
)
