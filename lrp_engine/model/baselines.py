"""The vectors that a path to an input may begin at: zeros, padding's, the unknown word's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.graph import INPUT
from lrp_engine.model.samples import padding_id
from lrp_engine.model.text.ids import NO_ROW
from lrp_engine.model.text.tokenizer import DROP

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples


def _zero(samples: Samples) -> np.ndarray:
    return np.zeros(samples.network.input_shape.units)


def _padding(samples: Samples) -> np.ndarray | None:
    return None if samples.ids is None else _row(samples.network, padding_id(samples.network))


def _unknown(samples: Samples) -> np.ndarray | None:
    network = samples.network
    if samples.ids is None or network.vocabulary is None or network.tokenizer.unknown == DROP:
        return None
    unknown = network.text_ids.unknown
    return _zero(samples) if unknown == NO_ROW else _row(network, unknown)


def _row(network: Network, number: int | None) -> np.ndarray | None:
    if number is None or network.embedding is None:
        return None
    return network.embedding.rows(np.array([number]))[0]


# Name -> the vector (E,) of each word or step, None where the samples' network has none.
BASELINES: dict[str, Callable[[Samples], np.ndarray | None]] = {
    "zero": _zero,
    "padding": _padding,
    "unknown": _unknown,
}
BASELINE_MEANINGS = {
    "zero": "vectors of zeros",
    "padding": "the vector of padding",
    "unknown": "the vector of the unknown word",
}


def baseline_named(samples: Samples, name: str) -> np.ndarray:
    """The vector (E,); of features each one's number (D,).

    Raises:
        InputError: the samples' network has none of this name; lists those that it has.
    """
    vector = BASELINES[name](samples)
    if vector is None:
        able = choices(one for one, of in BASELINES.items() if of(samples) is not None)
        raise InputError(
            f"These inputs have no baseline {name!r}: their network knows no vector of it for "
            f"{samples.token_kind}s read this way; choose from {able}."
        )
    return vector


def masked_values(network: Network) -> tuple[float, ...]:
    """The values that make layers of the network skip a step, where all units of it equal one."""
    start = {INPUT, *(node.name for node in network.nodes if node.layer.reads_ids)}
    return tuple(
        node.layer.mask_value
        for node in network.nodes
        if hasattr(node.layer, "mask_value") and start.intersection(node.inputs)
    )
