"""Which layers are kept, their numbers and their relevance, as a caller asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.network import Network

# Of all layers or of none; or their names.
Layers = bool | str | Sequence[str] | None


def kept_layers(network: Network, layers: Layers) -> frozenset[str]:
    """Names of the nodes at whose output relevance is kept, and of states over time ("lstm/h").

    Raises:
        InputError: there is no such layer; lists those there are.
    """
    names = [node.name for node in network.nodes]
    if layers is None or isinstance(layers, bool):
        return frozenset(names if layers else ())
    asked = [layers] if isinstance(layers, str) else layers
    if not isinstance(asked, Sequence) or not all(isinstance(name, str) for name in asked):
        raise InputError(f"layers is {layers!r:.80}; give True, or names of layers as a list.")
    states = [
        f"{node.name}/{name}" for node in network.nodes for name in node.layer.states_over_time
    ]
    for name in asked:
        if name not in names and name not in states:
            over_time = f", or for states over time from {choices(states)}" if states else ""
            raise InputError(
                f"There is no layer {name!r:.80}; choose from {choices(names)}{over_time}."
            )
    return frozenset(asked)


def goes_by_words(explanation: Explanation, name: str, kept: np.ndarray) -> bool:
    """Whether what was kept of a layer or state, (B, T, D) or (B, D), has words as its steps."""
    return kept.ndim == 3 and name.split("/")[0] not in explanation.resampled_time
