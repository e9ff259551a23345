"""GELU as exporters write it out, by the error function: x/2 (1 + erf(x / sqrt 2))."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.graph import Op, PartialGraph, again, single
from lrp_engine.formats.onnx.values import Special, Step, Value, View
from lrp_engine.layers import Activation, BatchNormalization, Conv1D, Dense

_ROOT = 0.5**0.5


@dataclass(frozen=True, eq=False)
class Bell(Special):
    """factor (1 + erf(x / sqrt 2)), or erf(x / sqrt 2) alone, perhaps times x.

    Attributes:
        of: the signal x.
        whole: whether the 1 is there.
        times: whether it is multiplied by x.
    """

    title = "an error function"

    of: View
    factor: float = 1.0
    whole: bool = False
    times: bool = False


def activated(partial: PartialGraph, op: Op, x: View, name: str) -> View:
    """Joins the dense layer or convolution before it, else stands alone."""
    before = x.only
    if isinstance(before.layer, Dense | Conv1D) and before.layer.activation == "linear":
        return again(partial, x, replace(before.layer, activation=name))
    return x.of(partial.step(op.layer_name(), Activation(name), before, units=before.units))


def unscaled(step: Step) -> tuple[Step, float]:
    """x and c of a step that gives c x, one number for all units; itself and 1 of another step."""
    layer = step.layer
    if not isinstance(layer, BatchNormalization) or layer.gamma is None or layer.beta is not None:
        return step, 1.0
    gains = np.unique(layer.gamma)
    usual = not layer.mean.any() and (layer.variance == 1).all() and layer.epsilon == 0
    if not usual or len(gains) != 1:
        return step, 1.0
    x, factor = unscaled(step.inputs[0])
    return x, factor * float(gains[0])


def error_function(partial: PartialGraph, op: Op) -> list[Value]:
    """Erf(x / sqrt 2), or Erfc(-x / sqrt 2), which is one more."""
    view = single(partial, op.view())
    sign, (x, factor) = (-1 if op.kind == "Erfc" else 1), unscaled(view.only)
    if not np.isclose(sign * factor, _ROOT, atol=1e-4):
        raise FormatError("it reads something else than x / sqrt(2), as in a GELU.")
    return [Bell(view.of(x), whole=op.kind == "Erfc")]


def arithmetic(partial: PartialGraph, op: Op, one: Value, two: Value) -> Value:
    """Plus 1, times a half, times x or x / 2, in any order."""
    bell, other = (one, two) if isinstance(one, Bell) else (two, one)
    assert isinstance(bell, Bell)
    found: Bell | None = None
    if isinstance(other, np.ndarray):
        number = other.size == 1
        if number and op.kind == "Add" and not bell.whole and np.all(other == 1):
            found = replace(bell, whole=True)
        elif number and bell.whole and (by := op.factor(other, divides=bell is one)) is not None:
            found = replace(bell, factor=bell.factor * by)
    elif isinstance(other, View) and op.kind == "Mul" and bell.whole and not bell.times:
        x, by_x = unscaled(single(partial, other).only)
        if x is bell.of.only:
            found = replace(bell, times=True, factor=bell.factor * by_x)
    if found is None:
        raise FormatError("it computes with an error function otherwise than a GELU does.")
    if found.times and np.isclose(found.factor, 0.5):
        return activated(partial, op, found.of, "gelu")
    return found
