"""ONNX operations with weights or activations as layers; pooling over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx import attention, statistics
from lrp_engine.formats.onnx.attention import Sums
from lrp_engine.formats.onnx.gelu import activated
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.recurrent import ACTIVATIONS as SQUASHING
from lrp_engine.formats.onnx.values import (
    BATCH,
    PARTS,
    ROWS,
    TIME,
    UNITS,
    AxesError,
    Value,
    View,
)
from lrp_engine.formats.onnx.windows import along_units
from lrp_engine.layers import (
    Average,
    BatchNormalization,
    Dense,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    LayerNormalization,
    Maximum,
    Permute,
    PReLU,
    Softmax,
)


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
    if isinstance(one, np.ndarray) and isinstance(two, View):
        return [_kernel_first(partial, op, one, single(partial, two))]
    if isinstance(one, attention.Pairs) or isinstance(two, View):
        return attention.of_signals(partial, op)
    x, kernel = single(partial, op.view()), op.array(1)
    if x.axes in ((BATCH, UNITS, TIME), (ROWS, TIME)) and kernel.ndim == 2:
        return [_across_steps(partial, op, x, kernel)]
    if x.axes[-1] != UNITS or kernel.ndim not in (1, 2):
        raise FormatError(f"it reads {x} and an array of shape {kernel.shape}; expected a matrix.")
    made = _dense(partial, op.layer_name(1), x, Dense(kernel.reshape(len(kernel), -1)))
    return [made if kernel.ndim == 2 else made.without(-1)]


def _kernel_first(partial: PartialGraph, op: Op, kernel: np.ndarray, x: View) -> View:
    """W x of units that come last but one."""
    if len(x.axes) < 2 or x.axes[-2] != UNITS or {*kernel.shape[:-2]} - {1} or not kernel.size:
        raise FormatError(
            f"it multiplies an array of shape {kernel.shape} by {x}, expected units before the "
            "last axis."
        )
    matrix = kernel.reshape((1, *kernel.shape)[-2:])
    made = _dense(partial, op.layer_name(0), x, Dense(matrix.T))
    return made if kernel.ndim > 1 else made.without(-2)


def _across_steps(partial: PartialGraph, op: Op, x: View, kernel: np.ndarray) -> View:
    """Sums of all steps of each unit, of a fixed number of steps; as many steps come out."""
    step, length = x.only, partial.length(x.only)
    if length is None or kernel.shape != (length, length):
        raise FormatError(
            f"its weights of shape {kernel.shape} join the {length or 'time'} steps of {x}; read "
            "are as many steps as go in, of a model with an input of a fixed number of steps."
        )
    turned = partial.step(f"{step.name}.turned", Permute(), step, units=length)
    dense = partial.step(op.layer_name(1), Dense(kernel), turned, units=length)
    return x.of(partial.step(f"{dense.name}.turned", Permute(), dense, units=x.units))


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
    if isinstance(value, Sums | attention.PairSums) and op.kind == "Tanh":
        return [replace(value, bent=True)]
    x, name = single(partial, op.view()), ACTIVATIONS[op.kind]
    if op.kind == "Gelu" and op.attributes.get("approximate", "none") == "tanh":
        name = "gelu_tanh"
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
    return [activated(partial, op, x, name)]


def clip(partial: PartialGraph, op: Op) -> list[Value]:
    """Between two numbers, as relu6 and hard_tanh are."""
    ends = []
    for at, key in ((1, "min"), (2, "max")):
        end = op.attributes.get(key) if op.optional(at) is None else op.array(at)
        if end is None or np.size(end) != 1:
            raise FormatError("it needs one number as min and one as max.")
        ends.append(float(np.reshape(end, -1)[0]))
    name = {(0.0, 6.0): "relu6", (-1.0, 1.0): "hard_tanh"}.get((ends[0], ends[1]))
    if name is None:
        raise FormatError(f"it cuts at {ends[0]:g} and {ends[1]:g}; read are 0 and 6, -1 and 1.")
    return [activated(partial, op, single(partial, op.view()), name)]


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


# Element by element; within recurrent layers only those of `SQUASHING` are.
ACTIVATIONS = {**SQUASHING, "Exp": "exponential", "Gelu": "gelu", "Mish": "mish",
               "HardSwish": "hard_silu"}  # fmt: skip
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
