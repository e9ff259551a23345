"""Activations that exporters write out as a product of a signal and a function of it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from lrp_engine.formats.onnx.gelu import activated
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.values import Step, View
from lrp_engine.layers import Activation, BatchNormalization, Conv1D, Dense

# What is done to x, the last one first -> the activation that x times the result is.
_PRODUCTS = {
    ("sigmoid",): "silu",
    ("hard_sigmoid",): "hard_silu",
    ("times 0.1667", "relu6", "plus 3"): "hard_silu",
    ("tanh", "softplus"): "mish",
}
_LONGEST = max(map(len, _PRODUCTS))


def product(partial: PartialGraph, op: Op, one: View, two: View) -> View | None:
    """The activation that a product is; None where the factors are not of one signal."""
    one, two = single(partial, one), single(partial, two)
    if one.axes != two.axes:
        return None
    for signal, other in ((one, two), (two, one)):
        name = _PRODUCTS.get(_done(other.only, signal.only))
        if name is not None:
            return activated(partial, op, signal, name)
    return None


def _done(step: Step, x: Step) -> tuple[str, ...]:
    """What a step makes of x, the last one first; () where it is not made of x alone."""
    done: list[str] = []
    while step is not x and len(done) <= _LONGEST:
        layer = step.layer
        if isinstance(layer, Activation):
            done.append(layer.activation)
            step = step.inputs[0]
        elif isinstance(layer, BatchNormalization):
            told = _number(layer)
            if told is None:
                return ()
            done += told
            step = step.inputs[0]
        elif isinstance(layer, Dense | Conv1D):  # what comes behind a layer became part of it
            added = _added(step, x)
            if added is None:
                return ()
            linear = layer.activation == "linear"
            return (*done, *(() if linear else (layer.activation,)), *added)
        else:
            return ()
    return tuple(done) if step is x else ()


def _number(layer: BatchNormalization) -> list[str] | None:
    """A factor or a summand that is the same for all units; None for another normalization."""
    if layer.mean.any() or (layer.variance != 1).any() or layer.epsilon:
        return None
    told = []
    for word, array, nothing in (("plus", layer.beta, 0.0), ("times", layer.gamma, 1.0)):
        if array is not None and not np.allclose(array, array[0]):
            return None
        if array is not None and array[0] != nothing:
            told.append(f"{word} {array[0]:.4g}")
    return told


def _added(step: Step, x: Step) -> tuple[str, ...] | None:
    """What a step's bias has more than that of x, which is otherwise the same but for what is done
    to its result; None for another layer.
    """
    one, two = step.layer, x.layer
    if type(one) is not type(two) or two.activation != "linear" or step.inputs != x.inputs:  # type: ignore[union-attr]
        return None
    for item in fields(one):  # type: ignore[arg-type]
        a, b = getattr(one, item.name), getattr(two, item.name)
        if item.name in ("activation", "bias") or a is b:
            continue
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) or a != b:
            return None
    biases = [np.zeros(1) if layer.bias is None else layer.bias for layer in (one, two)]  # type: ignore[union-attr]
    more = np.asarray(biases[0] - biases[1], "float64").reshape(-1)
    if not np.allclose(more, more[0], atol=1e-5):
        return None
    return () if abs(more[0]) < 1e-5 else (f"plus {more[0]:.4g}",)
