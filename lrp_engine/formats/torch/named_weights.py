"""Weights that a spec speaks of by name: a Linear layer, or an nn.Parameter of the author's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.torch.names import Arrays


class Weight(NamedTuple):
    """A matrix W (inputs, units) of x W, or a vector; the bias of a Linear layer.

    Attributes:
        names: of the arrays it was made of.
        parameter: whether it was no layer.
    """

    matrix: np.ndarray
    bias: np.ndarray | None
    names: tuple[str, ...]
    parameter: bool


def weight(arrays: Arrays, name: str, key: str, *, transposed: bool = False) -> Weight:
    """The weight of a name: of a module, or of an array (inputs, units).

    Args:
        key: of the spec that names it.
        transposed: arrays without module are (units, inputs).

    Raises:
        FormatError: there is none, or it is neither matrix nor vector.
    """
    path = name.removesuffix(".weight")
    linear = f"{path}.weight"
    if linear in arrays:
        matrix, bias = _numbers(arrays[linear]), arrays.get(f"{path}.bias")
        names = (linear, *([f"{path}.bias"] if bias is not None else ()))
        found = Weight(matrix.T, bias, names, False)
        if bias is not None and bias.shape != matrix.shape[:1]:
            raise FormatError(
                f"'{path}.bias' has shape {bias.shape} and the weight {matrix.shape}."
            )
    elif name in arrays:
        matrix = _numbers(arrays[name])
        matrix = matrix.T if transposed else matrix
        found = Weight(matrix, None, (name,), True)
    else:
        raise FormatError(
            f"The spec's {key} names {name!r:.80}; the file holds "
            f"{', '.join(map(repr, arrays)):.300}."
        )
    if found.matrix.ndim not in (1, 2) or 0 in found.matrix.shape:
        raise FormatError(
            f"{name!r:.80}, named by the spec's {key}, has shape {found.matrix.shape}, expected a "
            "matrix or a vector."
        )
    return found


def _numbers(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def require(key: str, given: Any, valid: Iterable[str], needed: Iterable[str] = ()) -> None:
    """Raise FormatError unless a part of the spec is an object with such keys."""
    valid, needed = [*valid], [*needed]
    if not isinstance(given, Mapping) or not {*given} <= {*valid} or not {*needed} <= {*given}:
        must = f"; it needs {choices(needed)}" if needed else ""
        raise FormatError(
            f"The spec's {key} is {given!r:.80}, expected an object with keys out of "
            f"{choices(valid)}{must}."
        )


def require_one_of(key: str, value: Any, valid: Iterable[Any]) -> None:
    """Raise FormatError unless a value is None or one of the valid ones."""
    valid = [*valid]
    if value is not None and not any(type(value) is type(one) and value == one for one in valid):
        raise FormatError(f"The spec has {key} {value!r:.60}; choose from {choices(valid)}.")
