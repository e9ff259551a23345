"""The same network with random weights, layer by layer from the last on (Adebayo et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.layers import map_arrays
from lrp_engine.model.layer import arrays_of

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def layers_with_weights(network: Network) -> list[str]:
    """Names of the layers that become random, the last one first; the embedding stays."""
    return [
        node.name
        for node in reversed(network.nodes)
        if not node.layer.reads_ids and any(array.size for array in arrays_of(node.layer))
    ]


def randomized(network: Network, *, seed: int) -> Sequence[Network]:
    """The network with its last 1, 2, ... layers random; made once for a network and a seed.

    The numbers of each array change places, so that their size and sign stay as they are.
    """
    key = _key(seed)
    if key not in network.compiled:
        made: list[Network] = []
        names = layers_with_weights(network)
        rng = np.random.default_rng(seed)

        def mixed(array: Any) -> Any:
            return rng.permutation(np.asarray(array).ravel()).reshape(np.shape(array))

        nodes = {node.name: node for node in network.nodes}
        for name in names:
            nodes[name] = replace(nodes[name], layer=map_arrays(nodes[name].layer, mixed))
            made.append(replace(network, nodes=tuple(nodes.values())))
        network.compiled[key] = made
    kept: Sequence[Network] = network.compiled[key]
    return kept


def forget(network: Network, *, seed: int) -> None:
    """Let go of the networks with random weights, and of what was traced of them."""
    network.compiled.pop(_key(seed), None)


def _key(seed: int) -> str:
    return f"random weights {seed}"
