"""The vectors that a path to an input may begin at: zeros, padding's, the unknown word's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.reads import padding_id
from lrp_engine.model.text.ids import NO_ROW
from lrp_engine.model.text.tokenizer import DROP

if TYPE_CHECKING:
    from lrp_engine.model.reads import Reads
    from lrp_engine.model.samples import Samples


def _zero(samples: Samples) -> np.ndarray:
    return np.zeros(samples.reads.input_shape.units)


def _padding(samples: Samples) -> np.ndarray | None:
    return None if samples.ids is None else _row(samples.reads, padding_id(samples.reads))


def _unknown(samples: Samples) -> np.ndarray | None:
    reads = samples.reads
    if samples.ids is None or reads.vocabulary is None or reads.tokenizer.unknown == DROP:
        return None
    unknown = reads.text_ids.unknown
    return _zero(samples) if unknown == NO_ROW else _row(reads, unknown)


def _row(reads: Reads, number: int | None) -> np.ndarray | None:
    embedding = reads.embedding
    if number is None or embedding is None:
        return None
    return embedding.rows(np.array([number]))[0]


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


def baseline_of(samples: Samples, chunk: np.ndarray, x: np.ndarray, name: str) -> np.ndarray:
    """Inputs with a baseline in the place of what is droppable, see `Run.baseline`.

    Args:
        x: what `Samples.padded` returns of the chunk.
    """
    vector = baseline_named(samples, name)
    moving = samples.droppable(chunk)  # (b, t), or (b, D) of features
    for value in masked_values(samples.reads):
        moving = moving & (x != value).any(axis=2)
    return np.where(moving[..., None] if samples.timed else moving, vector, x)


def masked_values(reads: Reads) -> tuple[float, ...]:
    """The values that make layers skip a step of an input, where all units of it equal one."""
    nodes, start = reads.network.nodes, {reads.signal}
    start |= {node.name for node in nodes if node.layer.reads_ids and start.issuperset(node.inputs)}
    return tuple(
        node.layer.mask_value
        for node in nodes
        if hasattr(node.layer, "mask_value") and start.intersection(node.inputs)
    )
