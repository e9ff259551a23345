"""Backward means relevance: what sums and products hand to their inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from lrp_engine.layers.custom_gradient import custom_gradient
from lrp_engine.layers.terms import Term
from lrp_engine.propagation.arithmetic import Tensor, linear, signed
from lrp_engine.propagation.arithmetic import absorbed as sink_of
from lrp_engine.propagation.calculus import Calculus, Units, units_of
from lrp_engine.propagation.rule import SumRule


@dataclass(frozen=True, kw_only=True)
class Relevance(Calculus):
    """Layer-wise Relevance Propagation: epsilon rule for sums, a gate rule for products.

    Bach et al. 2015 (doi 10.1371/journal.pone.0130140) and, for recurrent networks, Arras et al.
    2017 (doi 10.18653/v1/W17-5221). `eps` and `bias_factor` are scalar tensors: one trace serves
    every value. A bias factor of None is 0 without the arithmetic for it.

    Attributes:
        gates: key in `rules.GATES`.
        relative: the stabilizer's part in proportion to the size of z, None for none, in sums that
            a matrix mixes; see `rules.RelativeEpsilon`.
        sum_rule: the rule of dense and convolution layers, given `rule_params`; None for the
            epsilon rule.
    """

    eps: Tensor
    bias_factor: Tensor | None = None
    relative: Tensor | None = None
    gates: str = "all"
    sum_rule: SumRule | None = None
    rule_params: Tensor | None = None

    reads_summands = True

    @property
    def reads_gates(self) -> bool:
        return self.gates != "all"

    @property
    def has_sum_rule(self) -> bool:
        return self.sum_rule is not None

    def absorbs(self, *, gate: bool) -> bool:
        return self.reads_gates or not gate

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        # Relevance is linear in what it starts from: -1 at class b asks "why not b".
        return scores * selection

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """Relevance passes unchanged."""

        @custom_gradient
        def operation(z: Tensor) -> object:
            return function(z), lambda R: R

        return operation(z)

    def product(self, gate: Tensor, signal: Tensor, *, weights: bool = False) -> Tensor:
        """R_gate by the gate rule, R_signal = R - R_gate; attention weights receive nothing."""
        if self.gates != "all" and not weights:
            return self._shared(gate, signal)

        @custom_gradient
        def operation(gate: Tensor, signal: Tensor) -> object:
            return gate * signal, lambda R: (None, R)

        return operation(gate, signal)

    def _shared(self, gate: Tensor, signal: Tensor) -> Tensor:
        """Arras et al. 2019 (arXiv 1909.12114), with the denominator of the epsilon rule.

        The signal takes what the stabilizer would absorb, so that no relevance is lost.
        """

        @custom_gradient
        def operation(gate: Tensor, signal: Tensor) -> object:
            def backward(R: Tensor) -> object:
                if self.gates == "half":
                    return R / 2, R / 2
                g, s = (tf.abs(gate), tf.abs(signal)) if self.gates == "abs" else (gate, signal)
                z = g + s
                to_gate = R * (g / (z + self.eps * signed(z)))
                return to_gate, R - to_gate

            return gate * signal, backward

        return operation(gate, signal)

    def layer_sum(self, term: Term, bias: Tensor | None, sink: Tensor) -> Tensor:
        """Shared by `sum_rule`; by the epsilon rule where there is none."""
        weight, rule, rule_params = term.weight, self.sum_rule, self.rule_params
        if rule is None or weight is None or rule_params is None:
            return super().layer_sum(term, bias, sink)

        @custom_gradient
        def operation(x: Tensor, sink: Tensor) -> object:
            z = linear(x, weight) if bias is None else linear(x, weight) + bias

            def backward(R: Tensor) -> object:
                message, absorbed = rule(x, weight, bias, term.exists, R, z, self.eps, rule_params)
                share, absorbed = self._redistributed(absorbed, units_of(term))
                return message if share is None else message + share, absorbed

            return z, backward

        return operation(term.values, sink)

    def input_relevance(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        """R_k = x_k sum_j W_kj s_j + share, the second line of `absorb`."""
        return x * back if self.bias_factor is None or share is None else x * back + share

    def summed_relevance(
        self, projected: Tensor, s: Tensor, share: Tensor | None, units: int
    ) -> Tensor:
        """sum_k x_k sum_j W_kj s_j = sum_j (x W)_j s_j, and a share for each unit."""
        total = tf.reduce_sum(projected * s, axis=-1, keepdims=True)
        return total if self.bias_factor is None or share is None else total + units * share

    def gradient_only(self, derivative: Tensor) -> Tensor | None:
        return None

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units, *, mixed: bool
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """The epsilon rule. With N units feeding the sum and delta the bias factor,

            s_j = R_j / (z_j + eps sign(z_j)),  sign(0) = +1
            R_k = x_k sum_j W_kj s_j + delta sum_j (b_j + eps sign(z_j)) s_j / N

        What is not redistributed, (1 - delta) times the second sum, remains absorbed. With a
        relative part, eps + relative rms(z) takes the place of eps in sums that a matrix mixes.
        """
        stabilizer = self._size(z, mixed=mixed) * signed(z)
        s = R / (z + stabilizer)
        absorbed = sink_of(bias=None if bias is None else bias * s, stabilizer=stabilizer * s)
        return s, *self._redistributed(absorbed, units)

    def _size(self, z: Tensor, *, mixed: bool) -> Tensor:
        """The stabilizer's size: a scalar, or (..., 1)."""
        if self.relative is None or not mixed:
            return self.eps
        mean_square = tf.reduce_mean(tf.square(z), axis=-1, keepdims=True)
        return self.eps + self.relative * tf.sqrt(mean_square)

    def _redistributed(self, absorbed: Tensor, units: Units) -> tuple[Tensor | None, Tensor]:
        """The bias share (..., 1) of each of N units, and what remains absorbed."""
        if self.bias_factor is None:
            return None, absorbed
        factor = self.bias_factor
        if not isinstance(units, int):  # where there is no unit, none can receive a share
            factor = tf.where(units > 0, factor, tf.zeros_like(factor))
            units = tf.maximum(units, 1)
        share = factor * tf.reduce_sum(absorbed, axis=-1, keepdims=True) / units
        return share, (1 - factor) * absorbed
