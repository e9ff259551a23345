"""ONNX operations on numbers alone: constants, sizes and what is computed from sizes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.graph import Op, PartialGraph
from lrp_engine.formats.onnx.values import (
    BATCH,
    END,
    ROWS,
    TIME,
    Dims,
    Ids,
    Reversed,
    Value,
    View,
    Zeros,
    numbers,
    sizes,
)


def constant(partial: PartialGraph, op: Op) -> list[Value]:
    for key, value in op.attributes.items():
        if isinstance(value, dict):
            return [partial.arrays[value["array"]]]
        if key in ("value_int", "value_float", "value_ints", "value_floats"):
            return [np.asarray(value)]
    raise FormatError("it holds no number.")


def zeros(partial: PartialGraph, op: Op) -> list[Value]:
    """ConstantOfShape and Expand, which exporters use for initial states."""
    if isinstance(op.input(0), Zeros):
        return [Zeros()]
    if op.kind == "Expand":
        value: Any = op.array(0)
    else:
        value = op.attributes.get("value", 0.0)
        value = partial.arrays[value["array"]] if isinstance(value, dict) else np.asarray(value)
        if isinstance(op.input(0), np.ndarray) and op.array(0).shape == (1,):
            count = numbers(op.input(0))[0]  # a short list, of pads
            if 0 <= count <= 16 and value.size == 1:
                return [np.full(count, value.reshape(-1)[0])]
    if value.any():
        raise FormatError("it repeats a number other than 0, which is not supported.")
    return [Zeros()]


def shape(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    value = value.of if isinstance(value, Reversed) else value
    if isinstance(value, View):
        entries = value.shape().entries
    elif isinstance(value, Ids):
        entries = value.axes
    elif isinstance(value, np.ndarray):
        entries = value.shape
    else:
        raise FormatError("it asks for the shape of something without one.")
    return [Dims(entries[op.whole("start", 0) : op.whole("end", END)])]


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "Mul": operator.mul, "Add": operator.add, "Sub": operator.sub, "Div": operator.floordiv
}  # fmt: skip


def arithmetic(partial: PartialGraph, op: Op) -> list[Value]:
    """Of sizes alone."""
    one, two = sizes(op.input(0)), sizes(op.input(1))
    if len(one.entries) != 1 or len(two.entries) != 1:
        raise FormatError("it computes with something else than two sizes.")
    a, b = one.entries[0], two.entries[0]
    known = isinstance(a, int) and isinstance(b, int) and not (op.kind == "Div" and b == 0)
    result = _ARITHMETIC[op.kind](a, b) if known else None  # type: ignore[arg-type]
    return [Dims((_plausible(result),), one.scalar and two.scalar)]


def product(partial: PartialGraph, op: Op) -> list[Value]:
    """ReduceProd: all sizes of a list in one, as before a product over the last axis alone."""
    entries = sizes(op.input(0)).entries
    known = [n for n in entries if isinstance(n, int)]
    if [n for n in entries if n not in known] == [BATCH, TIME] and set(known) <= {1}:
        return [Dims((ROWS,), not op.whole("keepdims", 1))]
    whole = math.prod(known) if len(known) == len(entries) else None
    return [Dims((_plausible(whole),), not op.whole("keepdims", 1))]


def given(op: Op, key: str, at: int, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Whole numbers from an attribute (older opsets) or an input."""
    if key in op.attributes:
        return numbers(np.asarray(op.attributes[key]))
    if op.optional(at) is None:
        if default is None:
            raise FormatError(f"it lacks {key}.")
        return default
    return numbers(op.input(at))


def axes_of(op: Op) -> tuple[int, ...]:
    return given(op, "axes", 1)


def _plausible(size: int | None) -> int | None:
    if size is not None and abs(size) >= 2**62:
        raise FormatError("it computes a size that is not plausible.")
    return size
