"""ONNX Add, Sub, Mul, Div and their like: biases, gains, sums, weights; on whatever they read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx import attention, gelu, self_gated, sizes, statistics
from lrp_engine.formats.onnx.attention import Pairs, PairSums, Sums
from lrp_engine.formats.onnx.gelu import Bell
from lrp_engine.formats.onnx.graph import Op, PartialGraph, again, single
from lrp_engine.formats.onnx.statistics import Moment
from lrp_engine.formats.onnx.values import (
    BATCH,
    TIME,
    UNITS,
    Ids,
    Ones,
    OtherIds,
    Value,
    View,
    Zeros,
)
from lrp_engine.formats.onnx.windows import along_units
from lrp_engine.layers import (
    Add,
    AdditiveAttention,
    BatchNormalization,
    Conv1D,
    Dense,
    LayerNormalization,
    Permute,
    Subtract,
)


def arithmetic(partial: PartialGraph, op: Op) -> list[Value]:
    """Add, Sub, Mul, Div."""
    one, two = op.input(0), op.input(1)
    kinds = (Ids, OtherIds, Zeros, Ones)
    if isinstance(one, kinds) or isinstance(two, kinds):
        return [_of_ids(op, one, two)]
    if isinstance(one, Moment) or isinstance(two, Moment):
        return _of_moments(partial, op, one, two)
    if isinstance(one, Pairs) or isinstance(two, Pairs):
        return [_of_pairs(op, one, two)]
    if isinstance(one, Bell) or isinstance(two, Bell):
        return [gelu.arithmetic(partial, op, one, two)]
    for value, other in ((one, two), (two, one)):
        if isinstance(value, PairSums) and isinstance(other, np.ndarray) and op.kind == "Mul":
            return [value.times(other)]
        if isinstance(value, Sums) and isinstance(other, np.ndarray) and op.kind == "Add":
            return [replace(value, states=_plus(partial, op, value.states, other))]
    if isinstance(one, View) and isinstance(two, View):
        return [_of_signals(partial, op, one, two)]
    if isinstance(one, View) and isinstance(two, np.ndarray):
        return [_with_constant(partial, op, one, two)]
    if isinstance(two, View) and isinstance(one, np.ndarray):
        return [_constant_first(partial, op, one, two)]
    return sizes.arithmetic(partial, op)


def _of_ids(op: Op, one: Value, two: Value) -> Value:
    """What Keras makes of ids, so that negative ones count from the end: ours never are."""
    if op.kind == "Mul":
        for value, other in ((one, two), (two, one)):
            if isinstance(value, Zeros):
                return value
            if isinstance(value, Ones):
                return other
    if op.kind == "Add":
        for value, other in ((one, two), (two, one)):
            if isinstance(value, Zeros):
                return other
            if isinstance(value, Ids) and isinstance(other, np.ndarray):
                return OtherIds()
    raise FormatError("it computes with token ids.")


def less(partial: PartialGraph, op: Op) -> list[Value]:
    """Whether ids are negative, which none is."""
    zero = op.input(1)
    if isinstance(op.input(0), Ids) and isinstance(zero, np.ndarray) and not (zero > 0).any():
        return [Zeros()]
    raise FormatError("it compares something else than token ids with 0.")


def negation(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    if isinstance(value, Zeros):
        return [Ones()]
    if isinstance(value, Ones):
        return [Zeros()]
    raise FormatError("it negates something that depends on the text.")


def where(partial: PartialGraph, op: Op) -> list[Value]:
    """One of two, where it is known which."""
    condition = op.input(0)
    if isinstance(condition, Zeros):
        return [op.input(2)]
    if isinstance(condition, Ones):
        return [op.input(1)]
    raise FormatError("it chooses by something that depends on the text.")


def unary(partial: PartialGraph, op: Op) -> list[Value]:
    """Neg, Sqrt, Reciprocal, Pow: of statistics; the negative of a signal."""
    value = op.input(0)
    if isinstance(value, Moment):
        if op.kind == "Pow":
            power = op.array(1)
            if power.size != 1 or power.reshape(-1)[0] not in (2, 0.5):
                raise FormatError("it takes another power than 2 or a half.")
            two = power.reshape(-1)[0] == 2
            return [statistics.squared(value) if two else statistics.root(value)]
        return [{"Neg": statistics.negative, "Sqrt": statistics.root,
                 "Reciprocal": statistics.inverse}[op.kind](value)]  # fmt: skip
    if isinstance(value, View) and op.kind == "Neg":
        return [_times(partial, op, value, np.array([-1.0]))]
    raise FormatError("it is no part of a normalization.")


def _of_moments(partial: PartialGraph, op: Op, one: Value, two: Value) -> list[Value]:
    kind = op.kind
    if kind == "Div":
        if not isinstance(two, Moment):
            raise FormatError("it divides statistics by something else.")
        two, kind = statistics.inverse(two), "Mul"
    if kind == "Sub":
        if isinstance(two, np.ndarray):
            two = -two
        elif isinstance(two, Moment):
            two = statistics.negative(two)
        else:
            raise FormatError("it subtracts a signal from its statistics.")
        kind = "Add"
    if isinstance(one, Moment) and isinstance(two, np.ndarray):
        return [statistics.with_constant(one, two, kind)]
    if isinstance(two, Moment) and isinstance(one, np.ndarray):
        return [statistics.with_constant(two, one, kind)]
    return statistics.together(partial, op, one, two, kind)


def _of_pairs(op: Op, one: Value, two: Value) -> Value:
    pairs, factor = (one, two) if isinstance(one, Pairs) else (two, one)
    if (
        isinstance(factor, np.ndarray)
        and factor.size == 1
        and isinstance(pairs, Pairs)
        and not pairs.soft
        and pairs.v is None
        and (by := op.factor(factor, divides=pairs is one)) is not None
    ):
        return replace(pairs, scale=pairs.scale * by)
    raise FormatError("it computes with scores of pairs of states; a factor is read.")


def _of_signals(partial: PartialGraph, op: Op, one: View, two: View) -> Value:
    if op.kind == "Mul":
        whole = self_gated.product(partial, op, one, two)
        return attention.product(partial, op, one, two) if whole is None else whole
    if op.kind == "Div":
        raise FormatError("it divides one signal by another.")
    if op.kind == "Add" and (found := attention.sums(partial, one, two)) is not None:
        return found
    one, two = single(partial, one), single(partial, two)
    if one.axes != two.axes or one.units != two.units:
        raise FormatError(f"it adds {one} and {two}, expected two of one shape.")
    layer = Add() if op.kind == "Add" else Subtract()
    return one.of(partial.step(op.layer_name(), layer, one.only, two.only, units=one.units))


def _constant_first(partial: PartialGraph, op: Op, array: np.ndarray, view: View) -> View:
    if op.kind == "Div":
        raise FormatError("it divides a constant by a signal.")
    if op.kind == "Sub":
        return _plus(partial, op, _times(partial, op, view, np.array([-1.0])), array)
    return _with_constant(partial, op, view, array)


def _with_constant(partial: PartialGraph, op: Op, view: View, array: np.ndarray) -> View:
    if op.kind == "Add":
        return _plus(partial, op, view, array)
    if op.kind == "Sub":
        return _plus(partial, op, view, -array)
    with np.errstate(all="ignore"):  # not finite: reported where the network is made
        return _times(partial, op, view, array if op.kind == "Mul" else 1 / array)


def _plus(partial: PartialGraph, op: Op, view: View, array: np.ndarray) -> View:
    """A bias of the layer before, where it has room for one, or a layer of its own."""
    view = single(partial, view)
    step = view.only
    layer = step.layer
    if isinstance(layer, Permute) and view.axes[-1] == TIME and array.shape[-1:] == (array.size,):
        return _by_step(partial, view, array.reshape(-1))
    offset = along_units(view, array)
    if isinstance(layer, AdditiveAttention) and step.problem:
        return view  # a score, whose softmax is the same with a constant
    if isinstance(layer, Dense | Conv1D) and layer.activation == "linear":
        bias = offset if layer.bias is None else layer.bias + offset
        return again(partial, view, replace(layer, bias=bias))
    if isinstance(layer, BatchNormalization | LayerNormalization) and layer.beta is None:
        return again(partial, view, replace(layer, beta=offset))
    return _scaled(partial, op, view, None, offset)


def _by_step(partial: PartialGraph, view: View, bias: np.ndarray) -> View:
    """A bias for each step, of a sum across all steps."""
    turned = view.only
    dense = turned.inputs[0]
    layer = dense.layer
    sums = isinstance(layer, Dense) and layer.bias is None and view.axes == (BATCH, UNITS, TIME)
    if not sums or bias.shape != (dense.units,):
        raise FormatError(f"it adds {len(bias)} numbers along the time axis of {view}.")
    assert isinstance(layer, Dense)
    step = partial.step(dense.name, replace(layer, bias=bias), *dense.inputs, units=dense.units)
    return view.of(partial.step(turned.name, Permute(), step, units=turned.units))


def _times(partial: PartialGraph, op: Op, view: View, array: np.ndarray) -> View:
    view = single(partial, view)
    layer, factor = view.only.layer, along_units(view, array)
    if array.size == 1 and (found := attention.scaled(partial, view, float(factor[0]))) is not None:
        return found
    if isinstance(layer, LayerNormalization) and layer.gamma is None and layer.beta is None:
        return again(partial, view, replace(layer, gamma=factor))
    return _scaled(partial, op, view, factor, None)


def _scaled(
    partial: PartialGraph,
    op: Op,
    view: View,
    gain: np.ndarray | None,
    offset: np.ndarray | None,
) -> View:
    """Each unit times a number, plus a number: what is left of a BatchNormalization."""
    units = view.units
    layer = BatchNormalization(np.zeros(units), np.ones(units), gain, offset, 0.0)
    return view.of(partial.step(op.layer_name(), layer, view.only, units=units))
