"""From the numbers of texts to one value with an interval: seeded, paired bootstrap over texts.

Axes: D draws, N texts, J explainers, k numbers of a measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

DRAWS = 2_000
LOW, HIGH = 2.5, 97.5  # percent: an interval of 95 %
# Numbers that one block of draws may hold.
BLOCK = 2**22

# (values (N, J, k), how often each text counts (D, N)) -> (D, J)
Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


def weighted_mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(D, J, k) means of (N, J, k)."""
    n, j, k = values.shape
    means: np.ndarray = (counts @ values.reshape(n, j * k)).reshape(-1, j, k)
    return means / counts.sum(axis=1)[:, None, None]


def _mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return weighted_mean(values.mean(axis=2, keepdims=True), counts)[..., 0]


def _last(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return weighted_mean(values[..., -1:], counts)[..., 0]


def _median(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Of a text that counts twice there are two."""
    number = counts.sum(axis=1)  # (D,)
    medians = np.empty((len(counts), values.shape[1]))
    for column in range(values.shape[1]):
        order = np.argsort(values[:, column, 0], kind="stable")
        ordered, ends = values[order, column, 0], np.cumsum(counts[:, order], axis=1)
        middle = [
            ordered[(ends > place[:, None]).argmax(axis=1)]
            for place in ((number - 1) // 2, number // 2)
        ]
        medians[:, column] = (middle[0] + middle[1]) / 2
    return medians


def _correlation(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Pearson, of numbers, sums, squares and products as `measures.known` makes them."""
    n, x, y, xx, yy, xy = np.moveaxis(weighted_mean(values, counts), -1, 0)
    covariance = xy - x * y / n
    size = np.sqrt(np.maximum(xx - x * x / n, 0) * np.maximum(yy - y * y / n, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0, covariance / size, np.nan)


COMBINE: dict[str, Combine] = {
    "mean": _mean,
    "median": _median,
    "last": _last,
    "correlation": _correlation,
}


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the texts say of J explainers.

    Attributes:
        n: texts.
        value: (J,). draws: (D, J) the value of as many texts drawn with replacement, the same
            texts for all explainers.
    """

    n: int
    value: np.ndarray
    draws: np.ndarray

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Low and high (J,), 95 %."""
        return interval(self.draws)


def interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low and high (...) of draws (D, ...); NaN where a draw is."""
    low, high = np.percentile(draws, [LOW, HIGH], axis=0)
    return low, high


def estimate(values: np.ndarray, combine: str, *, seed: int) -> Estimate:
    """Value and draws of values (N, J, k) of N texts."""
    n = len(values)
    if n == 0:
        nothing = np.full((DRAWS, values.shape[1]), np.nan)
        return Estimate(0, nothing[0], nothing)
    once = COMBINE[combine]
    value = once(values, np.ones((1, n)))[0]
    made = [once(values, block) for block in _blocks(n, seed=seed)]
    return Estimate(n, value, np.concatenate(made))


def points(values: np.ndarray, *, seed: int) -> tuple[np.ndarray, ...]:
    """Mean, low and high (J, k) of each number of a curve."""
    made = [weighted_mean(values, block) for block in _blocks(len(values), seed=seed)]
    return values.mean(axis=0), *interval(np.concatenate(made))


def _blocks(n: int, *, seed: int) -> Iterator[np.ndarray]:
    """`counts`, so many draws at a time that memory does not follow their number."""
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // n)
    for start in range(0, DRAWS, rows):
        size = min(rows, DRAWS - start)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(float)
