"""One forward pass, several meanings of backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import tensorflow as tf

from lrp_engine.layers.terms import Term
from lrp_engine.propagation.calculus import Calculus, Tensor, Units


@dataclass(frozen=True, kw_only=True)
class MultiBackward(Calculus):
    """One forward pass for several backward passes: which one is meant is settled for each."""

    modes: tuple[Calculus, ...]
    chosen: list[Calculus] = field(default_factory=list)

    def choose(self, mode: Calculus) -> None:
        self.chosen[:] = [mode]

    def active(self) -> Calculus:
        return self.chosen[0]

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
    def by_sign(self) -> bool:
        return any(mode.by_sign for mode in self.modes)

    def product(self, gate: Tensor, signal: Tensor, *, weights: bool = False) -> Tensor:
        return self._later(
            lambda calculus, *both: calculus.product(*both, weights=weights), gate, signal
        )

    def layer_sum(self, term: Term, bias: Tensor | None, sink: Tensor) -> Tensor:
        if not self.by_sign:
            return super().layer_sum(term, bias, sink)

        def run(calculus: Calculus, values: Tensor, sink: Tensor) -> Tensor:
            return calculus.layer_sum(term._replace(values=values), bias, sink)

        return self._later(run, term.values, sink)

    def input_relevance(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        return self.active().input_relevance(x, back, share)

    def gradient_only(self, derivative: Tensor) -> Tensor | None:
        return self.active().gradient_only(derivative)

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        return self.active().absorb(R, z, bias, units)

    def _later(self, run: Callable, *arguments: Tensor) -> Tensor:
        """An operation whose way back is that of the calculus settled by then."""

        @tf.custom_gradient
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
