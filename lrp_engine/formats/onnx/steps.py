"""ONNX operations on a whole time axis: all steps in one row, in reverse, a row at every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx import sizes as sizes_of
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.values import (
    BATCH,
    ONE,
    TIME,
    UNITS,
    Dims,
    Reversed,
    Value,
    View,
    Zeros,
    sizes,
)
from lrp_engine.layers import Flatten, Permute

ALL_STEPS = (BATCH, TIME, UNITS), (BATCH, UNITS, TIME)


def flattens(partial: PartialGraph, value: View, target: Dims) -> bool:
    """Whether a shape is that of all numbers of a text in one row."""
    if len(target.entries) != 2:
        return False
    texts, numbers = target.entries
    length = partial.length(value.only)
    of_texts = texts in (0, BATCH) or texts in (-1, partial.static.get(BATCH))
    whole = length is not None and numbers == length * value.units
    return of_texts and (whole or (numbers == -1 and texts != -1))


def flattened(partial: PartialGraph, value: View) -> View:
    """All numbers of a text in one row, in the order of the axes."""
    step = value.only
    length = partial.length(step)
    if length is None:
        raise FormatError(
            f"it flattens {value}, but texts differ in length; export the model with an input of "
            "a fixed number of steps, or pool over time. Of a Keras model give the .keras file "
            "itself."
        )
    units = length * value.units if value.units > 0 else -1
    if value.axes == (BATCH, UNITS, TIME):
        step = partial.step(f"{step.name}.turned", Permute(), step, units=length)
    step = partial.step(f"{step.name}.flat", Flatten(), step, units=units)
    return View((BATCH, UNITS), (step,))


def reverse(partial: PartialGraph, op: Op) -> list[Value]:
    """All steps of every text in reverse order, for a layer that reads backwards; and back."""
    value, lengths = op.input(0), op.input(1)
    view = value.of if isinstance(value, Reversed) else single(partial, op.view())
    every = isinstance(lengths, Dims) and lengths.entries == (TIME,)
    if isinstance(lengths, np.ndarray):
        every = lengths.size > 0 and (lengths == partial.length(view.only)).all()
    if not every or view.axes[view.at(op.whole("time_axis", 0))] != TIME:
        raise FormatError(
            "it turns around something else than all steps of every text. Of a Keras model give "
            "the .keras file itself."
        )
    return [view if isinstance(value, Reversed) else Reversed(view)]


def tile(partial: PartialGraph, op: Op) -> list[Value]:
    """A row again and again, which products and sums do by themselves."""
    value = op.input(0)
    if isinstance(value, Zeros):
        return [value]
    view, times = single(partial, op.view()), sizes(op.input(1)).entries
    if len(times) != len(view.axes):
        raise FormatError(f"it repeats {view} {[*times][:9]} times, expected a number per axis.")
    if any(count != 1 and at not in view.ones for at, count in enumerate(times)):
        raise FormatError(f"it repeats {view} along an axis that is longer than 1.")
    return [_copied(view, times)]


def expand(partial: PartialGraph, op: Op) -> list[Value]:
    """As `tile`, by the shape of the result; zeros, as exporters make initial states.

    Also the number of all steps, once for each text.
    """
    value, target = op.input(0), op.input(1)
    if isinstance(value, Dims) and value.entries == (TIME,):
        return [value]
    if not isinstance(value, View):
        return sizes_of.zeros(partial, op)
    known = isinstance(target, Dims | np.ndarray) and len(sizes(target).entries) == len(value.axes)
    return [_copied(value, sizes(target).entries) if known else value]


def _copied(view: View, times: tuple[Any, ...]) -> View:
    """Noted for who needs as many rows; see `recurrent`."""
    counts = [n for axis, n in zip(view.axes, times, strict=True) if axis == ONE and n != 1]
    many = len(counts) == 1 and isinstance(counts[0], int) and counts[0] > 1
    return replace(view, copies=counts[0]) if many else view
