"""The slow version of Integrated Gradients: one point of the path, one unit at a time."""

from __future__ import annotations

import numpy as np

from lrp_engine.model.network import Network
from tests.reference.recurrent import gradient, scores

PIECES, POINTS = 8, 8


def of_numbers(
    network: Network, x: np.ndarray, baseline: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, float]:
    """Values of units, the shape of x, and the score of the baseline.

    Gauss and Legendre's rule on equal pieces: 64 slopes, each by central differences.
    """
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    slopes = np.zeros_like(x)
    for piece in range(PIECES):
        for node, weight in zip(nodes, weights, strict=True):
            share = (piece + (node + 1) / 2) / PIECES
            here = baseline + share * (x - baseline)
            slopes = slopes + weight / 2 / PIECES * gradient(network, here, chosen)
    return (x - baseline) * slopes, float(scores(network, baseline) @ chosen)
