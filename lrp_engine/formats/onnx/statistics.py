"""Normalization over units, as exporters write it out: means, variances and what is made of them.

    y = g (x - mean) / std + b,   or   x (g / std) + (b - mean (g / std))

Each step of it is a `Moment` of a signal x, until a `LayerNormalization` is complete.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.graph import Op, PartialGraph
from lrp_engine.formats.onnx.values import UNITS, Special, Value, View
from lrp_engine.layers import LayerNormalization


@dataclass(frozen=True, eq=False)
class Moment(Special):
    """(a x + c mean) g / std + b, or with a "power" a spread of x around its mean.

    Attributes:
        of: the signal x.
        x, mean: the factors a and c.
        scaled: whether it is divided by the standard deviation.
        power: "" for the above; "squares" (x - mean)², "variance", "deviation", or "inverse" of it.
        gain, offset: g and b, (units,); None for 1 and 0.
        epsilon: added to the variance.
    """

    title = "a part of a normalization"

    of: View
    x: int = 0
    mean: int = 0
    scaled: bool = False
    power: str = ""
    gain: np.ndarray | None = None
    offset: np.ndarray | None = None
    epsilon: float = 0.0

    @property
    def centered(self) -> bool:
        return (self.x, self.mean, self.power, self.scaled) == (1, -1, "", False)


def mean(partial: PartialGraph, op: Op, axes: tuple[int, ...]) -> list[Value] | None:
    """Of a signal over its units, or of squares; None for another axis."""
    value = op.input(0)
    view = value.of if isinstance(value, Moment) else value
    if not isinstance(view, View) or len(axes) != 1 or view.axes[view.at(axes[0])] != UNITS:
        return None
    if isinstance(value, View):
        return [Moment(value, mean=1)]
    if value.power != "squares":  # type: ignore[union-attr]
        raise FormatError("it takes a mean of a part of a normalization.")
    return [replace(value, power="variance")]  # type: ignore[type-var]


def negative(value: Moment) -> Moment:
    if value.power or value.offset is not None:
        raise FormatError("it turns a spread around.")
    return replace(value, x=-value.x, mean=-value.mean)


def squared(value: Moment) -> Moment:
    if not value.centered:
        raise FormatError("it squares something else than a distance from the mean.")
    return replace(value, power="squares")


def root(value: Moment) -> Moment:
    if value.power != "variance":
        raise FormatError("it takes the root of no variance.")
    return replace(value, power="deviation")


def inverse(value: Moment) -> Moment:
    if value.power != "deviation":
        raise FormatError("it takes the inverse of no deviation.")
    return replace(value, power="inverse")


def with_constant(value: Moment, array: np.ndarray, kind: str) -> Moment:
    """Plus or times a constant: an epsilon, a gain, an offset."""
    if kind == "Add" and value.power == "variance" and array.size == 1:
        return replace(value, epsilon=value.epsilon + float(array.reshape(-1)[0]))
    units = _row(value, array)
    if kind == "Mul" and value.power in ("inverse", "") and value.offset is None:
        return replace(value, gain=units if value.gain is None else value.gain * units)
    if kind == "Add" and not value.power and value.scaled:
        return replace(value, offset=units if value.offset is None else value.offset + units)
    raise FormatError("it computes with a constant in a way that no normalization does.")


def _row(value: Moment, array: np.ndarray) -> np.ndarray:
    units = value.of.units
    if array.size not in (1, units) or (array.size > 1 and max(array.shape) != array.size):
        raise FormatError(f"its constant has shape {array.shape}, expected {units} units.")
    return np.broadcast_to(array.reshape(-1), (units,))


def together(partial: PartialGraph, op: Op, one: Value, two: Value, kind: str) -> list[Value]:
    """A sum or product of two of them, or of one with its signal."""
    moments = [_as_moment(value, other) for value, other in ((one, two), (two, one))]
    a, b = moments
    if a is None or b is None or a.of.only is not b.of.only:
        raise FormatError("it joins statistics of one signal with another signal.")
    if kind == "Mul" and a.centered and b.centered and a.gain is b.gain is None:
        return [squared(a)]
    if kind == "Mul":
        a, b = (a, b) if b.power == "inverse" else (b, a)
        if b.power == "inverse" and not a.power and not a.scaled and a.offset is None:
            gain = b.gain if a.gain is None else a.gain if b.gain is None else a.gain * b.gain
            return [_finished(partial, op, replace(a, scaled=True, gain=gain, epsilon=b.epsilon))]
    if kind == "Add" and not a.power and not b.power and a.scaled == b.scaled:
        same = a.gain is b.gain or (
            a.gain is not None and b.gain is not None and np.array_equal(a.gain, b.gain)
        )
        if same and a.epsilon == b.epsilon and (a.offset is None or b.offset is None):
            offset = b.offset if a.offset is None else a.offset
            joined = replace(a, x=a.x + b.x, mean=a.mean + b.mean, offset=offset)
            return [_finished(partial, op, joined)]
    raise FormatError("it computes with statistics in a way that no normalization does.")


def _as_moment(value: Value, other: Value) -> Moment | None:
    if isinstance(value, Moment):
        return value
    return Moment(value, x=1) if isinstance(value, View) else None


def _finished(partial: PartialGraph, op: Op, value: Moment) -> Value:
    """The layer, where everything is there."""
    if not value.scaled or (value.x, value.mean) != (1, -1):
        return value
    layer = LayerNormalization(value.gain, value.offset, value.epsilon)
    step = partial.step(op.layer_name(), layer, value.of.only, units=value.of.units)
    return value.of.of(step)
