"""What one backward pass brings.

Axes: B batch, T time, E input units, C classes, H hidden units.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import numpy as np

Key = tuple[str, ...]  # a node, its direction and its operation


@dataclass(frozen=True)
class Backward:
    """What one backward pass brought to each watched tensor; numpy arrays.

    Attributes:
        scores: (B, C).
        selection: (B, C), the signed choice of classes that was explained.
        message: at the input, (B, T, E) or (B, D); (B, T, 1) of each word as a whole, where units
            were not asked for; of several inputs (B, N), see `JoinedSamples`.
        sinks: what was absorbed, by operation, (B, T, 1 or 2) or (B, 1 or 2), see
            `layers.ops.ABSORBERS`; empty under a calculus that absorbs nothing.
        states: by initial state, (B, H).
        layers: by node name, at its output; by node and state, at the state of every step; empty
            unless asked for.
        values: what these outputs and states are, by the same names.
    """

    scores: np.ndarray
    selection: np.ndarray
    message: np.ndarray
    sinks: dict[Key, np.ndarray]
    states: dict[Key, np.ndarray]
    layers: dict[Key, np.ndarray]
    values: dict[Key, np.ndarray]

    def with_layers(self, names: Set[str]) -> Backward:
        """With what it brought to these nodes and states alone."""

        def asked(table: dict[Key, np.ndarray]) -> dict[Key, np.ndarray]:
            return {key: array for key, array in table.items() if "/".join(key) in names}

        return replace(self, layers=asked(self.layers), values=asked(self.values))
