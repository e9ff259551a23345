"""Reads the eight-array list from a numpy archive or a pickle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.arrays.detect import GATES
from lrp_engine.formats.arrays.eight_arrays import NAMES, build
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.containers.refusal import quoted
from lrp_engine.formats.containers.sandbox import PICKLED, Contents
from lrp_engine.formats.named_arrays import KIND as ARRAYS
from lrp_engine.formats.reader import Reader
from lrp_engine.model.network import Network

# Names met elsewhere for the same arrays. Each is read only where all eight are named alike.
_ALIASES: tuple[tuple[str, ...], ...] = (
    NAMES,
    ("Wx_fw", "Wh_fw", "b_fw", "Wx_bw", "Wh_bw", "b_bw", "W_dense", "b_dense"),
    (
        *("forward_kernel", "forward_recurrent_kernel", "forward_bias"),
        *("backward_kernel", "backward_recurrent_kernel", "backward_bias"),
        *("dense_kernel", "dense_bias"),
    ),
)


def _recognizes(contents: Contents) -> bool:
    if contents.kind in PICKLED:
        value = contents.value
        if isinstance(value, Mapping):
            return any(set(value) == set(names) for names in _ALIASES)
        return isinstance(value, list) and any(isinstance(a, np.ndarray) for a in value)
    return (
        contents.kind in ("zip", ARRAYS)
        and bool(contents.names)
        and all(name.endswith(".npy") for name in contents.names)
    )


def _read(contents: Contents, given: Companions) -> Network:
    ordered = _in_order(_arrays(contents))
    if given.gate_order is None:
        return build(ordered, GATES, given, source="assumed")
    return build(ordered, given.gate_order, given, source="given")


def _arrays(contents: Contents) -> dict[str, np.ndarray]:
    value = contents.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list):
        return {f"arr_{n}": array for n, array in enumerate(value)}
    if contents.texts:
        listed = ", ".join(map(quoted, sorted(contents.texts)[:4]))
        raise FormatError(f"The file holds texts ({listed:.200}), expected arrays of real numbers.")
    return {name.removesuffix(".npy"): array for name, array in contents.arrays.items()}


def _in_order(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    numbered = tuple(f"arr_{n}" for n in range(len(NAMES)))
    for names in (numbered, *_ALIASES):
        if set(names) == set(arrays):
            return [arrays[name] for name in names]
    listed = ", ".join(map(quoted, sorted(arrays)[:12]))
    raise FormatError(
        f"The file holds {len(arrays)} arrays ({listed:.300}), expected eight: arr_0 to "
        f"arr_7 in the order {', '.join(NAMES)}, or these names. A network in one direction has "
        "zeros for the backward half; give `vocabulary` and `embeddings` apart."
    )


NPZ = Reader(
    name="npz",
    title="eight arrays of a bidirectional LSTM in one .npz file or pickled list",
    recognizes=_recognizes,
    read=_read,
    takes_gate_order=True,
)
