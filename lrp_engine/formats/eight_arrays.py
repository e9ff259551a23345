"""The eight-array list: a bidirectional LSTM and its output layer, weights only.

    [Wx (E, 4H), Wh (H, 4H), b (4H,), the same three of the backward direction, W (2H, C), b (C,)]

A unidirectional network has zeros for the backward half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions import companions
from lrp_engine.layers import LSTM, Bidirectional, Dense
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.network import Network, Node

NAMES = ("Wx", "Wh", "b", "Wx_bw", "Wh_bw", "b_bw", "W_dense", "b_dense")
GATES = "ifgo"


def from_weights(
    arrays: Sequence[np.ndarray],
    gate_order: str = GATES,
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    dtype: str = "float32",
    device: str | None = None,
) -> Network:
    """A network from the eight-array list.

    Args:
        arrays: [Wx (E, 4H), Wh (H, 4H), b (4H,), Wx_bw, Wh_bw, b_bw (the same shapes),
            W_dense (2H, C), b_dense (C,)]. C = 1 is a single sigmoid unit: two classes.
        gate_order: the order of the four blocks of H columns, a permutation of the letters of
            "ifgo": input gate, forget gate, signal, output gate.
        vocabulary, embeddings, labels: as in `load`: words by embedding row, vectors (V, E), one
            name per class. Without vocabulary and embeddings inputs are vectors.
        dtype: "float32" or "float64".
        device: that computes: "cpu", "gpu", "gpu:1"; None is TensorFlow's choice.

    Raises:
        FormatError: an array is missing or has another shape; names array, found and expected.
        InputError: there is no such device.
    """
    if not isinstance(gate_order, str) or sorted(gate_order) != sorted(GATES):
        raise FormatError(
            f"gate_order is {gate_order!r}, expected a permutation of the letters of {GATES!r} "
            "(input gate, forget gate, signal, output gate), for example 'ifgo' or 'igfo'."
        )
    given = companions(
        vocabulary=vocabulary, embeddings=embeddings, labels=labels, spec=None, dtype=dtype
    )
    weights = dict(zip(NAMES, _checked(_arrays(arrays)), strict=True))

    def direction(suffix: str) -> LSTM:
        Wx, Wh, b = (reorder_gates(weights[n + suffix], gate_order) for n in ("Wx", "Wh", "b"))
        return LSTM(Wx, Wh, b, go_backwards=bool(suffix))

    layer = Bidirectional(direction(""), direction("_bw"))
    dense = Dense(weights["W_dense"], weights["b_dense"])
    nodes = [Node("bilstm", layer), Node("output", dense, ("bilstm",))]
    assumptions = [f"The gate blocks are in the order {' '.join(gate_order)}."]
    single = dense.kernel.shape[1] == 1
    if single:
        assumptions.append("The single output unit is a sigmoid: its sign decides two classes.")
    else:
        assumptions.append("The output units are classes under a softmax.")
    assumptions.append("Gates are sigmoids, signal and cell output tanh; h_0 and c_0 are zero.")
    return given.network(
        nodes=nodes,
        output="sigmoid" if single else "softmax",
        assumptions=assumptions,
        source="eight arrays",
    ).to(device)


def _arrays(arrays: Any) -> list[np.ndarray]:
    try:
        return [np.asarray(array) for array in arrays]
    except (TypeError, ValueError):
        raise FormatError(
            f"Expected a list of eight arrays ({', '.join(NAMES)}), found "
            f"{type(arrays).__name__} that does not hold such arrays."
        ) from None


def _checked(arrays: list[np.ndarray]) -> list[np.ndarray]:
    if len(arrays) != len(NAMES):
        raise FormatError(
            f"Found {len(arrays)} arrays, expected eight: {', '.join(NAMES)}. "
            "A network in one direction has zeros for the backward half."
        )
    for name, array in zip(NAMES, arrays, strict=True):
        if array.dtype.kind not in "fiu":
            raise FormatError(f"{name} holds {array.dtype}, expected real numbers.")
        dims = 1 if name.startswith("b") else 2
        if array.ndim != dims or 0 in array.shape:
            raise FormatError(
                f"{name} has shape {array.shape}, expected {dims} "
                f"dimension{'s' if dims > 1 else ''}, none of them 0."
            )
    E, H, C = arrays[0].shape[0], arrays[1].shape[0], arrays[6].shape[1]
    direction = [(E, 4 * H), (H, 4 * H), (4 * H,)]
    expected = [*direction, *direction, (2 * H, C), (C,)]
    for name, array, shape in zip(NAMES, arrays, expected, strict=True):
        if array.shape != shape:
            raise FormatError(
                f"{name} has shape {array.shape}, expected {shape} for E = {E} inputs (rows of "
                f"Wx), H = {H} hidden units (rows of Wh) and C = {C} classes."
            )
    return arrays
