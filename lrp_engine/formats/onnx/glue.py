"""ONNX operations between layers: axes, parts, final states. Names change, numbers do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx import attention
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.sizes import axes_of, given
from lrp_engine.formats.onnx.steps import ALL_STEPS, flattened, flattens
from lrp_engine.formats.onnx.values import (
    BATCH,
    END,
    ONE,
    PARTS,
    TIME,
    UNITS,
    Dims,
    Ids,
    Reversed,
    Step,
    Value,
    View,
    Zeros,
    joined,
    numbers,
    reshaped,
    sizes,
)
from lrp_engine.layers import Embedding, Slice, TakeStep

_FLOATS = (1, 10, 11)


def same(partial: PartialGraph, op: Op) -> list[Value]:
    """Identity; Dropout and Cast, which change nothing that counts."""
    value = op.input(0)
    if op.kind == "Cast" and isinstance(value, View) and op.whole("to", 0) not in _FLOATS:
        if value.parts[0].layer is None and value.axes == (BATCH, UNITS):
            return [Ids((BATCH, TIME), value.only)]  # ids that come as other numbers
        raise FormatError("it turns a signal into whole numbers.")
    if op.kind == "Dropout" and op.optional(2) is not None and op.array(2).any():
        raise FormatError("it is set to training; export the model after model.eval().")
    return [value]


def gather(partial: PartialGraph, op: Op) -> list[Value]:
    """The embedding, a state at one time step, one of several parts, one of several sizes."""
    data, axis = op.input(0), op.whole("axis", 0)
    where = op.input(1)
    if isinstance(where, Ids):
        table = op.array(0)
        if axis != 0 or table.ndim != 2:
            raise FormatError(f"it looks ids up in an array of shape {table.shape}, axis {axis}.")
        layer = Embedding(table)
        step = partial.step(op.layer_name(0), layer, where.start, units=table.shape[1])
        return [View((*where.axes, UNITS), (step,))]
    picked = sizes(where)
    if isinstance(data, View):
        return [_picked(partial, data, data.at(axis), numbers(where), drop=picked.scalar)]
    if isinstance(data, Zeros):
        return [data]
    entries = sizes(data).entries
    return [Dims(tuple(_entry(entries, n) for n in numbers(where)), picked.scalar)]


def _entry(entries: tuple[Any, ...], at: int) -> Any:
    if not -len(entries) <= at < len(entries):
        raise FormatError(f"it reads entry {at} of {len(entries)}.")
    return entries[at]


def _picked(
    partial: PartialGraph, data: View, at: int, places: tuple[int, ...], *, drop: bool
) -> View:
    """Parts by number; the first or last time step."""
    axes = data.axes[:at] + data.axes[at + 1 :] if drop else data.axes
    if data.axes[at] == PARTS:
        return View(axes, joined([_entry(data.parts, n) for n in places]))
    if data.axes[at] == TIME and len(places) == 1:
        axes = axes if drop else (*axes[:at], ONE, *axes[at + 1 :])
        return View(axes, tuple(_at(partial, step, places[0]) for step in data.parts))
    if at in data.ones and places in ((0,), (-1,)):
        return View(axes, data.parts)
    raise FormatError(
        f"it takes {list(places)[:5]} of the {data.axes[at]} axis of {data}; of time steps one is "
        "read."
    )


def _at(partial: PartialGraph, step: Step, at: int) -> Step:
    """The final state, or the output at another time step."""
    if at in step.final:
        return step.final[at]
    name = f"{step.name}.{'last_step' if at == -1 else f'step_{at}'}"
    return partial.step(name, TakeStep(at), step, units=step.units)


def slice_(partial: PartialGraph, op: Op) -> list[Value]:
    """Sizes, parts, a first or last time step, the units of one of the signals side by side."""
    data = op.input(0)
    if isinstance(data, Zeros):
        return [data]
    starts, ends = given(op, "starts", 1), given(op, "ends", 2)
    axes = given(op, "axes", 3, tuple(range(len(starts))))
    steps = given(op, "steps", 4, (1,) * len(starts))
    if not len(starts) == len(ends) == len(axes) == len(steps) or set(steps) != {1}:
        raise FormatError("it takes steps other than 1, or its lists differ in length.")
    if isinstance(data, View):
        for start, end, axis in zip(starts, ends, axes, strict=True):
            data = _range(partial, data, data.at(axis), start, end)
        return [data]
    if isinstance(data, Reversed) and len(starts) == 1:  # the last one read is the first of a text
        view, ends_of_text = data.of, {(-1, True): 0, (0, False): -1}
        place = ends_of_text.get((starts[0], ends[0] >= END))
        if place is not None and view.axes[at := view.at(axes[0])] == TIME:
            return [_picked(partial, view, at, (place,), drop=False)]
    if len(starts) != 1 or axes not in ((0,), (-1,)):
        raise FormatError("it cuts a list of sizes along several axes.")
    return [Dims(sizes(data).entries[starts[0] : ends[0]])]


def _range(partial: PartialGraph, data: View, at: int, start: int, end: int) -> View:
    kind = data.axes[at]
    if start == 0 and end >= END:
        return data
    if kind == TIME and (end == start + 1 or (start == -1 and end >= END)):
        return _picked(partial, data, at, (start,), drop=False)
    if kind == PARTS:
        return View(data.axes, joined(data.parts[start:end]))
    if kind == UNITS:
        return data.of(_units(partial, data.only, *slice(start, end).indices(data.units)[:2]))
    raise FormatError(f"it cuts the {kind} axis of {data} from {start} to {end}.")


def _units(partial: PartialGraph, step: Step, start: int, end: int) -> Step:
    """The components that are exactly these units, or a slice of them."""
    at, chosen = 0, []
    for part in step.components or (step,):
        if start <= at and at + part.units <= end:
            chosen.append(part)
        at += part.units
    if not chosen or sum(part.units for part in chosen) != end - start:
        if end <= start:
            raise FormatError(f"it cuts no unit out of {step.name!r:.60}.")
        layer = Slice(-1, start, end)
        return partial.step(f"{step.name}.units", layer, step, units=end - start)
    return partial.side_by_side(joined(chosen))


def split(partial: PartialGraph, op: Op) -> list[Value]:
    """The parts of a signal, or the units of the signals side by side in it."""
    data = op.view()
    at = data.at(op.whole("axis", 0))
    size = {PARTS: len(data.parts), UNITS: data.units}.get(data.axes[at], -1)
    count = len(op.outputs)
    if size < 0 or (size % count and "split" not in op.attributes and op.optional(1) is None):
        raise FormatError(f"it splits the {data.axes[at]} axis of {data} into {count}.")
    lengths = given(op, "split", 1, (size // count,) * count)
    if len(lengths) != count:
        raise FormatError(f"it splits into {len(lengths)} of {count}.")
    ends = np.cumsum(lengths)
    return [
        _range(partial, data, at, int(end) - length, int(end))
        for end, length in zip(ends, lengths, strict=True)
    ]


def concat(partial: PartialGraph, op: Op) -> list[Value]:
    values = [op.input(n) for n in range(len(op.inputs))]
    axis = op.whole("axis", 0)
    views = [value for value in values if isinstance(value, View)]
    if len(values) == 2 and (beside := attention.beside(partial, op)) is not None:
        return [beside]
    if all(isinstance(value, Zeros) for value in values):
        return [values[0]]
    if not views:
        return [Dims(tuple(entry for value in values for entry in sizes(value).entries))]
    first = views[0]
    at = first.at(axis)
    if len(views) != len(values) or any(view.axes != first.axes for view in views):
        raise FormatError(f"it joins {', '.join(map(str, views)):.200} and something else.")
    if first.axes[at] in (PARTS, ONE) and all(view.copies == 1 for view in views):
        named = (*first.axes[:at], PARTS, *first.axes[at + 1 :])
        return [View(named, joined([part for view in views for part in view.parts]))]
    if first.axes[at] == UNITS and PARTS not in first.axes:
        return [first.of(partial.side_by_side(joined([view.only for view in views])))]
    raise FormatError(f"it joins signals over the {first.axes[at]} axis of {first}.")


def transpose(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    if isinstance(value, Reversed):
        order = given(op, "perm", 9, tuple(reversed(range(len(value.of.axes)))))
        return [Reversed(value.of.transposed(order))]
    rank = len(getattr(value, "axes", ()))
    order = given(op, "perm", 9, tuple(reversed(range(rank))))
    if isinstance(value, View):
        return [value.transposed(order)]
    if isinstance(value, Ids) and order == (1, 0):
        return [Ids(value.axes[::-1], value.start)]
    raise FormatError("it reorders axes of something that has none.")


def squeeze(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    if isinstance(value, Zeros):
        return [value]
    if isinstance(value, View | Reversed):
        view = value.of if isinstance(value, Reversed) else value
        axes = given(op, "axes", 1, view.ones)
        for axis in sorted({view.at(axis) for axis in axes}, reverse=True):
            view = view.without(axis)
        return [Reversed(view) if isinstance(value, Reversed) else view]
    dims = sizes(value)
    if len(dims.entries) != 1:
        raise FormatError("it drops an axis that has not length 1.")
    return [Dims(dims.entries, scalar=True)]


def unsqueeze(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    if isinstance(value, Zeros):
        return [value]
    if isinstance(value, View):
        given = axes_of(op)
        rank = len(value.axes) + len(given)
        if rank > 8 or len({axis % rank for axis in given}) != len(given):
            raise FormatError(f"it adds the axes {list(given)[:9]} to {value}.")
        rest = iter(value.axes)
        new = {axis % rank for axis in given}
        return [replace(value, axes=tuple(ONE if n in new else next(rest) for n in range(rank)))]
    return [Dims(sizes(value).entries)]


def reshape(partial: PartialGraph, op: Op) -> list[Value]:
    value = op.input(0)
    if isinstance(value, Zeros):
        return [value]
    if not isinstance(value, View):
        dims = sizes(value)
        if numbers(op.input(1)) in ((-1,), (1,)) and len(dims.entries) == 1:
            return [Dims(dims.entries)]
        raise FormatError("it gives a list of sizes another shape.")
    if op.whole("allowzero", 0) and 0 in sizes(op.input(1)).entries:
        raise FormatError("it makes an empty signal.")
    return [_merged(partial, value, sizes(op.input(1)))]


def _merged(partial: PartialGraph, value: View, target: Dims) -> View:
    try:
        result = reshaped(value, target, partial.static)
    except FormatError:
        if value.axes not in ALL_STEPS or not flattens(partial, value, target):
            raise
        return flattened(partial, value)
    if PARTS in result.axes:
        return result
    return replace(result, parts=single(partial, value).parts)


def flatten(partial: PartialGraph, op: Op) -> list[Value]:
    value = single(partial, op.view())
    if op.whole("axis", 1) == 1 and value.axes in ALL_STEPS:
        one = value.axes.index(UNITS) in value.ones
        return [value.without(value.axes.index(UNITS)) if one else flattened(partial, value)]
    if op.whole("axis", 1) != 1 or value.axes[0] != BATCH or TIME in value.axes:
        raise FormatError(f"it flattens {value}; pool over time first.")
    return [_merged(partial, value, Dims((0, -1)))]
