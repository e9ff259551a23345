"""Reads the pickled weights published with Arras et al. 2017 (doi 10.18653/v1/W17-5221).

A bidirectional LSTM as Torch7 lays it out: rows in blocks i g f o, two biases that are added, an
output layer in two halves and without a bias.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.containers.sandbox import PICKLED, Contents
from lrp_engine.formats.reader import Reader
from lrp_engine.layers import LSTM, Bidirectional, Dense
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network

_GATES = "igfo"
_SIDES = ("Left", "Right")
_PARTS = ("Wxh", "Whh", "bxh", "bhh")
NAMES = tuple(f"{part}_{side}" for side in _SIDES for part in (*_PARTS, "Why"))


def _recognizes(contents: Contents) -> bool:
    value = contents.value if contents.kind in PICKLED else None
    return isinstance(value, Mapping) and "Wxh_Left" in value and "Why_Left" in value


def _read(contents: Contents, given: Companions) -> Network:
    weights = _checked(contents.value)

    def direction(side: str) -> LSTM:
        Wx, Wh, bx, bh = (weights[f"{part}_{side}"] for part in _PARTS)
        kernel, recurrent, bias = (
            reorder_gates(array, _GATES) for array in (Wx.T, Wh.T, bx.astype(np.float64) + bh)
        )
        return LSTM(kernel, recurrent, bias, go_backwards=side == "Right")

    kernel = np.concatenate([weights[f"Why_{side}"].T for side in _SIDES])
    nodes = [
        Node("bilstm", Bidirectional(direction("Left"), direction("Right"))),
        Node("output", Dense(kernel), ("bilstm",)),
    ]
    return given.network(
        nodes=nodes,
        output="softmax",
        assumptions=["The gate blocks are in the order i g f o, as in the published model."],
        source="pickle in the layout of the published SST model",
    )


def _checked(value: Mapping[str, object]) -> dict[str, np.ndarray]:
    """The ten arrays, each of the shape that the others ask for."""
    arrays: dict[str, np.ndarray] = {}
    for name in NAMES:
        array = value.get(name)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise FormatError(f"The pickle lacks the array {name!r} of the SST layout.")
        dims = 1 if name.startswith("b") else 2
        if array.ndim != dims or 0 in array.shape:
            raise FormatError(f"{name} has shape {array.shape}, expected {dims} dimensions.")
        arrays[name] = array
    E, H = arrays["Wxh_Left"].shape[1], arrays["Whh_Left"].shape[1]
    C = arrays["Why_Left"].shape[0]
    shapes = {"Wxh": (4 * H, E), "Whh": (4 * H, H), "bxh": (4 * H,), "bhh": (4 * H,),
              "Why": (C, H)}  # fmt: skip
    for name, array in arrays.items():
        expected = shapes[name.partition("_")[0]]
        if array.shape != expected:
            raise FormatError(
                f"{name} has shape {array.shape}, expected {expected} for E = {E} inputs, H = {H} "
                f"hidden units and C = {C} classes."
            )
    return arrays


SST = Reader(
    name="sst",
    title="pickle of the published SST model (Wxh_Left, ..., Why_Right)",
    recognizes=_recognizes,
    read=_read,
)
