"""ONNX LSTM, GRU and RNN as layers: gate orders, biases, directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.values import (
    BATCH,
    ONE,
    PARTS,
    TIME,
    UNITS,
    AxesError,
    Lengths,
    Reversed,
    Step,
    Value,
    View,
    Zeros,
)
from lrp_engine.layers import GRU, LSTM, Bidirectional, RepeatVector, SimpleRNN
from lrp_engine.layers.lstm import reorder_gates

# ONNX name -> ours; those with constants of their own are checked where they are used.
ACTIVATIONS = {
    "Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "Softsign": "softsign", "Elu": "elu", "Selu": "selu", "HardSigmoid": "hard_sigmoid_keras_2",
}  # fmt: skip
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
# Squashing functions where none are named: of the gates, of the signal (and the state).
_USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
_BLOCKS = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(partial: PartialGraph, op: Op) -> list[Value]:
    """LSTM, GRU, RNN: the states over time, the final states, of an LSTM the final cells."""
    value, layout = op.input(0), op.whole("layout", 0)
    turned = isinstance(value, Reversed)  # by another node, for a layer of Keras
    x = value.of if isinstance(value, Reversed) else op.view()
    wanted = (BATCH, TIME, UNITS) if layout else (TIME, BATCH, UNITS)
    x = single(partial, x)
    if x.copies > 1:  # a row at every time step
        name = f"{x.only.name}.repeated"
        step = partial.step(name, RepeatVector(x.copies), x.only, units=x.units)
        x = View(tuple(TIME if axis == ONE else axis for axis in x.axes), (step,))
    if x.axes != wanted:
        raise AxesError(f"it reads {x}, expected ({', '.join(wanted)}).")
    flags = _DIRECTIONS.get(op.attributes.get("direction", "forward"))
    if flags is None:
        raise FormatError(f"direction is not one of {choices(_DIRECTIONS)}.")
    if turned and flags != (False,):
        raise FormatError("it reads time steps in reverse order, which one direction may.")
    flags = (True,) if turned else flags
    _check(op)
    weights = _weights(op, len(flags))
    built = [_direction(op, weights, n, backwards) for n, backwards in enumerate(flags)]
    name, H = op.layer_name(), built[0].units
    ends = [".backward" if backwards else ".forward" for backwards in flags]
    ends = ends if len(ends) == 2 else [""]

    def made(layer: Any, end: str, **more: Any) -> Step:
        return partial.step(name + end, layer, x.only, units=H, **more)

    finals = [made(layer, end) for layer, end in zip(built, ends, strict=True)]
    states = []
    for layer, end, final, backwards in zip(built, ends, finals, flags, strict=True):
        whole = replace(layer, return_sequences=True)
        states.append(made(whole, end, final={0 if backwards else -1: final}))
    if len(flags) == 2:
        for sequences, parts in ((False, finals), (True, states)):
            one, two = (replace(layer, return_sequences=sequences) for layer in built)
            partial.step(
                name,
                Bidirectional(one, two),
                x.only,
                units=2 * H,
                components=tuple(parts),
            )
    over_time = (BATCH, TIME, PARTS, UNITS) if layout else (TIME, PARTS, BATCH, UNITS)
    last = (BATCH, PARTS, UNITS) if layout else (PARTS, BATCH, UNITS)
    cells = [
        made(replace(layer, cell=True), f"{end}.cell")
        for layer, end in zip(built, ends, strict=True)
        if isinstance(layer, LSTM)
    ]
    every = View(over_time, tuple(states))
    return [
        Reversed(every) if turned else every,
        View(last, tuple(finals)),
        *([View(last, tuple(cells))] if cells else []),
    ]


def _check(op: Op) -> None:
    for at, what in ((5, "initial state"), (6, "initial cell")):
        value = op.optional(at)
        if isinstance(value, np.ndarray) and not value.any():
            continue
        if value is not None and not isinstance(value, Zeros):
            raise FormatError(f"its {what} is not zero, which is not supported.")
    lengths = op.optional(4)
    if lengths is not None and not isinstance(lengths, Lengths):
        raise FormatError("the lengths it is given are no input of the model.")
    if op.optional(7) is not None:
        raise FormatError("it has peepholes, which are not supported.")
    for key in ("clip", "activation_alpha", "activation_beta"):
        if op.attributes.get(key):
            raise FormatError(f"it has {key}, which is not supported.")
    if op.whole("input_forget", 0):
        raise FormatError("its input and forget gates are coupled, which is not supported.")


def _weights(op: Op, directions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W (directions, nH, E), R (directions, nH, H), B (directions, 2nH)."""
    W, R, n = op.array(1), op.array(2), _BLOCKS[op.kind]
    H = R.shape[-1] if R.ndim == 3 else 0
    B = np.zeros((directions, 2 * n * H), W.dtype) if op.optional(3) is None else op.array(3)
    if (
        W.ndim != 3
        or W.shape[:2] != (directions, n * H)
        or R.shape != (directions, n * H, H)
        or B.shape != (directions, 2 * n * H)
        or 0 in W.shape
        or op.whole("hidden_size", H) != H
    ):
        raise FormatError(
            f"its weights have shapes {W.shape}, {R.shape} and {B.shape}, expected "
            f"({directions}, {n}H, E), ({directions}, {n}H, H) and ({directions}, {2 * n}H)."
        )
    return W, R, B


def _direction(op: Op, weights: Any, number: int, backwards: bool) -> LSTM | GRU | SimpleRNN:
    kernel, recurrent = (array[number].T for array in weights[:2])
    with np.errstate(all="ignore"):  # not finite: reported where the network is made
        bias, recurrent_bias = np.split(weights[2][number].astype(np.float64), 2)
    squash = _squashing(op, number)
    if op.kind == "LSTM":
        arrays = (kernel, recurrent, bias + recurrent_bias)
        kernel, recurrent, bias = (reorder_gates(array, "iofg") for array in arrays)
        return LSTM(kernel, recurrent, bias, squash[1], squash[0], go_backwards=backwards)
    if op.kind == "RNN":
        return SimpleRNN(
            kernel, recurrent, bias + recurrent_bias, squash[0], go_backwards=backwards
        )
    after = bool(op.whole("linear_before_reset", 0))
    return GRU(  # blocks z r h, as ours
        kernel,
        recurrent,
        bias if after else bias + recurrent_bias,
        recurrent_bias if after else None,
        activation=squash[1],
        recurrent_activation=squash[0],
        reset_after=after,
        go_backwards=backwards,
    )


def _squashing(op: Op, number: int) -> list[str]:
    usual = _USUAL[op.kind]
    named = op.attributes.get("activations") or usual * (number + 1)
    here = named[number * len(usual) : (number + 1) * len(usual)]
    # Names count in any case.
    by_name = {name.lower(): one for name, one in ACTIVATIONS.items()}
    ours = [by_name.get(str(name).lower(), "") for name in here]
    if len(ours) != len(usual) or "" in ours or ours[1:2] != ours[1:][-1:]:
        raise FormatError(
            f"its activations are {named!r:.100}; supported: {choices(ACTIVATIONS)}, the same for "
            "signal and state."
        )
    return ours
