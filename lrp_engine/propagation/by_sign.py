"""Positive and negative contributions to a weighted sum, kept apart.

Axes: D inputs x, M sums z. A contribution is a_kj = x_k W_kj, or the bias b_j. P_j is the sum of
the positive contributions, N_j that of the negative ones: z = P + N.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from lrp_engine.propagation.arithmetic import Tensor, linear


class Factors(NamedTuple):
    """What contributions of each sign are multiplied by: R_kj = a+_kj s+_j + a-_kj s-_j."""

    positive: Tensor  # (..., M)
    negative: Tensor  # (..., M)


def parts(values: Tensor) -> tuple[Tensor, Tensor]:
    """max(values, 0) and min(values, 0)."""
    zero = tf.zeros([], values.dtype)
    return tf.maximum(values, zero), tf.minimum(values, zero)


def totals(x: Tensor, W: Tensor, b: Tensor | None) -> tuple[Tensor, Tensor]:
    """P and N, (..., M) each: x+ and x- side by side in one product for each."""
    W_plus, W_minus = parts(W)
    both = tf.concat(parts(x), axis=-1)
    P = linear(both, tf.concat([W_plus, W_minus], axis=0))
    N = linear(both, tf.concat([W_minus, W_plus], axis=0))
    if b is None:
        return P, N
    b_plus, b_minus = parts(b)
    return P + b_plus, N + b_minus


def message(x: Tensor, W: Tensor, factors: Factors) -> Tensor:
    """R_k = sum_j a+_kj s+_j + a-_kj s-_j, (..., D)."""
    W_plus, W_minus = parts(W)
    both = tf.concat([factors.positive, factors.negative], axis=-1)
    x_plus, x_minus = parts(x)
    of_plus = linear(both, tf.concat([W_plus, W_minus], axis=1), back=True)
    of_minus = linear(both, tf.concat([W_minus, W_plus], axis=1), back=True)
    return x_plus * of_plus + x_minus * of_minus


def bias_part(b: Tensor | None, factors: Factors) -> Tensor | None:
    """What the bias receives as one more contribution, (..., M)."""
    if b is None:
        return None
    b_plus, b_minus = parts(b)
    return b_plus * factors.positive + b_minus * factors.negative
