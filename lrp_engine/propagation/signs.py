"""Rules that treat positive and negative contributions to a weighted sum apart.

Axes: D inputs x, M sums z. A contribution is a_kj = x_k W_kj, or the bias b_j; P_j is the sum of
the positive ones, N_j of the negative ones, z = P + N. Such a rule is a pair of factors (..., M):

    R_k = sum_j a+_kj s+_j + a-_kj s-_j

The bias receives b+ s+ + b- s-; what is left of R stays in the stabilizer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from lrp_engine.propagation.calculus import Tensor, linear, signed


class Factors(NamedTuple):
    """What contributions of each sign are multiplied by, and what the stabilizer keeps."""

    positive: Tensor
    negative: Tensor
    stabilizer: Tensor


# (R, z, P, N, eps, further parameters of the rule) -> factors, all (..., M).
Signs = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Factors]


def _gamma(R: Tensor, z: Tensor, P: Tensor, N: Tensor, eps: Tensor, own: Tensor) -> Factors:
    """Contributions of the sign of z count 1 + gamma times; 0 is positive."""
    sign = signed(z)
    favoured = tf.where(z >= 0, P, N)
    s = R / (z + own[0] * favoured + eps * sign)
    more, zero = own[0] * s, tf.zeros_like(s)
    return Factors(
        s + tf.where(z >= 0, more, zero), s + tf.where(z >= 0, zero, more), eps * sign * s
    )


def _alpha_beta(R: Tensor, z: Tensor, P: Tensor, N: Tensor, eps: Tensor, own: Tensor) -> Factors:
    """alpha R in proportion to the positive contributions, -beta R to the negative ones."""
    positive, negative = own[0] * R / (P + eps), -own[1] * R / (N - eps)
    return Factors(positive, negative, eps * (positive - negative))


# `TraceKey.sums` -> the rule.
SIGNS: dict[str, Signs] = {"gamma": _gamma, "alpha_beta": _alpha_beta}


def sums(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """P and N, (..., M) each: x+ and x- side by side in one product for each."""
    W_plus, W_minus = _parts(weight)
    both = tf.concat(_parts(x), axis=-1)
    P = linear(both, tf.concat([W_plus, W_minus], axis=0))
    N = linear(both, tf.concat([W_minus, W_plus], axis=0))
    if bias is None:
        return P, N
    b_plus, b_minus = _parts(bias)
    return P + b_plus, N + b_minus


def back(x: Tensor, weight: Tensor, factors: Factors) -> Tensor:
    """R_k without the bias share, (..., D)."""
    W_plus, W_minus = _parts(weight)
    both = tf.concat([factors.positive, factors.negative], axis=-1)
    x_plus, x_minus = _parts(x)
    of_plus = linear(both, tf.concat([W_plus, W_minus], axis=1), back=True)
    of_minus = linear(both, tf.concat([W_minus, W_plus], axis=1), back=True)
    return x_plus * of_plus + x_minus * of_minus


def absorbed(factors: Factors, bias: Tensor | None) -> Tensor:
    """[bias, stabilizer], or [stabilizer] without a bias, on the last axis."""
    parts = [factors.stabilizer]
    if bias is not None:
        b_plus, b_minus = _parts(bias)
        parts.insert(0, b_plus * factors.positive + b_minus * factors.negative)
    return tf.stack([tf.reduce_sum(part, axis=-1) for part in parts], axis=-1)


def _parts(values: Tensor) -> tuple[Tensor, Tensor]:
    """max(values, 0) and min(values, 0)."""
    zero = tf.zeros([], values.dtype)
    return tf.maximum(values, zero), tf.minimum(values, zero)
