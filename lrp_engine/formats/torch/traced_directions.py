"""Which part of a recurrent layer's states goes on: one step, one direction, the final ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp_engine.formats.torch.traced import Step
from lrp_engine.formats.torch.traced_shapes import unsqueezed
from lrp_engine.formats.torch.traced_values import (
    ASIDE,
    Reading,
    Value,
    argument,
    axis_of,
    first,
    pooled,
)

_WHOLE = slice(None, None, None)
DIRECTIONS = {"sum": "sum", "mean": "mean"}


def getitem(reading: Reading, step: Step) -> Value | None:
    x, at = first(reading, step), step.args[1]
    if x.kind == "pair" and at == 0:
        return replace(x, kind="vector")
    if x.kind == "rnn":
        if at == 0:
            return replace(x, kind="steps", layer="")
        is_lstm = reading.trace.parts[x.layer].kind == "LSTM"
        return replace(x, kind="final") if is_lstm else _final(reading, x)
    if x.kind == "final":
        return _final(reading, x) if at == 0 else replace(x, kind="cells")
    if x.kind == "packed":
        return replace(x, kind="steps", layer="") if at == 0 else ASIDE
    if x.kind == "halves" and at in (0, 1, -1, -2):
        return replace(x, kind="half", at=at % 2)
    if x.kind in ("h", "top"):
        return _of_final(reading, x, at)
    if x.kind in ("steps", "vector", "weights", "half", "parameter"):
        return _indexed(reading, x, at)
    return None


def _final(reading: Reading, x: Value) -> Value:
    """The final states (layers x directions, B, units)."""
    layers = reading.trace.parts[x.layer].options.get("num_layers", 1)
    if layers > 1:
        return replace(x, kind="h", axes="DBE")
    if reading.directions(x.layer) == 1:
        return Value("vector", (*x.order, "last"), "1BE")
    return replace(x, kind="top", axes="DBE")


def _of_final(reading: Reading, x: Value, at: Any) -> Value | None:
    """Some of the final states: of the last layer."""
    directions = reading.directions(x.layer)
    layers = reading.trace.parts[x.layer].options.get("num_layers", 1)
    if x.axes == "LDBE":
        return replace(x, kind="top", axes="DBE") if at in (-1, layers - 1) else None
    count = directions if x.kind == "top" else directions * layers
    if isinstance(at, tuple) and x.axes[:1] == "B":  # (B, D, E)[:, n]
        whole = len(at) in (2, 3) and (at[0], *at[2:]) in ((_WHOLE,), (_WHOLE, _WHOLE))
        at = at[1] if whole and x.axes == "BDE" else None
    elif isinstance(at, tuple):
        at = at[0] if at and all(one == _WHOLE for one in at[1:]) else None
    if isinstance(at, slice):
        start = at.start if at.start is None or at.start >= 0 else count + at.start
        last = start == count - directions and at.stop in (None, count) and at.step in (None, 1)
        if not last or x.axes != "DBE":
            return None
        if directions == 1:
            return Value("vector", (*x.order, "last"), "1BE")
        return replace(x, kind="top")
    if type(at) is not int or not -count <= at < count or x.axes not in ("DBE", "BDE"):
        return None
    place = at % count - (count - directions)
    if place < 0:
        return None  # of a layer below
    if directions == 1:
        return Value("vector", (*x.order, "last"), "BE")
    return replace(x, kind="half", at=place, axes="BE")


def _indexed(reading: Reading, x: Value, at: Any) -> Value | None:
    """`x[:, -1]`, `x[..., :H]`, `x[:, None]`: one step, one direction, another axis."""
    indices = [*at] if isinstance(at, tuple) else [at]
    if sum(one is Ellipsis for one in indices) == 1:
        here = next(n for n, one in enumerate(indices) if one is Ellipsis)
        missing = len(x.axes) - sum(one is not None for one in indices) + 1
        indices[here : here + 1] = [_WHOLE] * missing
    place = 0
    for one in indices:
        if one is None:
            x = replace(x, axes=unsqueezed(x.axes, place))
            place += 1
            continue
        letter = x.axes[place : place + 1]
        if one == _WHOLE and letter:
            place += 1
            continue
        rest = x.axes[:place] + x.axes[place + 1 :]
        made: Value | None = None
        if letter == "1" and isinstance(one, slice) and one.indices(1) == (0, 1, 1):
            place += 1
            continue
        if letter == "1" and one in (0, -1):
            made = replace(x, axes=rest)
        elif letter == "D" and x.kind == "steps" and one in (0, 1, -1, -2):
            made = replace(x, kind="half", at=one % 2, axes=rest)
        elif letter == "E" and isinstance(one, slice):
            made, place = _direction(reading, x, one), place + 1
        elif letter == "T" and one in (0, -1):
            made = _step(x, one, rest)
        if made is None:
            return None
        x = made
    return x


def _step(x: Value, at: int, rest: str) -> Value | None:
    """One step; of one direction the one that it reads last is its final state."""
    if x.kind == "half":
        return replace(x, axes=rest) if at == (-1, 0)[x.at] else None
    if x.kind == "vector" and x.layer:  # a half of it follows
        return None
    plain = x.kind == "steps" and x.score is None
    return pooled(x, "last_step" if at == -1 else "first_step", rest) if plain else None


def _direction(reading: Reading, x: Value, part: slice) -> Value | None:
    """`x[..., :H]` or `x[..., H:]` of both directions."""
    step = x.order[-1] if x.order and x.kind == "vector" else ""
    layer = x.order[-2:-1] if step in ("last_step", "first_step") else x.order[-1:]
    name = layer[0] if layer and isinstance(layer[0], str) else ""
    options = reading.trace.parts[name].options if name in reading.trace.parts else {}
    units = options.get("hidden_size")
    if not options.get("bidirectional") or not units or part.step not in (None, 1):
        return None
    bounds = part.indices(2 * units)[:2]
    if bounds not in ((0, units), (units, 2 * units)):
        return None
    at = int(bounds[0] > 0)
    if x.kind == "steps":
        return replace(x, kind="half", layer=name, at=at)
    if step != ("last_step", "first_step")[at]:
        return None
    return Value("half", x.order[:-1], x.axes, layer=name, at=at)


def split(reading: Reading, step: Step) -> Value | None:
    """`x.chunk(2, dim=-1)`, `x.split(H, dim=-1)`: both directions."""
    x, size = first(reading, step), argument(step, 1, "chunks", "split_size")
    name = reading.last_recurrent(x)
    if not name or reading.directions(name) != 2:
        return None
    units = reading.trace.parts[name].options.get("hidden_size")
    fits = size == 2 if step.target in ("chunk", "tensor_split") else size in (units, (units,) * 2)
    if not fits or axis_of(x, argument(step, 2, "dim")) != "E":
        return None
    return replace(x, kind="halves", layer=name)


def joined_directions(reading: Reading, values: list[Value], how: str) -> Value | None:
    """Both directions of one layer as one: "sum" or "mean"."""
    if {value.kind for value in values} != {"half"} or len(values) != 2:
        return None
    one, other = values
    if (one.layer, one.axes) != (other.layer, other.axes) or {one.at, other.at} != {0, 1}:
        return None
    return _as_one(reading, one, how)


def _as_one(reading: Reading, x: Value, how: str) -> Value:
    reading.says("directions", how)
    order = x.order if "T" in x.axes else (*x.order, "last")
    return Value("steps" if "T" in x.axes else "vector", order, x.axes, layer=x.layer)


def halved(reading: Reading, x: Value) -> Value | None:
    """`(forward + backward) / 2`."""
    at_once = x.order[-1:] == (x.layer,) or x.order[-2:] == (x.layer, "last")
    if not at_once or reading.spec.get("directions") != "sum":
        return None
    reading.spec["directions"] = "mean"
    return replace(x, layer="")


def over_directions(reading: Reading, x: Value, dim: Any, how: str) -> Value | None:
    """`h.sum(0)` of final states (D, B, E), or of states (B, T, D, E)."""
    if axis_of(x, dim) != "D" or how not in DIRECTIONS or x.kind not in ("top", "steps"):
        return None
    at = (dim[0] if isinstance(dim, tuple) else dim) % len(x.axes)
    return _as_one(reading, replace(x, axes=x.axes[:at] + x.axes[at + 1 :]), how)
