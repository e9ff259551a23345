"""At which layers relevance is kept, as a caller asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Of all layers or of none; or their names.
Layers = bool | str | Sequence[str] | None


def kept_layers(network: Network, layers: Layers) -> frozenset[str]:
    """Names of the nodes at whose output relevance is kept.

    Raises:
        InputError: there is no such layer; lists those there are.
    """
    names = [node.name for node in network.nodes]
    if layers is None or isinstance(layers, bool):
        return frozenset(names if layers else ())
    asked = [layers] if isinstance(layers, str) else layers
    if not isinstance(asked, Sequence) or not all(isinstance(name, str) for name in asked):
        raise InputError(f"layers is {layers!r:.80}; give True, or names of layers as a list.")
    for name in asked:
        if name not in names:
            raise InputError(f"There is no layer {name!r:.80}; choose from {choices(names)}.")
    return frozenset(asked)
