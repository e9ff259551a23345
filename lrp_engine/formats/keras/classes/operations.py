"""Functions of keras.ops that stand among the layers of a model; `ops.NAME` as a class.

They know no masks: `assembly` forgets those of their inputs first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lrp_engine.formats.keras.graph import PREFIX
from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import (
    Add,
    Concatenate,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalSumPooling1D,
    Layer,
    Maximum,
    Multiply,
    Permute,
    Rescaling,
    Reshape,
    Slice,
    Softmax,
    Subtract,
    TakeStep,
)
from lrp_engine.layers.slicing import BOUND


def _get_item(layer: LayerConfig) -> Built:
    """x[:, step], x[:, a:b], x[:, :, a:b] and what else is made of these two."""
    key = layer.config.get("key")
    parts = key if isinstance(key, list) else [key]
    if len(parts) > 1 and _is_dots(parts[0]):
        parts = [_ALL, *parts[1:]] if len(parts) == 3 else parts
    if not 2 <= len(parts) <= 3 or not (_is_all(parts[0]) or _is_dots(parts[0])):
        raise layer.refuse(f"takes {key!r:.60}, {_SLICES}")
    first = -1 if _is_dots(parts[0]) else 1
    made: list[Layer] = []
    axis = first
    for part in parts[1:]:
        if type(part) is int and axis == 1:
            made.append(TakeStep(_bound(layer, part)))
            continue  # the next axis has its place
        if type(part) is int:
            at = _bound(layer, part)
            made += [Slice(axis, at, at + 1 or None), Flatten()]
        elif not _is_all(part):
            made.append(_slice(layer, part, axis))
        axis += 1
    if len(made) > 2 or (len(made) == 2 and isinstance(made[1], TakeStep)):
        raise layer.refuse(f"takes {key!r:.60}, {_SLICES}")
    return Built(made[0] if made else None, after=made[1] if made[1:] else None)


_SLICES = (
    "supported: one step or some steps, x[:, -1] and x[:, 2:5], some units, x[:, :, :3], and both."
)
_ALL: dict[str, Any] = {"start": None, "stop": None, "step": None}


def _slice(layer: LayerConfig, part: Any, axis: int) -> Slice:
    said = _bounds(part)
    if said is None:
        raise layer.refuse(f"takes {part!r:.60}, {_SLICES}")
    start, stop, step = (None if n is None else _bound(layer, n) for n in map(said.get, _ALL))
    return Slice(axis, start, stop, 1 if step is None else step)


def _bound(layer: LayerConfig, value: Any) -> int:
    """A whole number; beyond any length it is as good as the largest one."""
    if type(value) is not int:
        raise layer.refuse(f"takes {value!r:.60}, expected whole numbers.")
    return max(-BOUND, min(BOUND, value))


def _bounds(part: Any) -> Mapping[str, Any] | None:
    """start, stop and step, in the notation of Keras 2 or 3."""
    if isinstance(part, Mapping) and part.get("class_name") == "__slice__":
        part = part.get("config")
    return part if isinstance(part, Mapping) and set(part) == set(_ALL) else None


def _is_all(part: Any) -> bool:
    said = _bounds(part)
    return said is not None and said["step"] in (None, 1) and said["start"] is said["stop"] is None


def _is_dots(part: Any) -> bool:
    return part == "..." or (isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__")


def _over_time(pool: Callable[[], Layer]) -> Callable[[LayerConfig], Built]:
    def build(layer: LayerConfig) -> Built:
        _number_of_operands(layer, 1)
        if layer.config.get("axis") not in (1, -2, [1], [-2]):
            raise layer.refuse(f"has axis={layer.config.get('axis')!r:.40}, supported: 1, time.")
        return Built(pool(), after=Reshape(-1, 1) if layer.config.get("keepdims") else None)

    return build


def _joined(layer: LayerConfig) -> Built:
    _number_of_operands(layer)
    return Built(Concatenate(layer.require("axis", -1, 1, 2)))


def _with_number(
    merge: Callable[[], Layer] | None,
    right: Callable[[float], tuple[float, float]],
    left: Callable[[float], tuple[float, float]] | None,
) -> Callable[[LayerConfig], Built]:
    """Two signals by `merge`, or a signal and a number by (scale, offset) of the number's side."""

    def build(layer: LayerConfig) -> Built:
        operands = _number_of_operands(layer, 2, numbers=True)
        given = [value for value in operands if value is not None]
        if not given and merge is not None:
            return Built(merge())
        side = left if operands[0] is not None else right
        if len(given) != 1 or side is None:
            raise layer.refuse("divides by a signal, which is not supported.")
        try:
            scale, offset = side(float(given[0]))
        except ZeroDivisionError:
            raise layer.refuse("divides by 0.") from None
        return Built(Rescaling(np.array([scale]), np.array([offset])))

    return build


def _negative(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    return Built(Rescaling(np.array([-1.0]), np.zeros(1)))


def _maximum(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 2)
    return Built(Maximum())


def _expand(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    axis = layer.require("axis", 1, -1, 2, [1], [-1], [2])
    return Built(Reshape(-1, 1) if axis in (1, [1]) else Reshape(1, -1))


def _transpose(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    axes = layer.config.get("axes")
    if axes != [0, 2, 1]:
        raise layer.refuse(f"has axes={axes!r:.40}, supported: [0, 2, 1].")
    return Built(Permute())


def _reshape(layer: LayerConfig) -> Built:
    """To (batch, units) or (batch, steps, units)."""
    _number_of_operands(layer, 1)
    shape = layer.config.get("newshape")
    if not isinstance(shape, list) or len(shape) not in (2, 3) or shape[0] != -1:
        raise layer.refuse(
            f"has the shape {shape!r:.60}, supported: (-1, units), (-1, steps, units)."
        )
    if any(type(n) is not int or not 0 < n <= BOUND for n in shape[1:]):
        raise layer.refuse(f"has the shape {shape!r:.60}, expected whole numbers.")
    return Built(Reshape(shape[-1], shape[1] if len(shape) == 3 else 0))


def _squeeze(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    layer.require("axis", 1, -1, 2, -2, [1], [-1], [2], [-2])
    return Built(Flatten())


def _softmax(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    axis = layer.config.get("axis", -1)
    if type(axis) is not int:
        raise layer.refuse(f"has axis={axis!r:.40}, expected one number.")
    return Built(activation="softmax") if axis == -1 else Built(Softmax(axis))


def _activation(name: str) -> Callable[[LayerConfig], Built]:
    def build(layer: LayerConfig) -> Built:
        _number_of_operands(layer, 1)
        return Built(activation=name)

    return build


def _gelu(layer: LayerConfig) -> Built:
    _number_of_operands(layer, 1)
    return Built(activation="gelu_tanh" if layer.config.get("approximate") else "gelu")


def _number_of_operands(
    layer: LayerConfig, count: int | None = None, *, numbers: bool = False
) -> list[Any]:
    """The operands; None stands for a signal."""
    operands = layer.config.get("operands")
    if not isinstance(operands, list) or (count is not None and len(operands) != count):
        raise layer.refuse(f"is called with {operands!r:.60}, expected {count or 'some'} operands.")
    for value in operands:
        plain = numbers and type(value) in (int, float) and math.isfinite(value)
        if value is not None and not plain:
            raise layer.refuse(f"is called with {value!r:.60}, which is not supported.")
    return operands


def _function(
    name: str, reads: str, build: Callable[[LayerConfig], Built], *, several: bool = False
) -> KerasClass:
    return KerasClass(name=f"{PREFIX}{name}", reads=reads, build=build, several_inputs=several)


_NUMBERS = "of two signals, or of one and a number"

CLASSES = (
    _function("GetItem", "slices: `x[:, -1]`, `x[:, 2:5]`, `x[:, :, :3]`", _get_item),
    _function("Sum", "over time", _over_time(GlobalSumPooling1D)),
    _function("Mean", "over time", _over_time(GlobalAveragePooling1D)),
    _function("Max", "over time", _over_time(lambda: GlobalMaxPooling1D(skip_masked=False))),
    _function("Concatenate", "over the last axis", _joined, several=True),
    _function(
        "Add",
        _NUMBERS,
        _with_number(Add, lambda n: (1, n), lambda n: (1, n)),
        several=True,
    ),
    _function(
        "Subtract",
        _NUMBERS,
        _with_number(Subtract, lambda n: (1, -n), lambda n: (-1, n)),
        several=True,
    ),
    _function(
        "Multiply",
        _NUMBERS + "; attention weights are constants",
        _with_number(Multiply, lambda n: (n, 0), lambda n: (n, 0)),
        several=True,
    ),
    _function(
        "TrueDivide", "by a number", _with_number(None, lambda n: (1 / n, 0), None), several=True
    ),
    _function("Negative", "of one signal", _negative),
    _function("Maximum", "of two signals", _maximum, several=True),
    _function("ExpandDims", "`(units,)` to one step, one number per step to a unit", _expand),
    _function("Squeeze", "an axis of one", _squeeze),
    _function("Transpose", "time and units exchanged, in models of fixed length", _transpose),
    _function("Reshape", "to units, or to steps and units", _reshape),
    _function("Softmax", "over units or time steps", _softmax),
    *(
        _function(name, "element by element", _activation(name.lower()))
        for name in ("Relu", "Tanh", "Sigmoid", "Silu")
    ),
    _function("Gelu", "exact or approximate", _gelu),
)
