"""Integrated Gradients: each unit's share of what the score gains on a straight path to the input.

The path is cut into pieces. What the score gains on a piece is known from two forward passes, so
that the error of the integral over it is known, too: where it is large, the piece is halved.

Axes: K pieces, P points of a piece, T time steps, E units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lrp_engine.attribution.methods.base import Attribution, Check, Method, Run
from lrp_engine.attribution.work import PassCount
from lrp_engine.model.baselines import BASELINE_MEANINGS
from lrp_engine.model.chunks import CHUNK_NUMBERS, CHUNK_TOKENS
from lrp_engine.option import Option

# Gauss and Legendre's points of a piece and their weights, from 0 to 1.
POINTS = 5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
PIECES = 2  # of every path, before any is halved
DOUBT = 0.05
TINY = 1e-300  # in the place of a difference of 0
# Numbers that the pieces of some samples may hold at once.
HELD = 1 << 24


class Pieces(NamedTuple):
    """Parts of paths, K of them: of which sample, from where to where, and the scores there."""

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def pick(self, chosen: np.ndarray) -> Pieces:
        return Pieces(*(array[chosen] for array in self))


class Paths:
    """Straight paths from baselines to inputs."""

    def __init__(self, run: Run, baseline: np.ndarray) -> None:
        self.run = run
        self.baseline = baseline.astype(np.float64)
        self.way = run.x.astype(np.float64) - self.baseline
        most = min(CHUNK_TOKENS, CHUNK_NUMBERS // run.x.shape[-1])
        self.rows = max(1, most // run.steps.shape[1])

    def at(self, row: np.ndarray, share: np.ndarray) -> np.ndarray:
        """The inputs (n, T, E) at these shares (n,) of the paths of samples."""
        return self.baseline[row] + share.reshape(-1, *[1] * (self.way.ndim - 1)) * self.way[row]

    def scores(self, row: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Target scores (n,) there."""
        parts = [
            self.run.forward(self.at(row[n : n + self.rows], share[n : n + self.rows]),
                             self.run.steps[row[n : n + self.rows]])
            for n in range(0, len(row), self.rows)
        ]  # fmt: skip
        chosen: np.ndarray = self.run.selection[row] * np.concatenate(parts)
        return chosen.sum(axis=1, dtype=np.float64)

    def gains(self, pieces: Pieces) -> np.ndarray:
        """What each unit brings on each piece (K, T, E): the integral of its slope, times its way.

        The slopes of all points of a piece are in one pass.
        """
        found = np.zeros((len(pieces.row), *self.way.shape[1:]))
        width = pieces.stop - pieces.start
        together = max(1, self.rows // POINTS)
        for n in range(0, len(found), together):
            part = slice(n, n + together)
            row = np.repeat(pieces.row[part], POINTS)
            share = (pieces.start[part, None] + width[part, None] * _NODES).reshape(-1)
            slopes = self.run.back(
                "gradient", self.at(row, share), self.run.steps[row], self.run.selection[row]
            ).message
            slopes = slopes.reshape(-1, POINTS, *slopes.shape[1:])
            found[part] = np.einsum("kp...,p->k...", slopes.astype(np.float64), _WEIGHTS)
        return found * width.reshape(-1, *[1] * (found.ndim - 1)) * self.way[pieces.row]


def attribute(run: Run, options: Mapping[str, Any]) -> Attribution:
    """R_i = (x_i - b_i) times the mean of ds/dx_i on the path from b to x."""
    paths = Paths(run, run.baseline(options["baseline"]))
    rows, held = len(run), max(1, paths.way[0].size * 2 * options["steps"] // POINTS)
    together = max(1, HELD // held)
    units = np.zeros(paths.way.shape)
    low, steps = np.zeros(rows), np.zeros(rows)
    for n in range(0, rows, together):
        some = np.arange(n, min(n + together, rows))
        units[some], low[some], steps[some] = _integrated(paths, some, options)
    difference = run.target_scores - low
    error = difference - units.reshape(rows, -1).sum(axis=1)
    return Attribution(
        per_unit=units,
        checks={
            "baseline_score": low,
            "completeness_error": error,
            "relative_error": np.abs(error) / np.maximum(np.abs(difference), TINY),
            "steps": steps,
        },
    )


def _integrated(
    paths: Paths, some: np.ndarray, options: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of some samples: (n, T, E) of units, the scores (n,) where paths begin, points (n,)."""
    count, begin = len(some), paths.run.start
    edges = np.linspace(begin, 1, PIECES + 1)[:-1]  # the score at 1 is known
    known = paths.scores(np.repeat(some, PIECES), np.tile(edges, count)).reshape(count, PIECES)
    known = np.concatenate([known, paths.run.target_scores[some][:, None]], axis=1)
    edges = np.append(edges, 1.0)
    pieces = Pieces(
        np.repeat(some, PIECES),
        np.tile(edges[:-1], count),
        np.tile(edges[1:], count),
        known[:, :-1].reshape(-1),
        known[:, 1:].reshape(-1),
    )
    allowed = options["tolerance"] * np.abs(known[:, -1] - known[:, 0])  # (n,) of what is left
    units, used = np.zeros((count, *paths.way.shape[1:])), np.zeros(count)
    while True:
        at = pieces.row - some[0]
        gains = paths.gains(pieces)
        np.add.at(used, at, POINTS)
        errors = pieces.high - pieces.low - gains.reshape(len(gains), -1).sum(axis=1)
        halved = _too_rough(at, np.abs(errors), allowed, (options["steps"] - used) // (2 * POINTS))
        np.add.at(units, at[~halved], gains[~halved])
        np.subtract.at(allowed, at[~halved], np.abs(errors[~halved]))
        if not halved.any():
            return units, known[:, 0], used
        pieces = _halves(paths, pieces.pick(halved))


def _too_rough(
    at: np.ndarray, errors: np.ndarray, allowed: np.ndarray, room: np.ndarray
) -> np.ndarray:
    """Which pieces (K,) are halved: those of the largest errors, of each sample.

    Args:
        at: of which sample each piece is. errors: sizes of their errors (K,).
        allowed: (n,) that the errors of a sample may still add up to; once a sample is not there,
            the pieces that stay take half of it, so that something is left for the halves.
        room: (n,) pieces of a sample that can be halved.
    """
    halved = np.zeros(len(at), bool)
    for sample in range(len(allowed)):
        own = np.flatnonzero(at == sample)
        if errors[own].sum() <= allowed[sample]:
            continue
        own = own[np.argsort(-errors[own], kind="stable")]
        left = errors[own].sum() - np.cumsum(errors[own])
        needed = int((left > allowed[sample] / 2).sum()) + 1
        halved[own[: max(0, min(needed, int(room[sample])))]] = True
    return halved


def _halves(paths: Paths, pieces: Pieces) -> Pieces:
    middle = (pieces.start + pieces.stop) / 2
    score = paths.scores(pieces.row, middle)

    def both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.concatenate([first, second])

    return Pieces(
        both(pieces.row, pieces.row),
        both(pieces.start, middle),
        both(middle, pieces.stop),
        both(pieces.low, score),
        both(score, pieces.high),
    )


METHOD = Method(
    name="integrated_gradients",
    title="Integrated Gradients",
    short="IG",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R_t = \sum_e (x_{te} - b_{te}) \int_0^1 "
    r"\frac{\partial s}{\partial x_{te}}\big(b + \alpha (x - b)\big) \, d\alpha",
    per_unit=True,
    completeness="difference to a baseline",
    uses_rule=False,
    passes=(),
    cost=f"{PIECES * POINTS} backward passes, more where the error asks for it",
    count=lambda words, options: PassCount(
        forward=PIECES + (options["steps"] - PIECES * POINTS) // (2 * POINTS),
        backward=options["steps"],
    ),
    live=False,
    attribute=attribute,
    meaning="What each word adds to the score on the way from a text of empty vectors to this one.",
    source="Sundararajan et al. 2017, arXiv 1703.01365, PMLR 70:3319",
    options=(
        Option(
            name="baseline",
            title="baseline",
            meaning="where the path begins: "
            + "; ".join(f"{name}: {meaning}" for name, meaning in BASELINE_MEANINGS.items()),
            choices=tuple(BASELINE_MEANINGS),
            default="zero",
        ),
        Option(
            name="steps",
            title="most steps",
            meaning="points of the path at which slopes are computed, at most",
            smallest=PIECES * POINTS,
            largest=10_000,
            whole=True,
            default=500,
        ),
        Option(
            name="tolerance",
            title="tolerance",
            meaning="error that ends the refinement, as a share of the difference of the scores",
            smallest=0,
            largest=1,
            default=0.01,
        ),
    ),
    checks=(
        Check(name="baseline_score", title="score of the baseline"),
        Check(name="completeness_error", title="completeness error"),
        Check(
            name="relative_error",
            title="completeness error as a share of the difference to the baseline",
            at_most=DOUBT,
            doubt="The numbers of Integrated Gradients miss the difference to the baseline by more "
            "than 5 %: allow more steps, or choose another baseline.",
            share=True,
        ),
        Check(name="steps", title="points of the path"),
    ),
)
