"""What functions and methods make of the states of a traced PyTorch module: a table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.formats.torch.traced import Part, Ref, Step
from lrp_engine.formats.torch.traced_modules import acted, ended, flattened, windows
from lrp_engine.formats.torch.traced_values import (
    ASIDE,
    FUNCTIONS,
    NO_CHANGE,
    RNN,
    LayoutError,
    Reading,
    Value,
    argument,
    axis_of,
    first,
    pooled,
)


def _reduced(name: str, kind: str = "vector") -> Callable[[Reading, Step], Value | None]:
    def reduce(reading: Reading, step: Step) -> Value | None:
        x = first(reading, step)
        kept = argument(step, 2, "keepdim", default=False)
        if x.kind != "steps" or axis_of(x, argument(step, 1, "dim")) != "T" or kept:
            return None
        return replace(pooled(x, name), kind=kind)

    return reduce


def _getattr(reading: Reading, step: Step) -> Value | None:
    x, name = first(reading, step), step.args[1]
    if x.kind == "pair" and name == "values":
        return replace(x, kind="vector")
    return ASIDE if name in ("shape", "device", "dtype", "ndim") else None


def _getitem(reading: Reading, step: Step) -> Value | None:
    x, at = first(reading, step), step.args[1]
    if x.kind == "pair" and at == 0:
        return replace(x, kind="vector")
    if x.kind == "rnn":
        part = reading.trace.parts[x.layer]
        if at == 0:
            return replace(x, kind="steps", layer="")
        return replace(x, kind="final" if part.kind == "LSTM" else "h")
    if x.kind == "final":
        return replace(x, kind="h" if at == 0 else "cells")
    if x.kind == "packed":
        return replace(x, kind="steps") if at == 0 else ASIDE
    if x.kind == "h":
        return _final(reading, x, at)
    if x.kind != "steps":
        return None
    indices = at if isinstance(at, tuple) else (at,)
    if Ellipsis in indices:
        return None
    whole = slice(None, None, None)
    chosen = [(axis, one) for axis, one in zip(x.axes, indices, strict=False) if one != whole]
    if len(chosen) != 1 or chosen[0][0] != "T" or chosen[0][1] not in (0, -1):
        return None
    return pooled(x, "last_step" if chosen[0][1] == -1 else "first_step")


def _final(reading: Reading, x: Value, at: Any) -> Value | None:
    """One of the final states (layers x directions, B, units): of the last layer."""
    options = reading.trace.parts[x.layer].options
    directions = 2 if options.get("bidirectional") else 1
    count = directions * options.get("num_layers", 1)
    if type(at) is not int or not -count <= at < count:
        return None
    place = at % count - (count - directions)
    if place < 0:
        return None  # of a layer below
    if directions == 1:
        return Value("vector", (*x.order, "last"), "BE")
    return replace(x, kind="half", at=place)


def _cat(reading: Reading, step: Step) -> Value | None:
    given, dim = argument(step, 0, "tensors"), argument(step, 1, "dim", "axis", default=0)
    values = [reading.value(one) for one in given] if isinstance(given, tuple) else []
    if not values or any(value.kind != values[0].kind for value in values):
        return None
    if values[0].kind == "half":
        same = {value.layer for value in values} == {values[0].layer}
        if not same or [value.at for value in values] != [0, 1] or dim not in (1, -1):
            return None
        return Value("vector", (*values[0].order, "last"), "BE")
    if values[0].kind != "vector" or any(v.axes != values[0].axes for v in values):
        return None
    return _side_by_side(reading, values) if axis_of(values[0], dim) == "E" else None


def _side_by_side(reading: Reading, values: list[Value]) -> Value | None:
    """Convolutions that read the same, or poolings of the same states."""
    orders = [value.order for value in values]
    length = len(orders[0])
    if len(values) < 2 or any(len(order) != length for order in orders):
        return None
    differing = [n for n in range(length) if len({order[n] for order in orders}) > 1]
    if len(differing) != 1:
        return None
    at = differing[0]
    names = tuple(order[at] for order in orders)
    if all(name in reading.convs for name in names):
        return replace(values[0], order=(*orders[0][:at], names, *orders[0][at + 1 :]))
    before = orders[0][at - 1] if at else ""
    recurrent = reading.trace.parts.get(before, Part("")).kind in RNN
    if at == length - 1 and recurrent and "pooling" not in reading.spec:
        reading.spec["pooling"] = [*names]
        return replace(values[0], order=orders[0][:at])
    return None


def _add(reading: Reading, step: Step) -> Value | None:
    values = [reading.value(one) for one in step.args[:2]]
    halves = all(value.kind == "half" for value in values)
    if not halves or values[0].layer != values[1].layer or {v.at for v in values} != {0, 1}:
        return None
    reading.says("directions", "sum")
    return Value("vector", (*values[0].order, "last"), "BE")


def _transpose(reading: Reading, step: Step) -> Value | None:
    x, a, b = first(reading, step), argument(step, 1, "dim0"), argument(step, 2, "dim1")
    if x.kind not in ("steps", "ids") or not axis_of(x, a) or not axis_of(x, b):
        return None
    axes = [*x.axes]
    axes[a], axes[b] = axes[b], axes[a]
    return replace(x, axes="".join(axes))


def _turned(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    return replace(x, axes=x.axes[::-1]) if len(x.axes) == 2 and x.kind == "ids" else None


def _permute(reading: Reading, step: Step) -> Value | None:
    x, dims = first(reading, step), argument(step, 1, "dims")
    dims = dims if isinstance(dims, tuple) else step.args[1:]
    letters = [axis_of(x, dim) for dim in dims]
    if x.kind not in ("steps", "ids") or sorted(letters) != sorted(x.axes):
        return None
    return replace(x, axes="".join(letters))


def _squeeze(reading: Reading, step: Step) -> Value | None:
    x, dim = first(reading, step), argument(step, 1, "dim")
    if x.kind != "vector":
        return None
    if axis_of(x, dim) == "1" or (dim is None and "1" in x.axes):
        return replace(x, axes=x.axes.replace("1", ""))
    single = x.axes == "BE" and dim in (None, -1, 1)  # of a single unit, which is the end
    return replace(x, axes="B") if single else None


def _view(reading: Reading, step: Step) -> Value | None:
    """To (B, -1): of a vector with axes of one."""
    x = first(reading, step)
    last = step.args[-1] if step.args else None
    fits = x.kind == "vector" and (x.axes in ("BE1", "BE")) and last in (-1, (-1,))
    return replace(x, axes="BE") if fits else None


def _over_all(name: str) -> Callable[[Reading, Step], Value | None]:
    """F.max_pool1d(x, x.size(2)): the window is as long as the text; else it is a window."""

    def pool(reading: Reading, step: Step) -> Value | None:
        x, size = first(reading, step), argument(step, 1, "kernel_size", "output_size")
        size = size[0] if isinstance(size, tuple) and len(size) == 1 else size
        if x.axes != "BET":
            return None
        if isinstance(size, Ref) or ("adaptive" in step.target and size == 1):
            return pooled(x, name, "BE1")
        if type(size) is not int or "adaptive" in step.target:
            return None
        stride = argument(step, 2, "stride", default=size)
        return windows(reading, x, step.target, {"kernel_size": size, "stride": stride})

    return pool


def _packed(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    expected = "BTE" if argument(step, 2, "batch_first", default=False) else "TBE"
    if x.axes != expected:
        if reading.ids == "BT" and sorted(x.axes) == sorted(expected):
            raise LayoutError
        return None
    return replace(x, axes="packed")


def _unpacked(reading: Reading, step: Step) -> Value | None:
    x = reading.value(argument(step, 0, "sequence"))
    axes = "BTE" if argument(step, 1, "batch_first", default=False) else "TBE"
    return replace(x, kind="packed", axes=axes) if x.axes == "packed" else None


def _activation(name: str) -> Callable[[Reading, Step], Value | None]:
    return lambda reading, step: acted(reading, first(reading, step), name, step.target)


def _softmax(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    dim = argument(step, 1, "dim")
    return ended(reading, x, "softmax", -1 if dim is None and x.axes == "BE" else dim)


def _aside(reading: Reading, step: Step) -> Value | None:
    return ASIDE


def _unchanged(reading: Reading, step: Step) -> Value | None:
    return first(reading, step)


# Function or method -> what it makes; None where it is used in a way that is not known.
OPERATIONS: Mapping[str, Callable[[Reading, Step], Value | None]] = {
    **{name: _activation(activation) for name, activation in FUNCTIONS.items()},
    **dict.fromkeys(NO_CHANGE, _unchanged),
    "softmax": _softmax,
    "log_softmax": _softmax,
    "getitem": _getitem,
    "getattr": _getattr,
    "cat": _cat,
    "concat": _cat,
    "add": _add,
    "mean": _reduced("mean"),
    "max": _reduced("max", "pair"),
    "amax": _reduced("max"),
    "transpose": _transpose,
    "t": _turned,
    "permute": _permute,
    "squeeze": _squeeze,
    "flatten": lambda reading, step: flattened(reading, first(reading, step)),
    "view": _view,
    "reshape": _view,
    "max_pool1d": _over_all("max"),
    "avg_pool1d": _over_all("mean"),
    "adaptive_max_pool1d": _over_all("max"),
    "adaptive_avg_pool1d": _over_all("mean"),
    "pack_padded_sequence": _packed,
    "pad_packed_sequence": _unpacked,
    "size": _aside,
    "dim": _aside,
    "len": _aside,
    "zeros_like": _aside,
    "new_zeros": _aside,
    "ne": _aside,
    "eq": _aside,
}
