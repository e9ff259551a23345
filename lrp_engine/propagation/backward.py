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
        message: at the input, (B, T, E) or (B, D); of several inputs (B, N), see `JoinedSamples`.
        sinks: what was absorbed, by operation, (B, T, 1 or 2) or (B, 1 or 2), see
            `layers.ops.ABSORBERS`; empty under a calculus that absorbs nothing.
        states: by initial state, (B, H).
        layers: by node name, at its output; empty unless asked for.
    """

    scores: np.ndarray
    selection: np.ndarray
    message: np.ndarray
    sinks: dict[Key, np.ndarray]
    states: dict[Key, np.ndarray]
    layers: dict[Key, np.ndarray]

    def with_layers(self, names: Set[str]) -> Backward:
        """With what it brought to these nodes alone."""
        if all(key[0] in names for key in self.layers):
            return self
        return replace(self, layers={k: a for k, a in self.layers.items() if k[0] in names})
