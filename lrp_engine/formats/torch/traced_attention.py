"""Attention in a traced PyTorch module: products, a softmax over time, a weighted sum of states."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.formats.torch.attention_options import CONTEXT, QUERIES, QUERY
from lrp_engine.formats.torch.traced import Step
from lrp_engine.formats.torch.traced_directions import halved
from lrp_engine.formats.torch.traced_score import Score
from lrp_engine.formats.torch.traced_values import (
    ATTENTION,
    FUNCTIONS,
    Reading,
    Value,
    argument,
    axis_of,
    first,
)

_NEVER = -1e4  # a score from here on down is that of a word that does not exist


def multiplied(reading: Reading, step: Step) -> Value | None:
    """`a * b`, element by element; a mask changes nothing where every word exists."""
    a, b = (reading.value(one) for one in step.args[:2])
    for x, other, given in ((a, b, step.args[1]), (b, a, step.args[0])):
        if other.kind == "aside":
            if other.layer == "mask" and x.kind in ("steps", "weights", "product"):
                return x
            return _scaled(reading, x, other, given, inverse=True)
    axes = _broadcast(a.axes, b.axes)
    if axes is None or a.kind == "aside":
        return None
    return Value("product", axes=axes, factors=(a, b))


def divided(reading: Reading, step: Step) -> Value | None:
    """`scores / math.sqrt(units)`; `states.sum(1) / lengths`, which is their mean."""
    x, by = (reading.value(one) for one in step.args[:2])
    if by.layer == "mask" and x.kind == "vector" and x.order[-1:] == ("sum",):
        return replace(x, order=(*x.order[:-1], "mean"))
    if step.args[1] == 2 and x.layer:
        return halved(reading, x)
    return _scaled(reading, x, by, step.args[1], inverse=False)


def _scaled(reading: Reading, x: Value, by: Value, given: Any, *, inverse: bool) -> Value | None:
    score = x.score
    if score is None or by.kind != "aside" or score.kind == "additive" or score.scaled:
        return None
    units = _units(reading, score)
    wanted = units**-0.5 if inverse else units**0.5
    number = isinstance(given, int | float) and math.isclose(given, wanted, rel_tol=1e-6)
    if number or by.layer == ("inverse root" if inverse else "root"):
        return replace(x, score=replace(score, scaled=True))
    return None


def _units(reading: Reading, score: Score) -> int:
    name = score.states[-1] if score.states else ""
    if not isinstance(name, str) or name not in reading.trace.parts:
        return 0
    options = reading.trace.parts[name].options
    both = reading.directions(name) if reading.spec.get("directions") is None else 1
    return int(options.get("hidden_size", 0)) * both or 1


def _broadcast(a: str, b: str) -> str | None:
    width = max(len(a), len(b))
    a, b = a.rjust(width, "1"), b.rjust(width, "1")
    fits = all(one == other or "1" in (one, other) for one, other in zip(a, b, strict=True))
    return "".join(o if n == "1" else n for n, o in zip(a, b, strict=True)) if fits else None


def matmul(reading: Reading, step: Step) -> Value | None:
    a, b = (reading.value(one) for one in step.args[:2])
    if not a.axes or not b.axes:
        return None
    vector = len(b.axes) == 1
    inner = b.axes if vector else b.axes[-2]
    if a.axes[-1] != inner:
        return None
    axes = a.axes[:-1] + ("" if vector else b.axes[-1])
    return contracted(reading, (a, b), inner, axes)


def einsum(reading: Reading, step: Step) -> Value | None:
    """Of two, with one letter summed over."""
    equation = step.args[0] if step.args else ""
    given = step.args[1] if len(step.args) == 2 else step.args[1:]
    if not isinstance(equation, str) or not isinstance(given, tuple) or len(given) != 2:
        return None
    factors = (reading.value(given[0]), reading.value(given[1]))
    inputs, _, output = equation.replace(" ", "").partition("->")
    names: dict[str, str] = {}
    for letters, x in zip(inputs.split(","), factors, strict=False):
        if len(letters) != len(x.axes):
            return None
        for letter, axis in zip(letters, x.axes, strict=True):
            if names.setdefault(letter, axis) != axis:
                return None
    gone = [letter for letter in names if letter not in output]
    if len(gone) != 1 or not {*output} <= {*names}:
        return None
    return contracted(reading, factors, names[gone[0]], "".join(names[one] for one in output))


def contracted(
    reading: Reading, factors: tuple[Value, ...], letter: str, axes: str
) -> Value | None:
    """The sum of a product over an axis: a score of the states, or the states by their weights."""
    kinds = {x.kind: x for x in factors}
    if letter == "T" and {*kinds} == {"weights", "steps"}:
        return _context(reading, kinds["weights"], kinds["steps"], axes)
    if letter != "E":
        return None
    if {*kinds} == {"parameter", "steps"}:
        return replace(kinds["steps"].then(kinds["parameter"].order[0]), axes=axes)
    if {*kinds} == {"vector", "steps"} and kinds["steps"].score is None:
        compared = _compared(kinds["steps"], kinds["vector"])
        if compared is None:
            return None
        states, query, W, U = compared
        if len(W) + len(U) > 1:
            return None
        kind = "multiplicative" if W or U else "dot"
        on = "query" if U else "states"
        score = Score(kind=kind, states=states, query=query, layers=W + U, on=on)
        return Value("steps", states, axes, score=score)
    return None


def _compared(
    x: Value, query: Value
) -> tuple[tuple[Any, ...], str, tuple[str, ...], tuple[str, ...]] | None:
    """The states, which of them is the query, and the layers that either went through."""
    places = [n for n, entry in enumerate(query.order) if entry in QUERIES]
    if not places:
        return None
    at = places[-1]
    states = query.order[:at]
    if x.order[:at] != states:
        return None
    through = x.order[at:], query.order[at + 1 :]
    acts = {*FUNCTIONS.values()}
    if any(not isinstance(one, str) or one in acts for names in through for one in names):
        return None
    return states, query.order[at], through[0], through[1]


def with_query(x: Value, query: Value) -> Value | None:
    """`W(states) + U(query)[:, None]`."""
    axes = _broadcast(x.axes, query.axes)
    compared = _compared(x, query) if x.score is None else None
    if axes is None or compared is None or axes.replace("1", "") != axes:
        return None
    states, named, W, U = compared
    if len(W) != 1 or len(U) != 1:
        return None
    score = Score(kind="additive", states=states, query=named, layers=W + U)
    return Value("steps", states, axes, score=score)


def side_by_side(values: list[Value]) -> Value | None:
    """Every state beside the query, for one weight to read both."""
    kinds = [value.kind for value in values]
    if sorted(kinds) != ["steps", "vector"] or values[0].axes != values[1].axes:
        return None
    x, query = sorted(values, key=lambda value: value.kind)
    compared = _compared(x, query) if x.score is None else None
    if compared is None or compared[2] or compared[3]:
        return None
    states, named, *_ = compared
    score = Score(kind="additive", states=states, query=named, side_by_side=True,
                  query_first=kinds[0] == "vector")  # fmt: skip
    return Value("steps", states, x.axes, score=score)


def weights(x: Value, dim: Any) -> Value | None:
    """A softmax over time of scores, one for each state."""
    over = axis_of(x, dim) == "T" and "E" not in x.axes and x.kind == "steps"
    return replace(x, kind="weights") if over else None


def masked(reading: Reading, step: Step) -> Value | None:
    """`scores.masked_fill(mask, -inf)`: nothing where every word exists."""
    x, mask, value = first(reading, step), reading.value(argument(step, 1, "mask")), step.args[-1]
    never = isinstance(value, int | float) and value <= _NEVER
    return x if never and mask.layer == "mask" and "E" not in x.axes else None


def _context(reading: Reading, given: Value, states: Value, axes: str) -> Value | None:
    if states.score is not None or "E" not in axes:
        return None
    if given.score is not None:
        said = given.score.spec() if given.score.states == states.order else None
    else:
        said = _alone(reading, given, states)
    if said is None:
        return None
    reading.says(ATTENTION, said)
    return Value("vector", (*states.order, ATTENTION), axes)


def _alone(reading: Reading, given: Value, states: Value) -> dict[str, Any] | None:
    """A score of each state by itself: what made it stands behind the states."""
    count = len(states.order)
    if given.order[:count] != states.order:
        return None
    acts = {*FUNCTIONS.values()}
    way = given.order[count:]
    kinds = ["act" if one in acts else "layer" for one in way]
    layers = [one for one in way if one not in acts]
    said: dict[str, Any] = {"score": "additive", "layers": layers}
    last_is_parameter = bool(layers) and layers[-1] not in reading.trace.parts
    if kinds == ["layer", "act", "layer"]:
        return said | ({} if way[1] == "tanh" else {"activation": way[1]})
    if kinds == ["layer", "layer"]:
        return said | {"activation": "linear"}
    if kinds == ["layer"]:
        return said | ({"activation": "linear"} if last_is_parameter else {})
    if kinds == ["layer", "act"] and not last_is_parameter:
        return said | {"activation": way[1]}
    if kinds == ["act", "layer"] and last_is_parameter:
        return said | ({} if way[0] == "tanh" else {"activation": way[0]})
    return None


def with_context(reading: Reading, values: list[Value]) -> Value | None:
    """The context and the query side by side, in either order."""
    context = next((x for x in values if x.order[-1:] == (ATTENTION,)), None)
    said = reading.spec.get(ATTENTION)
    if len(values) != 2 or context is None or said is None or said.get("query") is None:
        return None
    query = next(x for x in values if x is not context)
    if query.order != (*context.order[:-1], said["query"]):
        return None
    names = [CONTEXT if x is context else QUERY for x in values]
    reading.spec[ATTENTION] = {**said, "joined": names}
    return context


PRODUCTS: Mapping[str, Callable[[Reading, Step], Value | None]] = {
    "mul": multiplied,
    "div": divided,
    "matmul": matmul,
    "bmm": matmul,
    "mv": matmul,
    "einsum": einsum,
    "masked_fill": masked,
    "masked_fill_": masked,
}
