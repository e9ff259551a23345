"""Central differences of a function that may have kinks, and where they can be trusted.

A step h and its half show a kink (of ReLU, or of a maximum whose winner changes). With
c(h) = (f(x+h) - f(x-h)) / 2h and d(h) = (f(x+h) - 2 f(x) + f(x-h)) / h, a smooth f has
c(h) - c(h/2) = O(h^2) and d(h) - 2 d(h/2) = O(h^3). Where the slope jumps by J at distance a from
x, c(h) is off by J (h-a) / 2h. One of the two is at least 2/5 of that: |c(h) - c(h/2)| is J a / 2h
for a <= h/2 and all of it beyond, |d(h) - 2 d(h/2)| is J |h - 3a| / h for a <= h/2; the worst case
is a = 2h/7. So what both bound by q is off by at most 5q/2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = (1e-4, 1e-5)  # the second where a kink lies within the first
_SEEN = 2 / 5  # see above


def central(
    score: Callable[[np.ndarray], np.ndarray], x: np.ndarray, at: np.ndarray, allowed: float
) -> np.ndarray:
    """Derivatives (n,) at coordinates `at` (n,) of x; NaN at a kink.

    Args:
        score: a number (m,) for each of m copies of x, (m, ...) -> (m,).
        x: where (...).
        at: positions in x.ravel().
        allowed: how far off a difference may be, in the unit of the derivative.
    """
    derivatives = np.full(len(at), np.nan)
    for step in STEPS:
        left = np.flatnonzero(np.isnan(derivatives))
        if len(left):
            derivatives[left] = _central(score, x, at[left], step, allowed * _SEEN)
    return derivatives


def _central(
    score: Callable[[np.ndarray], np.ndarray], x: np.ndarray, at: np.ndarray, h: float, q: float
) -> np.ndarray:
    moves = np.array([0, h, -h, h / 2, -h / 2])
    moved = np.repeat(x[None], len(at) * len(moves), axis=0)
    flat = moved.reshape(len(moved), -1)
    flat[np.arange(len(moved)), np.repeat(at, len(moves))] += np.tile(moves, len(at))
    f = score(moved).reshape(len(at), len(moves))
    here, up, down, half_up, half_down = f.T
    whole, half = (up - down) / (2 * h), (half_up - half_down) / h
    bent = (up - 2 * here + down) / h - 2 * (half_up - 2 * here + half_down) / (h / 2)
    smooth = (np.abs(whole - half) <= q) & (np.abs(bent) <= q)
    return np.where(smooth, whole, np.nan)
