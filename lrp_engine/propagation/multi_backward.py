"""One forward pass, several meanings of backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import tensorflow as tf

from lrp_engine.layers.custom_gradient import custom_gradient
from lrp_engine.layers.terms import Term
from lrp_engine.propagation.arithmetic import Tensor
from lrp_engine.propagation.calculus import Calculus, Units


@dataclass(frozen=True, kw_only=True)
class MultiBackward(Calculus):
    """One forward pass, then a backward pass in each mode; `activate` says which comes next.

    Layers may have modes of their own, which a `replace` of `modes` makes: all are activated
    together, by position.
    """

    modes: tuple[Calculus, ...]
    activated: list[int] = field(default_factory=list)

    def activate(self, position: int) -> None:
        self.activated[:] = [position]

    def active(self) -> Calculus:
        return self.modes[self.activated[0]]

    @property
    def reads_gates(self) -> bool:
        return any(mode.reads_gates for mode in self.modes)

    @property
    def reads_summands(self) -> bool:
        return any(mode.reads_summands for mode in self.modes)

    def absorbs(self, *, gate: bool) -> bool:
        return any(mode.absorbs(gate=gate) for mode in self.modes)

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        return self._later(lambda calculus, z: calculus.activation(function, z), z)

    @property
    def has_sum_rule(self) -> bool:
        return any(mode.has_sum_rule for mode in self.modes)

    def product(self, gate: Tensor, signal: Tensor, *, weights: bool = False) -> Tensor:
        return self._later(
            lambda calculus, *both: calculus.product(*both, weights=weights), gate, signal
        )

    def layer_sum(self, term: Term, bias: Tensor | None, sink: Tensor) -> Tensor:
        if not self.has_sum_rule:
            return super().layer_sum(term, bias, sink)

        def run(calculus: Calculus, values: Tensor, sink: Tensor) -> Tensor:
            return calculus.layer_sum(term._replace(values=values), bias, sink)

        return self._later(run, term.values, sink)

    def input_relevance(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        return self.active().input_relevance(x, back, share)

    def summed_relevance(
        self, projected: Tensor, s: Tensor, share: Tensor | None, units: int
    ) -> Tensor | None:
        return self.active().summed_relevance(projected, s, share, units)

    def gradient_only(self, derivative: Tensor) -> Tensor | None:
        return self.active().gradient_only(derivative)

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units, *, mixed: bool
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        return self.active().absorb(R, z, bias, units, mixed=mixed)

    def _later(self, run: Callable, *arguments: Tensor) -> Tensor:
        """An operation whose backward pass is that of the mode active by then."""

        @custom_gradient
        def operation(*arguments: Tensor) -> object:
            def backward(R: Tensor) -> object:
                # One and the same tensor given twice would receive the whole message twice.
                apart = [tf.identity(argument) for argument in arguments]
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(apart)
                    result = run(self.active(), *apart)
                return tape.gradient(result, apart, R)

            return run(self.modes[0], *arguments), backward

        return operation(*arguments)
