"""The three operations networks are made of, each with a choice of what "backward" means.

A layer is written once, forward, on `weighted_sum`, `activation` and `product`. Under `Gradient`
automatic differentiation then yields derivatives; under `Relevance` the same call yields
relevances, because each operation carries a backward function that redistributes relevance.

Axes: B batch, T time, D inputs of a linear map, M its outputs. R relevance, z pre-activation,
s = R / (z + eps sign z).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from lrp_engine.terms import Projected, Term

Tensor = tf.Tensor


class Calculus:
    """The interface both meanings of backward share."""

    def keeps(self, *, gate: bool) -> bool:
        """Whether a weighted sum (of a gate) receives relevance, a share of which may stay."""
        raise NotImplementedError

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        """What enters the network at the scores (B, C), for a signed choice of classes (B, C)."""
        raise NotImplementedError

    def project(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """x W for all time steps at once: values (..., M) and share (..., 1) for `Projected`."""
        raise NotImplementedError

    def weighted_sum(
        self, terms: Sequence[Term | Projected], bias: Tensor | None, sink: Tensor
    ) -> Tensor:
        """z = sum of the terms + bias; `sink` records what is kept: (..., 2) for [bias,
        stabilizer], (..., 1) for [stabilizer] where there is no bias."""
        raise NotImplementedError

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """An element-wise function."""
        raise NotImplementedError

    def product(self, gate: Tensor, signal: Tensor) -> Tensor:
        """gate * signal."""
        raise NotImplementedError


def _forward(terms: Sequence[Term | Projected], bias: Tensor | None) -> Tensor:
    values = [
        term.values if isinstance(term, Projected) or term.weight is None
        else tf.matmul(term.values, term.weight)
        for term in terms
    ]  # fmt: skip
    z = values[0] if len(values) == 1 else tf.add_n(values)
    return z if bias is None else z + bias


@dataclass(frozen=True)
class Gradient(Calculus):
    """Ordinary derivatives: the basis of Sensitivity Analysis and Gradient x Input."""

    def keeps(self, *, gate: bool) -> bool:
        return False

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        return selection

    def project(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        values = tf.matmul(x, weight)
        return values, tf.zeros_like(values[..., :1])

    def weighted_sum(
        self, terms: Sequence[Term | Projected], bias: Tensor | None, sink: Tensor
    ) -> Tensor:
        return _forward(terms, bias)

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        return function(z)

    def product(self, gate: Tensor, signal: Tensor) -> Tensor:
        return gate * signal


@dataclass(frozen=True)
class Relevance(Calculus):
    """Layer-wise Relevance Propagation: epsilon rule for sums, signal-take-all for products.

    Bach et al. 2015 (doi 10.1371/journal.pone.0130140) and, for recurrent networks, Arras et al.
    2017 (doi 10.18653/v1/W17-5221). `eps` and `bias_factor` are scalar tensors: one trace serves
    every value. They, and all weights, enter the custom gradients as explicit arguments, since
    inside a while loop those must not capture constants.
    """

    eps: Tensor
    bias_factor: Tensor

    def keeps(self, *, gate: bool) -> bool:
        return not gate  # signal-take-all

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        # Relevance is linear in what it starts from: -1 at class b asks "why not b".
        return scores * selection

    def project(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        @tf.custom_gradient
        def operation(x: Tensor, weight: Tensor) -> object:
            values = tf.matmul(x, weight)

            def backward(s: Tensor, share: Tensor) -> object:
                return x * tf.matmul(s, weight, transpose_b=True) + share, None

            return (values, tf.zeros_like(values[..., :1])), backward

        return operation(x, weight)

    def weighted_sum(
        self, terms: Sequence[Term | Projected], bias: Tensor | None, sink: Tensor
    ) -> Tensor:
        """The epsilon rule. With N units feeding the sum and delta the bias factor,

            s_j = R_j / (z_j + eps sign(z_j)),  sign(0) = +1
            R_k = x_k sum_j W_kj s_j + delta sum_j (b_j + eps sign(z_j)) s_j / N

        What is not handed back, (1 - delta) times the second sum, goes to the sink. No (D, M)
        message is ever built.
        """
        units = sum(
            term.units if isinstance(term, Projected) else int(term.values.shape[-1])
            for term in terms
        )
        flat = [tensor for term in terms for tensor in _tensors(term)]
        if bias is not None:
            flat.append(bias)

        @tf.custom_gradient
        def operation(eps: Tensor, delta: Tensor, sink: Tensor, *flat: Tensor) -> object:
            bias_ = flat[-1] if bias is not None else None
            z = _forward(_rebuild(terms, flat), bias_)

            def backward(R: Tensor) -> object:
                stabilizer = tf.where(z >= 0, eps, -eps)
                s = R / (z + stabilizer)
                absorbers = [stabilizer] if bias_ is None else [bias_, stabilizer]
                kept = tf.stack([tf.reduce_sum(a * s, axis=-1) for a in absorbers], axis=-1)
                share = delta * tf.reduce_sum(kept, axis=-1, keepdims=True) / units  # (..., 1)
                messages: list[Tensor | None] = [None, None, (1 - delta) * kept]
                for term in _rebuild(terms, flat):
                    if isinstance(term, Projected):
                        messages += [s, share]
                    elif term.weight is None:
                        messages += [term.values * s + share]
                    else:
                        back = tf.matmul(s, term.weight, transpose_b=True)
                        messages += [term.values * back + share, None]
                return messages if bias is None else [*messages, None]

            return z, backward

        return operation(self.eps, self.bias_factor, sink, *flat)

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
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


def _tensors(term: Term | Projected) -> list[Tensor]:
    if isinstance(term, Projected):
        return [term.values, term.share]
    return [term.values] if term.weight is None else [term.values, term.weight]


def _rebuild(terms: Sequence[Term | Projected], flat: Sequence[Tensor]) -> list[Term | Projected]:
    """The terms again, holding the tensors of `flat`."""
    rest, rebuilt = list(flat), list[Term | Projected]()
    for term in terms:
        mine, rest = rest[: len(_tensors(term))], rest[len(_tensors(term)) :]
        rebuilt.append(
            Projected(*mine, units=term.units) if isinstance(term, Projected) else Term(*mine)
        )
    return rebuilt
