"""A score of attention that compares states with a query, as far as a trace has said it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Score:
    """Part of a spec's "attention".

    Attributes:
        kind: "additive", "multiplicative" or "dot".
        states: the order that made the states.
        query: "last" or "last_step".
        layers: names of its weights, in the order in which they act.
        activations: behind which of them: (how many layers before, name).
        on: of a multiplicative score, what its weight is applied to.
        scaled: divided by the root of the units.
        query_first: of one weight for both side by side.
        side_by_side: whether one weight reads both.
    """

    kind: str
    states: tuple[Any, ...]
    query: str
    layers: tuple[str, ...] = ()
    activations: tuple[tuple[int, str], ...] = ()
    on: str = "states"
    scaled: bool = False
    query_first: bool = True
    side_by_side: bool = False

    def then(self, entry: Any) -> Score:
        """Behind a layer or parameter (its name), or an activation (as (name,))."""
        if isinstance(entry, tuple):
            return replace(self, activations=(*self.activations, (len(self.layers), entry[0])))
        return replace(self, layers=(*self.layers, entry))

    def spec(self) -> dict[str, Any] | None:
        """As the spec says it; None where it cannot."""
        said: dict[str, Any] = {"score": self.kind, "layers": [*self.layers], "query": self.query}
        if self.kind == "additive":
            inner = 1 if self.side_by_side else 2
            whole = len(self.layers) == inner + 1 and self.activations == ((inner, "tanh"),)
            if not whole or self.scaled:
                return None
            return {**said, "query_first": self.query_first} if self.side_by_side else said
        if self.activations or len(self.layers) != (self.kind == "multiplicative"):
            return None
        said |= {"on": self.on} if self.kind == "multiplicative" else {}
        return {**said, "scaled": True} if self.scaled else said
