"""Backward means relevance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from lrp_engine.calculus.base import Calculus, Tensor, Units


@dataclass(frozen=True, kw_only=True)
class Relevance(Calculus):
    """Layer-wise Relevance Propagation: epsilon rule for sums, signal-take-all for products.

    Bach et al. 2015 (doi 10.1371/journal.pone.0130140) and, for recurrent networks, Arras et al.
    2017 (doi 10.18653/v1/W17-5221). `eps` and `bias_factor` are scalar tensors: one trace serves
    every value. A bias factor of None is 0 without the arithmetic for it.
    """

    eps: Tensor
    bias_factor: Tensor | None = None

    reads_gates = False  # signal-take-all
    reads_summands = True

    def keeps(self, *, gate: bool) -> bool:
        return self.reads_gates or not gate

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        # Relevance is linear in what it starts from: -1 at class b asks "why not b".
        return scores * selection

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """Relevance passes unchanged."""

        @tf.custom_gradient
        def operation(z: Tensor) -> object:
            return function(z), lambda R: R

        return operation(z)

    def product(self, gate: Tensor, signal: Tensor) -> Tensor:
        """Signal-take-all: R_signal = R, R_gate = 0."""

        @tf.custom_gradient
        def operation(gate: Tensor, signal: Tensor) -> object:
            return gate * signal, lambda R: (None, R)

        # Cutting the gate prunes its whole branch: nothing is stored or computed for it.
        return operation(tf.stop_gradient(gate), signal)

    def through(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        """R_k = x_k sum_j W_kj s_j + share, the second line of `absorb`."""
        return x * back if self.bias_factor is None or share is None else x * back + share

    def beside(self, derivative: Tensor) -> Tensor | None:
        return None

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """The epsilon rule. With N units feeding the sum and delta the bias factor,

            s_j = R_j / (z_j + eps sign(z_j)),  sign(0) = +1
            R_k = x_k sum_j W_kj s_j + delta sum_j (b_j + eps sign(z_j)) s_j / N

        What is not handed back, (1 - delta) times the second sum, is kept.
        """
        stabilizer = self.eps * tf.sign(tf.sign(z) + 0.5)  # a third of the time of a comparison
        s = R / (z + stabilizer)
        absorbers = [stabilizer] if bias is None else [bias, stabilizer]
        kept = tf.stack([tf.reduce_sum(a * s, axis=-1) for a in absorbers], axis=-1)
        if self.bias_factor is None:
            return s, None, kept
        factor = self.bias_factor
        if not isinstance(units, int):  # where no unit is, nobody can be handed a share
            factor = tf.where(units > 0, factor, tf.zeros_like(factor))
            units = tf.maximum(units, 1)
        share = factor * tf.reduce_sum(kept, axis=-1, keepdims=True) / units
        return s, share, (1 - factor) * kept
