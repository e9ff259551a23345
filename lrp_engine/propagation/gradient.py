"""Backward means derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lrp_engine.propagation.arithmetic import Tensor
from lrp_engine.propagation.calculus import Calculus, Units


@dataclass(frozen=True)
class Gradient(Calculus):
    """Ordinary derivatives: the basis of Sensitivity Analysis and Gradient x Input."""

    reads_gates = True
    reads_summands = False

    def absorbs(self, *, gate: bool) -> bool:
        return False

    def start(self, scores: Tensor, selection: Tensor) -> Tensor:
        return selection

    def activation(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        return function(z)

    def product(self, gate: Tensor, signal: Tensor, *, weights: bool = False) -> Tensor:
        return gate * signal

    def input_relevance(self, x: Tensor, back: Tensor, share: Tensor | None) -> Tensor:
        return back

    def gradient_only(self, derivative: Tensor) -> Tensor | None:
        return derivative

    def absorb(
        self, R: Tensor, z: Tensor, bias: Tensor | None, units: Units, *, mixed: bool
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        return R, None, None
