"""ONNX operations with weights or activations as layers: gate orders, biases, directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.onnx import attention, statistics
from lrp_engine.formats.onnx.attention import Sums
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.values import (
    BATCH,
    PARTS,
    ROWS,
    TIME,
    UNITS,
    AxesError,
    Lengths,
    Step,
    Value,
    View,
    Zeros,
)
from lrp_engine.formats.onnx.windows import along_units
from lrp_engine.layers import (
    GRU,
    LSTM,
    Activation,
    Average,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    LayerNormalization,
    Maximum,
    PReLU,
    SimpleRNN,
    Softmax,
)
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
    """LSTM, GRU, RNN: the states over time, the final states; the final cells cannot be read."""
    x, layout = op.view(), op.whole("layout", 0)
    wanted = (BATCH, TIME, UNITS) if layout else (TIME, BATCH, UNITS)
    x = single(partial, x)
    if x.axes != wanted:
        raise AxesError(f"it reads {x}, expected ({', '.join(wanted)}).")
    flags = _DIRECTIONS.get(op.attributes.get("direction", "forward"))
    if flags is None:
        raise FormatError(f"direction is not one of {choices(_DIRECTIONS)}.")
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
    cell = made(built[0], "", problem=f"The ONNX model reads the final cell of {name!r}; only its "
                "states h are read.")  # fmt: skip
    return [
        View(over_time, tuple(states)),
        View(last, tuple(finals)),
        View(last, (cell,) * len(flags)),
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


def gemm(partial: PartialGraph, op: Op) -> list[Value]:
    """alpha A B + beta C."""
    x, kernel = single(partial, op.view()), op.array(1)
    if x.axes not in ((BATCH, UNITS), (ROWS, UNITS)) or op.whole("transA", 0) or kernel.ndim != 2:
        raise FormatError(f"it reads {x} and an array of shape {kernel.shape}; expected a matrix.")
    kernel = op.number("alpha", 1) * (kernel.T if op.whole("transB", 0) else kernel)
    bias = None
    if op.optional(2) is not None:
        bias = op.number("beta", 1) * _bias(op.array(2), kernel.shape[1])
    return [_dense(partial, op.layer_name(1), x, Dense(kernel, bias))]


def matmul(partial: PartialGraph, op: Op) -> list[Value]:
    """A kernel; attention where both are signals."""
    one, two = op.input(0), op.input(1)
    if isinstance(one, Sums):
        return [attention.additive(partial, op, one, op.array(1))]
    if isinstance(one, attention.Beside):
        return [attention.of_both(partial, op, one, op.array(1))]
    if isinstance(one, attention.Pairs) or isinstance(two, View):
        return attention.of_signals(partial, op)
    x, kernel = single(partial, op.view()), op.array(1)
    if x.axes[-1] != UNITS or kernel.ndim not in (1, 2):
        raise FormatError(f"it reads {x} and an array of shape {kernel.shape}; expected a matrix.")
    made = _dense(partial, op.layer_name(1), x, Dense(kernel.reshape(len(kernel), -1)))
    return [made if kernel.ndim == 2 else made.without(-1)]


def _dense(partial: PartialGraph, name: str, x: View, layer: Dense) -> View:
    given, units = layer.kernel.shape
    if x.units not in (-1, given):
        raise FormatError(f"its weights take {given} units, found {x.units}.")
    return x.of(partial.step(name, layer, x.only, units=units))


def _bias(array: np.ndarray, units: int) -> np.ndarray:
    if array.size not in (1, units) or (array.ndim and array.shape[-1] != array.size):
        raise FormatError(f"it adds an array of shape {array.shape}, expected ({units},).")
    return np.broadcast_to(array.reshape(-1), (units,))


def activation(partial: PartialGraph, op: Op) -> list[Value]:
    """Joins the dense layer or convolution before it, else stands alone."""
    value = op.input(0)
    if isinstance(value, Sums) and op.kind == "Tanh":
        return [replace(value, bent=True)]
    x, name = single(partial, op.view()), ACTIVATIONS[op.kind]
    if op.kind == "Elu" and op.number("alpha", 1) != 1:
        raise FormatError("its alpha is not 1, which is not supported.")
    if op.kind == "Selu" and not (
        np.isclose(op.number("alpha", 1.67326), 1.67326, atol=1e-4)
        and np.isclose(op.number("gamma", 1.0507), 1.0507, atol=1e-4)
    ):
        raise FormatError("its alpha and gamma are not the usual ones, which is not supported.")
    if op.kind == "HardSigmoid":
        slope, offset = op.number("alpha", 0.2), op.number("beta", 0.5)
        if np.isclose(slope, 1 / 6) and offset == 0.5:
            name = "hard_sigmoid"
        elif not np.isclose(slope, 0.2) or offset != 0.5:
            raise FormatError("its alpha is neither 0.2 nor 1/6, or its beta not 0.5.")
    before = x.only
    if isinstance(before.layer, Dense | Conv1D) and before.layer.activation == "linear":
        layer = replace(before.layer, activation=name)
        return [x.of(partial.step(before.name, layer, *before.inputs, units=before.units))]
    return [x.of(partial.step(op.layer_name(), Activation(name), before, units=before.units))]


def leaky(partial: PartialGraph, op: Op) -> list[Value]:
    """LeakyRelu, PRelu: a slope for all units or each."""
    x = single(partial, op.view())
    slope = op.array(1) if op.kind == "PRelu" else np.array([op.number("alpha", 0.01)])
    slope = slope.reshape(-1) if slope.size == 1 else along_units(x, slope)
    return [x.of(partial.step(op.layer_name(1), PReLU(slope), x.only, units=x.units))]


def batch_norm(partial: PartialGraph, op: Op) -> list[Value]:
    x = single(partial, op.view())
    if x.axes[1:2] != (UNITS,) or op.whole("training_mode", 0):
        raise FormatError(f"it reads {x}, expected the units behind the batch, and no training.")
    scale, offset, mean, variance = (op.array(n) for n in range(1, 5))
    layer = BatchNormalization(mean, variance, scale, offset, op.number("epsilon", 1e-5))
    return [x.of(partial.step(op.layer_name(1), layer, x.only, units=x.units))]


def layer_norm(partial: PartialGraph, op: Op) -> list[Value]:
    x = single(partial, op.view())
    if x.axes[x.at(op.whole("axis", -1))] != UNITS or x.axes[-1] != UNITS:
        raise FormatError(f"it is not over the units of {x}, which is not supported.")
    scale = op.array(1)
    offset = None if op.optional(2) is None else op.array(2)
    layer = LayerNormalization(scale, offset, op.number("epsilon", 1e-5))
    return [x.of(partial.step(op.layer_name(1), layer, x.only, units=x.units))]


def softmax(partial: PartialGraph, op: Op) -> list[Value]:
    if op.kind == "Softmax" and (found := attention.soft(partial, op, op.input(0))) is not None:
        return found
    x = single(partial, op.view())
    if x.axes[x.at(op.whole("axis", -1 if partial.opset >= 13 else 1))] != UNITS:
        raise FormatError(f"it is not over the units of {x}, which is not supported.")
    problem = (
        "The ONNX model uses LogSoftmax before its end, which is not supported."
        if op.kind == "LogSoftmax"
        else ""
    )
    made = partial.step(op.layer_name(), Softmax(), x.only, units=x.units, problem=problem)
    return [x.of(made)]


_POOLINGS: dict[str, Callable[[], Any]] = {
    "ReduceMean": GlobalAveragePooling1D, "ReduceMax": GlobalMaxPooling1D
}  # fmt: skip


def pooling(partial: PartialGraph, op: Op, axes: tuple[int, ...]) -> list[Value]:
    """Mean or maximum over time; a mean over units is a part of a normalization, or of parts."""
    if op.kind == "ReduceMean" and (found := statistics.mean(partial, op, axes)) is not None:
        return found
    parts = op.view()
    if (
        len(axes) == 1
        and parts.axes[at := parts.at(axes[0])] == PARTS
        and not op.whole("keepdims", 1)
    ):
        layer = Average() if op.kind == "ReduceMean" else Maximum()
        step = partial.step(op.layer_name(), layer, *parts.parts, units=parts.units)
        return [View((*parts.axes[:at], *parts.axes[at + 1 :]), (step,))]
    x = single(partial, parts)
    if len(axes) != 1 or x.axes[at := x.at(axes[0])] != TIME:
        raise AxesError(f"it runs over the axes {axes} of {x}, expected the time axis.")
    step = partial.step(op.layer_name(), _POOLINGS[op.kind](), x.only, units=x.units)
    kept = ("one",) if op.whole("keepdims", 1) else ()
    return [View((*x.axes[:at], *kept, *x.axes[at + 1 :]), (step,))]
