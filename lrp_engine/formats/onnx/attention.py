"""Attention in ONNX graphs: scores of states, a softmax over time, weighted sums of states."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.values import (
    BATCH,
    ONE,
    PARTS,
    TIME,
    UNITS,
    AxesError,
    Special,
    Step,
    Value,
    View,
)
from lrp_engine.layers import (
    Add,
    AdditiveAttention,
    Attention,
    BatchNormalization,
    Dense,
    Dot,
    Flatten,
    GlobalSumPooling1D,
    Multiply,
    Reshape,
    Softmax,
)


@dataclass(frozen=True, eq=False)
class Pairs(Special):
    """Scores (batch, time, time) of every pair of states.

    Attributes:
        scale: a factor.
        soft: whether the softmax over the second time axis is done.
        v: of additive scores v tanh(q + k), which are no products.
    """

    title = "scores of pairs of states"

    query: View
    key: View
    scale: float = 1.0
    soft: bool = False
    v: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class PairSums(Special):
    """Sums (batch, time, time, units) of every pair of states, of an additive score.

    Attributes:
        bent: whether the tanh is done.
        v: what it was multiplied by.
    """

    title = "sums of pairs of states"

    query: View
    key: View
    bent: bool = False
    v: np.ndarray | None = None

    def times(self, array: np.ndarray) -> PairSums:
        units = self.query.units
        if not self.bent or self.v is not None or array.size != units or len(array) != units:
            raise FormatError(f"it multiplies {self.title} by no vector.")
        return replace(self, v=array.reshape(-1))

    def score(self) -> Pairs:
        if not self.bent:
            raise FormatError(f"it sums {self.title}, without the tanh of an additive score.")
        v = np.ones(self.query.units) if self.v is None else self.v
        return Pairs(self.query, self.key, v=v)


@dataclass(frozen=True, eq=False)
class Sums(Special):
    """Key and query in one sum (batch, time, units), of an additive score.

    Attributes:
        query: without time, (batch, units).
        bent: whether the tanh is done.
    """

    title = "the sum of states and a query"

    states: View
    query: View
    bent: bool = False


@dataclass(frozen=True, eq=False)
class Products(Special):
    """States times a query (batch, time, units), until their sum over units: a score."""

    title = "products of states and a query"

    states: View
    query: View


@dataclass(frozen=True, eq=False)
class Beside(Special):
    """A query and states side by side (batch, time, units), of an additive score."""

    title = "states and a query side by side"

    states: View
    query: View
    query_first: bool


def of_signals(partial: PartialGraph, op: Op) -> list[Value]:
    """A product of two signals: over units a score, over time a weighted sum."""
    one, two = op.input(0), op.input(1)
    if isinstance(one, Pairs) and isinstance(two, View):
        return [_context_of_pairs(partial, op, one, single(partial, two))]
    one, two = single(partial, op.view(0)), single(partial, op.view(1))
    if len(one.axes) != 3 or len(two.axes) != 3 or {one.axes[0], two.axes[0]} != {BATCH}:
        raise FormatError(f"it multiplies {one} and {two}, expected three axes each.")
    (rows, left), (right, columns) = one.axes[1:], two.axes[1:]
    if (rows, left, right, columns) == (TIME, UNITS, UNITS, TIME) and one.units == two.units:
        return [Pairs(one, two)]
    timed = {rows, columns} == {TIME, ONE}
    if left == right == UNITS and one.units == two.units and timed:
        states, query = (one, two) if rows == TIME else (two, one)
        step = partial.step(
            op.layer_name(), Dot(2, 1), states.only, query.only, units=1, scores=True
        )
        return [View((BATCH, rows, columns), (step,))]
    if left == right == TIME:
        weights, states = (one, two) if columns == UNITS else (two, one)
        if rows in (ONE, UNITS) and columns in (ONE, UNITS) and weights.units == 1:
            step = _context(partial, op, weights.only, states.only)
            other = (ONE, UNITS) if states is two else (UNITS, ONE)
            return [View((BATCH, *other), (step,))]
    raise FormatError(f"it multiplies {one} and {two}, which is no attention that is known.")


def _context(partial: PartialGraph, op: Op, weights: Step, states: Step) -> Step:
    """sum_t a_t h_t; of a softmax of an additive score by its own layer."""
    score = weights.inputs[0] if isinstance(weights.layer, Softmax) else None
    if score is not None and isinstance(score.layer, AdditiveAttention):
        query, _, key = score.inputs
        found = partial.step(op.layer_name(), score.layer, query, states, key, units=states.units)
        return partial.step(f"{op.layer_name()}.context", Flatten(), found, units=states.units)
    flat = weights if weights.scores else partial.step(
        f"{weights.name}.flat", Flatten(), weights, units=1, scores=True)  # fmt: skip
    return partial.step(op.layer_name(), Dot(1, 1), flat, states, units=states.units)


def _context_of_pairs(partial: PartialGraph, op: Op, pairs: Pairs, values: View) -> View:
    axes = (BATCH, TIME, UNITS)
    if not pairs.soft or values.axes != axes:
        raise FormatError("it multiplies scores of pairs of states by something else than states.")
    if pairs.v is not None and pairs.query.axes[1] == ONE:
        name, units = op.layer_name(), values.units
        asked = pairs.query.only
        asked = partial.step(f"{name}.query", Reshape(asked.units, 1), asked, units=asked.units)
        found = (asked, values.only, pairs.key.only)
        context = partial.step(name, AdditiveAttention(pairs.v), *found, units=units)
        flat = partial.step(f"{name}.context", Flatten(), context, units=units)
        return View((BATCH, ONE, UNITS), (flat,))
    if pairs.v is not None:
        layer: Attention | AdditiveAttention = AdditiveAttention(pairs.v)
    else:
        layer = Attention(None if pairs.scale == 1 else np.array([pairs.scale]))
    inputs = (pairs.query.only, values.only, pairs.key.only)
    return View(axes, (partial.step(op.layer_name(), layer, *inputs, units=values.units),))


def scaled(partial: PartialGraph, view: View, factor: float) -> View | None:
    """Scores of states and a query times a number; None for another signal."""
    step = view.only
    if not step.scores or not isinstance(step.layer, Dot):
        return None
    states, query = step.inputs
    units = np.full(query.units, factor)
    layer = BatchNormalization(np.zeros(len(units)), np.ones(len(units)), units, epsilon=0.0)
    turned = partial.step(f"{step.name}.scaled", layer, query, units=query.units)
    return view.of(partial.step(step.name, step.layer, states, turned, units=1, scores=True))


def product(partial: PartialGraph, op: Op, one: View, two: View) -> Value:
    """Element by element: weights (batch, time, one) of states, or signals of one shape."""
    one, two = single(partial, one), single(partial, two)
    if (both := _states_and_query(one, two)) is not None:
        return Products(*both)
    weights, states = sorted((one, two), key=lambda view: view.units)
    where = states.axes
    fits = all(a == b or (a, b) == (ONE, UNITS) for a, b in zip(weights.axes, where, strict=False))
    if len(weights.axes) != len(where) or not fits or weights.units not in (1, states.units):
        raise FormatError(f"it multiplies {one} and {two}, expected two of one shape.")
    inputs = [weights.only, states.only] if weights.units != states.units else [one.only, two.only]
    if inputs[0].scores:
        inputs[0] = partial.step(f"{inputs[0].name}.column", Reshape(1, -1), inputs[0], units=1)
    return states.of(partial.step(op.layer_name(), Multiply(), *inputs, units=states.units))


def _states_and_query(one: View, two: View) -> tuple[View, View] | None:
    """Which of two signals are the states, and which a query beside every one of them."""
    for states, query in ((one, two), (two, one)):
        axes = (states.axes, query.axes)
        if axes == ((BATCH, TIME, UNITS), (BATCH, ONE, UNITS)) and states.units == query.units:
            return states, query
    return None


def summed(partial: PartialGraph, op: Op, axes: tuple[int, ...]) -> list[Value]:
    """The sum over time of weighted states, over units a score; of parts their sum."""
    value = op.input(0)
    kept = (ONE,) if op.whole("keepdims", 1) else ()
    if isinstance(value, PairSums) and axes in ((3,), (-1,)) and not kept:
        return [value.score()]
    if isinstance(value, Products) and axes in ((2,), (-1,)):
        inputs = (value.states.only, value.query.only)
        step = partial.step(op.layer_name(), Dot(2, 1), *inputs, units=1, scores=True)
        return [View((BATCH, TIME, *kept), (step,))]
    x = op.view()
    at = x.at(axes[0]) if len(axes) == 1 else -1
    if at >= 0 and x.axes[at] == PARTS and not kept:
        step = partial.step(op.layer_name(), Add(), *x.parts, units=x.units)
        return [View((*x.axes[:at], *x.axes[at + 1 :]), (step,))]
    x = single(partial, x)
    if at < 0 or x.axes[at] != TIME:
        raise AxesError(
            f"it sums {x} over the axes {axes}; read is the sum over time, and over units where it "
            "makes a score."
        )
    factors = x.only.inputs
    if isinstance(x.only.layer, Multiply) and factors[0].units == 1:
        weights, states = factors
        before = weights.inputs[0] if isinstance(weights.layer, Reshape) else weights
        step = _context(partial, op, before, states)
    else:
        step = partial.step(op.layer_name(), GlobalSumPooling1D(), x.only, units=x.units)
    return [View((*x.axes[:at], *kept, *x.axes[at + 1 :]), (step,))]


def soft(partial: PartialGraph, op: Op, value: Value) -> list[Value] | None:
    """A softmax over time; None where it is over units."""
    axis = op.whole("axis", -1 if partial.opset >= 13 else 1)
    if isinstance(value, Pairs):
        if axis not in (2, -1) or value.soft:
            raise FormatError("it is not over the time axis of the states, which is not supported.")
        return [replace(value, soft=True)]
    x = single(partial, op.view())
    last = x.at(axis)
    if partial.opset < 13 and x.axes[last + 1 :] and {*x.axes[last + 1 :]} != {ONE}:
        return None  # older softmaxes run over all axes from this one on
    if x.axes[last] != TIME:
        return None
    step = x.only
    made = partial.step(op.layer_name(), Softmax(1), step, units=x.units, scores=step.scores)
    return [x.of(made)]


def sums(partial: PartialGraph, one: View, two: View) -> Sums | PairSums | None:
    """States and a query, or every pair of states, in one sum; None for other signals."""
    for query, key in ((one, two), (two, one)):
        asks = query.axes in ((BATCH, TIME, ONE, UNITS), (BATCH, ONE, ONE, UNITS))
        if asks and key.axes == (BATCH, ONE, TIME, UNITS) and query.units == key.units:
            query = replace(query, axes=(BATCH, query.axes[1], UNITS))
            return PairSums(query, replace(key, axes=(BATCH, TIME, UNITS)))
    both = _states_and_query(single(partial, one), single(partial, two))
    return None if both is None else Sums(*both)


def beside(partial: PartialGraph, op: Op) -> Beside | None:
    """A query and states side by side; None for other signals."""
    one, two = op.input(0), op.input(1)
    if not isinstance(one, View) or not isinstance(two, View) or op.whole("axis", 0) not in (2, -1):
        return None
    both = _states_and_query(single(partial, one), single(partial, two))
    return None if both is None else Beside(*both, query_first=one.axes[1] == ONE)


def of_both(partial: PartialGraph, op: Op, value: Beside, kernel: np.ndarray) -> Sums:
    """W [q; h] as the sum of what each half of W makes."""
    units = value.states.units
    if kernel.shape[:1] != (2 * units,) or kernel.ndim != 2:
        raise FormatError(f"its weights have shape {kernel.shape}, expected ({2 * units}, units).")
    halves = np.split(kernel, 2)
    of_query, of_states = halves if value.query_first else halves[::-1]

    def times(end: str, view: View, half: np.ndarray) -> View:
        name = f"{op.layer_name(1)}.{end}"
        return view.of(partial.step(name, Dense(half), view.only, units=half.shape[1]))

    keys = times("keys", value.states, of_states)
    return Sums(keys, times("query", value.query, of_query))


def additive(partial: PartialGraph, op: Op, value: Sums, v: np.ndarray) -> View:
    """v tanh(k + q): a layer that gives contexts stands for the score, until its softmax."""
    if not value.bent or v.size != value.states.units or len(v) != v.size:
        raise FormatError("it multiplies the sum of states and a query by no vector.")
    name = op.layer_name(1)
    query = value.query.only
    asked = partial.step(f"{name}.query", Reshape(v.size, 1), query, units=v.size)
    step = partial.step(
        name,
        AdditiveAttention(v.reshape(-1)),
        asked,
        value.states.only,
        value.states.only,
        units=1,
        problem="The ONNX model reads additive scores otherwise than as weights of states.",
    )
    return View((BATCH, TIME, UNITS)[: 1 + v.ndim], (step,))
