"""The ledger: what weighted sums absorbed, by layer, direction, operation and cause.

Axes: B samples, T time steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
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
        some = object.__new__(_Part)
        some._count = len(range(self._count)[rows])
        some._whole, some._rows, some._length = self, rows, length
        return some


class _Part(Ledger):
    """Cut out when it is read: of thousands of samples, few ledgers are."""

    _whole: Ledger
    _rows: slice
    _length: int

    @cached_property
    def _terms(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        return {name: array[self._rows] for name, array in self._whole._terms.items()}

    @cached_property
    def steps(self) -> Mapping[str, np.ndarray]:  # type: ignore[override]
        cut = {name: a[self._rows, : self._length] for name, a in self._whole.steps.items()}
        return MappingProxyType(cut)
