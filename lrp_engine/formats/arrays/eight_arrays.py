"""The eight-array list: a bidirectional LSTM and its output layer, weights only.

    [Wx (E, 4H), Wh (H, 4H), b (4H,), the same three of the backward direction, W (2H, C), b (C,)]

A unidirectional network has zeros for the backward half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.arrays.detect import GATES, detect, read_as
from lrp_engine.formats.companions.companions import Companions, read_companions
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.spec import DETECT
from lrp_engine.formats.plain import about_output
from lrp_engine.layers import LSTM, Bidirectional, Dense
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.gate_order import GateOrder, GateReading
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network

NAMES = ("Wx", "Wh", "b", "Wx_bw", "Wh_bw", "b_bw", "W_dense", "b_dense")


def from_weights(
    arrays: Sequence[np.ndarray],
    gate_order: str = GATES,
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    dtype: str = "float32",
    device: str | None = None,
    *,
    reference: Any = None,
) -> Network:
    """A network from the eight-array list.

    Args:
        arrays: [Wx (E, 4H), Wh (H, 4H), b (4H,), Wx_bw, Wh_bw, b_bw (the same shapes),
            W_dense (2H, C), b_dense (C,)]. C = 1 is a single sigmoid unit: two classes.
        gate_order: the order of the four blocks of H columns, a permutation of the letters of
            "ifgo": input gate, forget gate, signal, output gate; or "detect": the one order,
            forget bias (0 or 1) and order of directions that gives the reference's scores.
        vocabulary, embeddings, labels: as in `load`: words by embedding row, vectors (V, E), one
            name per class. Without vocabulary and embeddings inputs are vectors.
        dtype: "float32" or "float64".
        device: that computes: "cpu", "gpu", "gpu:1"; None is TensorFlow's choice.
        reference: for "detect": a pair (inputs, logits (B, C)), a dictionary or `.npz` file with
            the names that `lrp_engine.parity` takes. Inputs as in `Network.explain`.

    Returns:
        The network; `gate_order` says what was detected and by what margin.

    Raises:
        FormatError: an array is missing or has another shape; names array, found and expected.
        InputError: the reference does not fit, or does not decide the order; says how to go on.
            Or there is no such device.
    """
    given = read_companions(
        vocabulary=vocabulary,
        embeddings=embeddings,
        labels=labels,
        spec=None,
        dtype=dtype,
        reference=reference,
    )
    # The default is what the field does most; nobody said it.
    source = "assumed" if gate_order == GATES else "given"
    return build(arrays, gate_order, given, source=source).to(device)


def build(arrays: Any, gate_order: Any, given: Companions, *, source: str) -> Network:
    """`from_weights` with everything else in `given`; `source` is a key of `gate_order.SOURCES`."""
    weights = dict(zip(NAMES, _checked(_arrays(arrays)), strict=True))
    check_reference(gate_order, given.reference)
    if given.reference is not None:
        return _detected(weights, given, given.reference)
    if not isinstance(gate_order, str) or sorted(gate_order) != sorted(GATES):
        raise FormatError(
            f"gate_order is {gate_order!r}, expected a permutation of the letters of {GATES!r} "
            f"(input gate, forget gate, signal, output gate), for example 'ifgo' or 'igfo', or "
            f"{DETECT!r} with a reference."
        )
    order = GateOrder(reading=GateReading(order=gate_order), source=source)
    return _network(read_as(weights, order.reading), order, given)


def check_reference(
    gate_order: Any, reference: Reference | None, *, detects_text: bool = False
) -> None:
    """Raise InputError unless a reference comes with "detect", and "detect" with a reference."""
    if gate_order == DETECT and reference is None:
        raise InputError(
            "gate_order='detect' needs a reference: inputs and the scores (logits) another program "
            "gave them, reference=(inputs, logits)."
        )
    if reference is not None and gate_order != DETECT and not detects_text:
        raise InputError(
            "A reference is used only with gate_order='detect' or tokenizer='detect'; to compare "
            "a network with one, use lrp_engine.parity(..., reference=...)."
        )


def _detected(
    weights: Mapping[str, np.ndarray], given: Companions, reference: Reference
) -> Network:
    undecided = GateOrder(reading=GateReading(order=GATES), source="assumed")
    order = detect(weights, _network(weights, undecided, given), reference)
    return _network(read_as(weights, order.reading), order, given)


def _network(weights: Mapping[str, np.ndarray], order: GateOrder, given: Companions) -> Network:
    """The network of arrays in the order i f g o."""

    def direction(suffix: str) -> LSTM:
        Wx, Wh, b = (reorder_gates(weights[n + suffix], GATES) for n in ("Wx", "Wh", "b"))
        return LSTM(Wx, Wh, b, go_backwards=bool(suffix))

    layer = Bidirectional(direction(""), direction("_bw"))
    dense = Dense(weights["W_dense"], weights["b_dense"])
    nodes = [Node("bilstm", layer), Node("output", dense, ("bilstm",))]
    sentence = order.sentence()
    assumed = order.source == "assumed"
    assumptions = [Assumption(sentence, "gate_order") if assumed else sentence]
    single = dense.kernel.shape[1] == 1
    if given.output is None:
        assumptions.append(about_output(dense.kernel.shape[1]))
    assumptions.append("Gates are sigmoids, signal and cell output tanh; h_0 and c_0 are zero.")
    return given.network(
        nodes=nodes,
        output="sigmoid" if single else "softmax",
        assumptions=assumptions,
        source="eight arrays",
        gate_order=order,
    )


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
