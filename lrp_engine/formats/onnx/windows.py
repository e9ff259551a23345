"""ONNX convolution and pooling over time: units before time, perhaps with axes of length 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx import statistics
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.sizes import given
from lrp_engine.formats.onnx.values import BATCH, ONE, TIME, UNITS, Value, View
from lrp_engine.layers import (
    AveragePooling1D,
    Conv1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    MaxPooling1D,
)

_MOST_ZEROS = 1_000
_LARGEST = 2**26  # numbers of all kernels that only add zeros


def pad(partial: PartialGraph, op: Op) -> list[Value]:
    """Zeros before and after the time steps, as a causal convolution has them."""
    x = single(partial, op.view())
    if x.units < 1:
        raise FormatError("it adds zeros to an input whose units the model does not state.")
    pads, filled = given(op, "pads", 1), op.optional(2)
    rank, at = len(x.axes), x.axes.index(TIME) if TIME in x.axes else -1
    if op.attributes.get("mode", "constant") != "constant" or (
        op.number("value", 0) or (isinstance(filled, np.ndarray) and filled.any())
    ):
        raise FormatError("it fills with something else than zeros.")
    axes = given(op, "axes", 3, tuple(range(rank)))
    if len(pads) != 2 * len(axes) or min(pads, default=0) < 0:
        raise FormatError(f"its pads are {[*pads][:9]}, expected two for each of {len(axes)} axes.")
    ends = {x.at(axis): (pads[n], pads[n + len(axes)]) for n, axis in enumerate(axes)}
    if any(any(end) for axis, end in ends.items() if axis != at):
        raise FormatError(f"it adds zeros to {x} along more than time.")
    before, after = ends.get(at, (0, 0))
    if not before and not after:
        return [x]
    if before + after > _MOST_ZEROS:
        raise FormatError(f"it adds {before} and {after} zeros, at most {_MOST_ZEROS} are read.")
    width = before + after + 1  # a convolution behind it reads the signal itself instead
    others = sum((sum(ends) + 1) * step.units**2 for step, ends in partial.padded.items())
    if (numbers := width * x.units**2 + others) > _LARGEST:
        raise FormatError(
            f"its {before + after} zeros around {x.units:,} units take {numbers:,} weights with "
            f"those added elsewhere; at most {_LARGEST:,} are read. Give the pads to the Conv "
            "behind it."
        )
    kernel = np.zeros((width, x.units, x.units), "float32")
    np.fill_diagonal(kernel[after], 1)
    layer = Conv1D(kernel, None, padding="given", before=width - 1, after=width - 1)
    step = partial.step(f"{op.layer_name()}.zeros", layer, x.only, units=x.units)
    partial.padded[step] = (before, after)
    return [x.of(step)]


def _over_time(partial: PartialGraph, op: Op) -> tuple[View, int]:
    """The signal (batch, units, time) and which of the axes behind the units is time."""
    x = single(partial, op.view())
    spatial = x.axes[2:]
    if x.axes[:2] != (BATCH, UNITS) or spatial.count(TIME) != 1 or {*spatial} - {TIME, ONE}:
        raise FormatError(f"it reads {x}, expected ({BATCH}, {UNITS}, {TIME}).")
    return x, spatial.index(TIME)


def _of_time(op: Op, key: str, axes: int, at: int, default: int) -> int:
    """An attribute with one number for each axis: that of time; the others must be usual."""
    values = op.attributes.get(key, [default] * axes)
    if not isinstance(values, list) or len(values) != axes:
        raise FormatError(f"its {key} are {values!r:.60}, expected {axes}.")
    if any(value != default for n, value in enumerate(values) if n != at):
        raise FormatError(f"its {key} {values!r:.60} run over more than time.")
    return int(values[at])


def _padding(op: Op, axes: int, at: int) -> tuple[str, int, int]:
    """How `Windows` calls it: the name, steps before and after."""
    automatic = op.attributes.get("auto_pad", "NOTSET")
    if automatic == "SAME_UPPER":
        return "same", 0, 0
    if automatic not in ("NOTSET", "VALID"):
        raise FormatError(f"its auto_pad is {automatic!r:.40}, which is not supported.")
    pads = op.attributes.get("pads", [0] * 2 * axes)
    if not isinstance(pads, list) or len(pads) != 2 * axes or automatic == "VALID":
        pads = [0] * 2 * axes
    if any(pad for n, pad in enumerate(pads) if n % axes != at):
        raise FormatError(f"its pads {pads!r:.60} run over more than time.")
    before, after = int(pads[at]), int(pads[at + axes])
    return ("given", before, after) if before or after else ("valid", 0, 0)


def conv(partial: PartialGraph, op: Op) -> list[Value]:
    """W (M, C, K), or with axes of length 1 where the signal has them.

    Also W (M, 1, K, C) over a picture of words and units.
    """
    weights = op.array(1)
    picture = single(partial, op.view())
    if picture.axes == (BATCH, ONE, TIME, UNITS) and weights.ndim == 4 and weights.shape[1] == 1:
        return _over_picture(partial, op, picture, weights[:, 0])
    x, at = _over_time(partial, op)
    axes = len(x.axes) - 2
    spatial = weights.shape[2:]
    if len(spatial) != axes or any(n != 1 for i, n in enumerate(spatial) if i != at):
        raise FormatError(f"its weights have shape {weights.shape}, expected windows over time.")
    if op.whole("group", 1) != 1:
        raise FormatError("it convolves groups of units by themselves, which is not supported.")
    M, C, K = weights.shape[0], weights.shape[1], spatial[at]
    if x.units not in (-1, C):
        raise FormatError(f"its weights take {C} units, found {x.units}.")
    name, before, after = _padding(op, axes, at)
    if x.only in partial.padded and name != "same":
        zeros = partial.padded[x.only]
        x, name = x.of(x.only.inputs[0]), "given"
        before, after = before + zeros[0], after + zeros[1]
    bias = None if op.optional(2) is None else op.array(2)
    layer = Conv1D(
        weights.reshape(M, C, K).transpose(2, 1, 0),
        bias,
        strides=_of_time(op, "strides", axes, at, 1),
        dilation=_of_time(op, "dilations", axes, at, 1),
        padding=name,
        before=before,
        after=after,
    )
    return [x.of(partial.step(op.layer_name(1), layer, x.only, units=M))]


def _over_picture(partial: PartialGraph, op: Op, x: View, weights: np.ndarray) -> list[Value]:
    """W (M, K, C), as wide as the words have units."""
    if weights.shape[2] != x.units or _padding(op, 2, 0)[0] != "valid" or op.whole("group", 1) != 1:
        raise FormatError(f"its weights have shape {weights.shape}, expected windows of words.")
    layer = Conv1D(
        weights.transpose(1, 2, 0),
        None if op.optional(2) is None else op.array(2),
        strides=_of_time(op, "strides", 2, 0, 1),
        dilation=_of_time(op, "dilations", 2, 0, 1),
    )
    step = partial.step(op.layer_name(1), layer, x.only, units=len(weights))
    return [View((BATCH, UNITS, TIME, ONE), (step,))]


_LOCAL: dict[str, Callable[..., Layer]] = {
    "MaxPool": MaxPooling1D, "AveragePool": AveragePooling1D
}  # fmt: skip
_GLOBAL: dict[str, Callable[[], Layer]] = {
    "GlobalMaxPool": GlobalMaxPooling1D, "GlobalAveragePool": GlobalAveragePooling1D
}  # fmt: skip


def local_pooling(partial: PartialGraph, op: Op) -> list[Value]:
    x, at = _over_time(partial, op)
    axes = len(x.axes) - 2
    name, before, after = _padding(op, axes, at)
    if before or after or op.whole("ceil_mode", 0):
        raise FormatError("it pads what it pools (pads, ceil_mode), which is not supported.")
    _of_time(op, "dilations", axes, at, 1)
    size = _of_time(op, "kernel_shape", axes, at, 1)
    layer = _LOCAL[op.kind](size, _of_time(op, "strides", axes, at, 1), name)
    return [x.of(partial.step(op.layer_name(), layer, x.only, units=x.units))]


def global_pooling(partial: PartialGraph, op: Op) -> list[Value]:
    if op.kind == "GlobalAveragePool" and (found := statistics.mean(partial, op, (2,))) is not None:
        return found
    x, _ = _over_time(partial, op)
    step = partial.step(op.layer_name(), _GLOBAL[op.kind](), x.only, units=x.units)
    return [View((BATCH, UNITS, *[ONE] * (len(x.axes) - 2)), (step,))]


def along_units(view: View, array: np.ndarray) -> np.ndarray:
    """A constant added or multiplied to a signal, as one number for each of its units.

    Raises:
        FormatError: it differs along another axis, or has another number of units.
    """
    if view.units < 1:
        raise FormatError("it computes with an input whose units the model does not state.")
    shape: Sequence[int] = (*[1] * (len(view.axes) - array.ndim), *array.shape)
    wanted = [view.units if axis == UNITS else 1 for axis in view.axes]
    if len(shape) != len(wanted) or any(
        n not in (1, m) for n, m in zip(shape, wanted, strict=True)
    ):
        raise FormatError(f"it reads a constant of shape {array.shape} and {view}, expected one "
                          f"number for each of {view.units} units.")  # fmt: skip
    return np.broadcast_to(array.reshape(-1), (view.units,))
