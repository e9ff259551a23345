"""ONNX operations on constants alone, computed as they are read; how much is bounded.

A graph of a few bytes can ask for arrays without bound: every result is counted before it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.graph import Op, PartialGraph
from lrp_engine.formats.onnx.sizes import given
from lrp_engine.formats.onnx.values import numbers

_TYPES = {1: "f4", 2: "u1", 3: "i1", 6: "i4", 7: "i8", 9: "u1", 10: "f2", 11: "f8", 16: "f4"}
_MOST_AXES = 8
_PER_NUMBER = 1024  # products that take as long as the memory of a number is worth

# The result of an operation; counts how many numbers of which size it makes before it does.
Fold = Callable[[Op, Callable[[int, int], None]], Sequence[np.ndarray]]


def fold(partial: PartialGraph, op: Op) -> Sequence[np.ndarray]:
    """What an operation makes of constants.

    Raises:
        FormatError: it cannot be done, or makes more than `PartialGraph.room` bytes are left.
    """

    def count(numbers: int, itemsize: int) -> None:
        partial.room -= numbers * itemsize
        if partial.room < 0:
            raise FormatError(
                "what it computes of constants is far larger than the constants in the file."
            )

    try:
        with np.errstate(all="ignore"):
            results = FOLDED[op.kind](op, count)
    except FormatError:
        raise
    except (ValueError, IndexError, TypeError, OverflowError):
        shapes = ", ".join(str(array.shape) for array in op.inputs if isinstance(array, np.ndarray))
        raise FormatError(f"it cannot be computed of constants of shapes {shapes:.120}.") from None
    if any(array.ndim > _MOST_AXES for array in results):
        raise FormatError(f"it makes a constant of more than {_MOST_AXES} axes.")
    return results


def folds(op: Op) -> bool:
    """Whether it reads constants and nothing else."""
    read = [value for value in op.inputs if value is not None]
    return op.kind in FOLDED and bool(read) and all(isinstance(v, np.ndarray) for v in read)


def _axis(op: Op, rank: int, default: int) -> int:
    axis = op.whole("axis", default)
    if not -rank <= axis < rank:
        raise FormatError(f"it has no axis {axis}.")
    return axis % rank


def _slice(op: Op, count: Any) -> Sequence[np.ndarray]:
    data = op.array(0)
    starts, ends = given(op, "starts", 1), given(op, "ends", 2)
    axes = given(op, "axes", 3, tuple(range(len(starts))))
    steps = given(op, "steps", 4, (1,) * len(starts))
    where = [slice(None)] * data.ndim
    for axis, *range_ in zip(axes, starts, ends, steps, strict=True):
        where[axis] = slice(*range_)
    return [data[tuple(where)]]  # a view


def _concat(op: Op, count: Any) -> Sequence[np.ndarray]:
    arrays = [op.array(n) for n in range(len(op.inputs))]
    count(sum(array.size for array in arrays), max(array.itemsize for array in arrays))
    return [np.concatenate(arrays, _axis(op, arrays[0].ndim, 0))]


def _gather(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, where = op.array(0), op.array(1)
    axis = _axis(op, data.ndim, 0)
    count(data.size // max(1, data.shape[axis]) * where.size, data.itemsize)
    if where.dtype.kind not in "iu":
        raise FormatError("it reads places that are no whole numbers.")
    return [np.take(data, where, axis=axis)]


def _transpose(op: Op, count: Any) -> Sequence[np.ndarray]:
    data = op.array(0)
    return [data.transpose(given(op, "perm", 9, tuple(reversed(range(data.ndim)))))]


def _reshape(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, target = op.array(0), numbers(op.array(1))
    shape = [
        data.shape[n] if size == 0 and not op.whole("allowzero", 0) else size
        for n, size in enumerate(target)
    ]
    count(data.size, data.itemsize)
    return [data.reshape(shape)]


def _flatten(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, axis = op.array(0), op.whole("axis", 1)
    count(data.size, data.itemsize)
    return [data.reshape(math.prod(data.shape[:axis]), -1)]


def _squeeze(op: Op, count: Any) -> Sequence[np.ndarray]:
    data = op.array(0)
    ones = tuple(n for n, size in enumerate(data.shape) if size == 1)
    return [data.squeeze(given(op, "axes", 1, ones))]


def _unsqueeze(op: Op, count: Any) -> Sequence[np.ndarray]:
    return [np.expand_dims(op.array(0), given(op, "axes", 1))]


def _cast(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, kind = op.array(0), op.whole("to", 0)
    if kind not in _TYPES:
        raise FormatError(f"it casts to the type {kind}, expected real numbers.")
    count(data.size, 8)
    return [(data != 0).astype("u1") if kind == 9 else data.astype(_TYPES[kind])]


def _split(op: Op, count: Any) -> Sequence[np.ndarray]:
    data = op.array(0)
    axis = _axis(op, data.ndim, 0)
    size, parts = data.shape[axis], len(op.outputs)
    equal = -(-size // parts)
    lengths = given(op, "split", 1, (equal,) * (parts - 1) + (size - equal * (parts - 1),))
    if sum(lengths) != size or len(lengths) != parts or min(lengths) < 0:
        raise FormatError(f"it splits {size} into {[*lengths][:9]}.")
    return np.split(data, np.cumsum(lengths)[:-1], axis)


def _expand(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, target = op.array(0), numbers(op.array(1))
    if min(target, default=0) < 0:
        raise FormatError(f"it makes the shape {[*target][:9]}.")
    shape = np.broadcast_shapes(data.shape, target)
    count(math.prod(shape), data.itemsize)
    return [np.broadcast_to(data, shape)]


def _tile(op: Op, count: Any) -> Sequence[np.ndarray]:
    data, times = op.array(0), numbers(op.array(1))
    if min(times, default=0) < 0 or len(times) != data.ndim:
        raise FormatError(f"it repeats numbers {[*times][:9]} times.")
    count(data.size * math.prod(times), data.itemsize)
    return [np.tile(data, times)]


def _matmul(op: Op, count: Any) -> Sequence[np.ndarray]:
    one, two = op.array(0), op.array(1)
    columns = two.shape[-1] if two.ndim > 1 else 1
    counted = one.size * columns if two.ndim < 3 else one.size * two.size
    count(counted // _PER_NUMBER + one.size // max(1, one.shape[-1]) * columns, one.itemsize)
    return [np.asarray(np.matmul(one, two))]


def _gemm(op: Op, count: Any) -> Sequence[np.ndarray]:
    one, two = op.array(0), op.array(1)
    one = one.T if op.whole("transA", 0) else one
    two = two.T if op.whole("transB", 0) else two
    count(one.size * two.shape[-1] // _PER_NUMBER + len(one) * two.shape[-1], one.itemsize)
    made = op.number("alpha", 1) * (one @ two)
    return [made if op.optional(2) is None else made + op.number("beta", 1) * op.array(2)]


def _reduced(function: Callable[..., np.ndarray]) -> Fold:
    def folded(op: Op, count: Any) -> Sequence[np.ndarray]:
        data = op.array(0)
        count(data.size, data.itemsize)
        every = () if op.whole("noop_with_empty_axes", 0) else tuple(range(data.ndim))
        axes = given(op, "axes", 1, every)
        return [np.asarray(function(data, axis=axes, keepdims=bool(op.whole("keepdims", 1))))]

    return folded


def _norm(data: np.ndarray, **axes: Any) -> np.ndarray:
    return np.asarray(np.sqrt(np.square(data).sum(**axes)))


def _element_wise(function: Callable[..., np.ndarray]) -> Fold:
    def folded(op: Op, count: Any) -> Sequence[np.ndarray]:
        arrays = [op.array(n) for n in range(len(op.inputs))]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        count(math.prod(shape), 8)
        return [np.asarray(function(*arrays))]

    return folded


def _divided(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Whole numbers are cut towards zero."""
    if one.dtype.kind in "iu" and two.dtype.kind in "iu":
        if not two.all():
            raise FormatError("it divides by zero.")
        return np.asarray(np.trunc(one / two).astype(one.dtype))
    return np.asarray(one / two)


FOLDED: Mapping[str, Fold] = {
    "Slice": _slice,
    "Concat": _concat,
    "Gather": _gather,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Cast": _cast,
    "Split": _split,
    "Expand": _expand,
    "Tile": _tile,
    "Identity": lambda op, _: [op.array(0)],
    "Add": _element_wise(np.add),
    "Sub": _element_wise(np.subtract),
    "Mul": _element_wise(np.multiply),
    "Div": _element_wise(_divided),
    "Neg": _element_wise(np.negative),
    "Sqrt": _element_wise(np.sqrt),
    "Reciprocal": _element_wise(lambda array: 1 / array),
    "Pow": _element_wise(np.power),
    "Exp": _element_wise(np.exp),
    "Tanh": _element_wise(np.tanh),
    "Relu": _element_wise(lambda array: np.maximum(array, 0)),
    "Sigmoid": _element_wise(lambda array: np.exp(-np.logaddexp(0, -array))),
    "MatMul": _matmul,
    "Gemm": _gemm,
    "ReduceSum": _reduced(np.sum),
    "ReduceMean": _reduced(np.mean),
    "ReduceMax": _reduced(np.max),
    "ReduceL2": _reduced(_norm),
}
