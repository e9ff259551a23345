"""The three operations networks are made of, each with a choice of what "backward" means.

A layer is written once, forward, on `weighted_sum`, `activation` and `product`. Under `Gradient`
a backward pass then yields derivatives; under `Relevance` the same call yields relevances, because
each operation carries a backward function that redistributes relevance.

Axes: B batch, T time, D inputs of a linear map, M its outputs. R relevance, z pre-activation,
s = R / (z + eps sign z).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import tensorflow as tf

from lrp_engine.layers.custom_gradient import custom_gradient
from lrp_engine.layers.memory import Memory
from lrp_engine.layers.terms import Projected, Term
from lrp_engine.propagation.arithmetic import Tensor, linear

Units: TypeAlias = int | tf.Tensor  # how many feed a sum; (..., 1) where it differs by place


@dataclass(frozen=True)
class Calculus:
    """What both meanings of backward share."""

    memory: Memory | None = None
    forward_only: bool = False  # there will be no backward pass, so loops store nothing for it

    def with_memory(self, memory: Memory) -> Calculus:
        return replace(self, memory=memory)

    def active(self) -> Calculus:
        """The calculus in force when a backward pass is made."""
        return self

    def absorbs(self, *, gate: bool) -> bool:
        """Whether a weighted sum (of a gate) receives relevance, and may absorb some of it."""
        raise NotImplementedError

    @property
    def reads_gates(self) -> bool:
        """Whether the backward pass goes through the weighted sums of gates."""
        raise NotImplementedError

    @property
    def reads_summands(self) -> bool:
        """Whether the backward pass of a weighted sum reads the values of its summands."""
        raise NotImplementedError

    @property
    def has_sum_rule(self) -> bool:
        """Whether dense and convolution layers follow another rule than all other sums."""
        return False

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        """What enters the network at the scores (B, C), for a signed choice of classes (B, C)."""
        raise NotImplementedError

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """An element-wise function."""
        raise NotImplementedError

    def product(self, gate: Tensor, signal: Tensor, *, weights: bool = False) -> Tensor:
        """gate * signal. `weights`: of attention, which relevance takes as constants."""
        raise NotImplementedError

    def input_relevance(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        """What an input x (..., D) receives, given s W^T (..., D) and the bias share (..., 1).

        A share of None is 0.
        """
        raise NotImplementedError

    def summed_relevance(
        self, projected: Tensor, s: Tensor, share: Tensor | None, units: int
    ) -> Tensor | None:
        """What all D units of an input x receive together (..., 1), given x W and s (..., M).

        None where it takes the message to each unit to know.
        """
        return None

    def gradient_only(self, derivative: Tensor) -> Tensor | None:
        """What flows into something that only derivatives see: relevance takes it as constant."""
        raise NotImplementedError

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units, *, mixed: bool
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """s (..., M), the bias share (..., 1) of each of N units, and what remains absorbed.

        `mixed`: a matrix mixes the units; in other sums each unit adds up by itself.
        """
        raise NotImplementedError

    def values(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """x W + b without a backward pass: for sums that define their own."""
        return tf.stop_gradient(linear(x, weight, bias=bias))

    def project(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        *,
        words: Tensor | None = None,
        z: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """z = x W + b for all time steps at once: the values and share of a `Projected` term.

        `words` (..., 1) receives what x receives, summed over its D units, where the calculus knows
        it without them. `z` is given where it is known.
        """

        @custom_gradient
        def operation(x: Tensor, *words: Tensor) -> object:
            values = linear(x, weight, bias=bias) if z is None else tf.identity(z)  # of its own

            def backward(s: Tensor, share: Tensor) -> object:
                if words:
                    total = self.summed_relevance(values - bias, s, share, int(x.shape[-1]))
                    if total is not None:
                        return None, total
                message = self.input_relevance(x, linear(s, weight, back=True), share)
                return (message, None) if words else message

            return (values, tf.zeros_like(x[..., :1])), backward

        return operation(x) if words is None else operation(x, words)

    def weighted_sum(
        self,
        terms: Sequence[Term | Projected],
        bias: Tensor | None,
        sink: Tensor,
        *,
        gate: bool = False,
        z: Tensor | None = None,
    ) -> Tensor:
        """z = sum of the terms + bias (already within a projected term); of a gate or a signal.

        Sums over the same inputs are cheaper in one product; `z` is then this sum's part of it.

        A bias with the axes of z depends on the inputs: derivatives flow into it, relevance does
        not. `sink` records what is absorbed: (..., 2) for [bias, stabilizer], (..., 1) for
        [stabilizer] where there is no bias. No (D, M) message is ever built.
        """
        units = sum(units_of(term) for term in terms)
        mixed = any(isinstance(term, Projected) or term.weight is not None for term in terms)
        absorber: list[Tensor] = [] if bias is None else [bias]
        z, known = self._recalled(terms, bias, z, gate=gate, mixed=mixed)
        receivers = [tensor for term in terms for tensor in _tensors(term)]
        facts = [tensor for term in known for tensor in _tensors(term)]

        @custom_gradient
        def operation(z: Tensor, sink: Tensor, *tensors: Tensor) -> object:
            def backward(R: Tensor) -> object:
                varying = tensors[-1] if absorber else None
                s, share, absorbed = self.absorb(R, z, varying, units, mixed=mixed)
                messages: list[Tensor | None] = [None, absorbed]
                for term in _rebuild(known, tensors[len(receivers) :]):
                    if isinstance(term, Projected):
                        messages += [s, share]
                    elif term.weight is None:
                        messages += [self.input_relevance(term.values, s, share)]
                    else:
                        back = linear(s, term.weight, back=True)
                        messages += [self.input_relevance(term.values, back, share)]
                messages += [None for _ in facts]
                varies = bool(absorber) and absorber[0].shape.rank == z.shape.rank
                return [*messages, *(self.gradient_only(s) if varies else None for _ in absorber)]

            return tf.identity(z), backward

        return operation(z, sink, *receivers, *facts, *absorber)

    def _recalled(
        self,
        terms: Sequence[Term | Projected],
        bias: Tensor | None,
        z: Tensor | None,
        *,
        gate: bool,
        mixed: bool,
    ) -> tuple[Tensor, list[Term | Projected]]:
        """z and the terms: computed, or as the memory recalls them."""
        memory = self.memory
        known = list(terms)
        if memory is not None and memory.summands:
            known = [
                Term(memory.next(lambda term=term: term.values))  # type: ignore[misc]
                if isinstance(term, Term) and term.weight is None
                else term
                for term in terms
            ]

        def compute() -> Tensor:
            return _forward(known, bias) if z is None else z

        if memory is None or not mixed or (gate and not memory.gates):
            return compute(), known  # summands alone are added up faster than their sum is read
        return memory.next(compute), known

    def layer_sum(self, term: Term, bias: Tensor | None, sink: Tensor) -> Tensor:
        """`weighted_sum` of a dense or convolution layer, for which some rules differ."""
        return self.weighted_sum([term], bias, sink)

    def sum_over_time(
        self, weights: Tensor, values: Tensor, exists: Tensor, sink: Tensor
    ) -> Tensor:
        """z_q = sum_t a_qt v_t (..., Q, D) for weights a (..., Q, T) and values v (..., T, D).

        For attention and averages: relevance takes the weights as constants, derivatives do not.
        Steps that do not exist (..., Q, T) have no weight and no units. `sink`: (..., Q, 1).
        """
        counted = tf.cast(exists, values.dtype)
        units = tf.reduce_sum(counted, axis=-1, keepdims=True) * values.shape[-1]

        @custom_gradient
        def operation(weights: Tensor, values: Tensor, sink: Tensor) -> object:
            z = tf.matmul(weights, values)

            def backward(R: Tensor) -> object:
                s, share, absorbed = self.absorb(R, z, None, units, mixed=False)
                if share is not None:
                    share = tf.matmul(counted, share, transpose_a=True)
                back = tf.matmul(weights, s, transpose_a=True)
                gradient_only = self.gradient_only(tf.matmul(s, values, transpose_b=True))
                return gradient_only, self.input_relevance(values, back, share), absorbed

            return z, backward

        return operation(weights, values, sink)


def units_of(term: Term | Projected) -> Units:
    """How many inputs a term has."""
    if isinstance(term, Projected):
        return term.units
    if term.exists is None:
        return int(term.values.shape[-1])
    return tf.reduce_sum(term.exists, axis=-1, keepdims=True)


def _forward(terms: Sequence[Term | Projected], bias: Tensor | None) -> Tensor:
    values = [
        term.values
        if isinstance(term, Projected) or term.weight is None
        else linear(term.values, term.weight)
        for term in terms
    ]
    if bias is not None and not any(isinstance(term, Projected) for term in terms):
        values.append(bias)
    return sum(values[1:], values[0])


def _tensors(term: Term | Projected) -> list[Tensor]:
    """What messages go back to."""
    return [term.values, term.share] if isinstance(term, Projected) else [term.values]


def _rebuild(terms: Sequence[Term | Projected], flat: Sequence[Tensor]) -> list[Term | Projected]:
    """The terms again, holding the tensors of `flat`."""
    rest = iter(flat)
    return [
        Projected(next(rest), next(rest), term.units)
        if isinstance(term, Projected)
        else Term(next(rest), term.weight)
        for term in terms
    ]
