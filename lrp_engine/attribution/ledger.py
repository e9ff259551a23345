"""The ledger: what weighted sums absorbed, by layer, direction, operation and cause.

Axes: B samples, T time steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lrp_engine.attribution.arrays import frozen_array
from lrp_engine.errors import InputError

HELD = "held"  # an input that was held fixed, of a network of several, and what it received
# Kind of a term -> all terms of this kind together, for people.
KINDS = {"bias": "biases", "stabilizer": "stabilizers", HELD: "inputs held fixed"}


class LedgerName(NamedTuple):
    """A ledger name in parts: where the relevance stayed, and why."""

    layer: str
    direction: str  # "forward", "backward", or "" where there is only one
    operation: str  # which weighted sum
    kind: str  # in `KINDS`

    @classmethod
    def parse(cls, name: str) -> LedgerName:
        layer, *direction, operation, kind = name.split("/")
        return cls(layer, "/".join(direction), operation, kind)


class Ledger(Mapping[str, np.ndarray]):
    """What the weighted sums kept: `layer/direction/operation/bias|stabilizer` -> (B,).

    And of inputs held fixed `name/input/held`.

    Attributes:
        steps: the same names -> (B, T) per time step, for operations that go word by word.
    """

    def __init__(
        self, terms: Mapping[str, np.ndarray], steps: Mapping[str, np.ndarray], count: int
    ) -> None:
        self._terms = {name: frozen_array(array) for name, array in terms.items()}
        self._count = count
        self.steps: Mapping[str, np.ndarray] = MappingProxyType(
            {name: frozen_array(array) for name, array in steps.items()}
        )

    def __getitem__(self, name: str) -> np.ndarray:
        return self._terms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def __reduce__(self) -> tuple:
        return Ledger, (self._terms, dict(self.steps), self._count)

    @property
    def total(self) -> np.ndarray:
        """Everything kept, (B,)."""
        return sum(self._terms.values(), np.zeros(self._count))

    def by(self, part: str) -> dict[str, np.ndarray]:
        """Totals (B,) by a part of the name: "layer", "direction", "operation" or "kind"."""
        if part not in LedgerName._fields:
            raise InputError(f"There is no part {part!r}; choose from {LedgerName._fields}.")
        totals: dict[str, np.ndarray] = {}
        for name, kept in self.items():
            key = getattr(LedgerName.parse(name), part)
            totals[key] = totals.get(key, 0) + kept
        return totals

    def select(self, rows: slice, length: int) -> Ledger:
        """The ledger of some samples, cut to a length."""
        some = object.__new__(Ledger)
        some._count = len(range(self._count)[rows])
        some._terms = {name: array[rows] for name, array in self._terms.items()}
        some.steps = MappingProxyType(
            {name: array[rows, :length] for name, array in self.steps.items()}
        )
        return some
