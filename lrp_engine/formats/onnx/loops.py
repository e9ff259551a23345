"""Loops over time as tf2onnx writes them: which recurrent layer they are.

A loop is asked, not parsed: its body, made of operations that are computed of constants, too
(`FOLDED`), is computed for a few random steps. The layer whose formula gives the same states with
the body's own weights is what it is; another loop is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.folding import FOLDED, fold
from lrp_engine.formats.onnx.graph import Op, PartialGraph, single
from lrp_engine.formats.onnx.recurrent import ACTIVATIONS
from lrp_engine.formats.onnx.values import (
    BATCH,
    TIME,
    UNITS,
    Dims,
    Reversed,
    Special,
    Value,
    View,
    Zeros,
)
from lrp_engine.layers import GRU, SimpleRNN

REFUSED = (
    "it holds a graph of its own; read is a loop over time that is a GRU or a SimpleRNN without "
    "masks, as tf2onnx writes it. Of a Keras model give the .keras file itself."
)
_STEPS, _TEXTS = 4, 2  # of the random inputs
_MOST_WEIGHTS, _MOST_NODES = 12, 200
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: np.exp(-np.logaddexp(0, -x)),
    "relu": lambda x: np.maximum(x, 0),
}


class Counter(Special):
    """What a loop counts, or hands on unchanged."""

    title = "what a loop counts"


def reads(node: Mapping[str, Any]) -> list[str]:
    """Names that a node reads; of a loop also those within its body, and not when it ends."""
    body = node["attributes"].get("body")
    if node["op"] != "Loop" or not isinstance(body, dict):
        return list(node["inputs"])
    made = {*body["inputs"], *body["arrays"]}.union(*(one["outputs"] for one in body["nodes"]))
    needed = [name for one in _needed(body) for name in one["inputs"] if name not in made]
    return [*node["inputs"][:1], *node["inputs"][2:], *needed]


def _needed(body: Mapping[str, Any]) -> list[Any]:
    """The nodes of a body without those that only say whether it goes on."""
    wanted, kept = {*body["outputs"][1:]}, []
    for node in reversed(body["nodes"]):
        if not wanted.isdisjoint(node["outputs"]):
            wanted.update(node["inputs"])
            kept.append(node)
    return kept[::-1]


def loop(partial: PartialGraph, op: Op) -> list[Value]:
    """The final state and the states over time, of a GRU or a SimpleRNN."""
    body = op.attributes.get("body")
    if not isinstance(body, dict) or len(body["nodes"]) > _MOST_NODES:
        raise FormatError(REFUSED)
    carried = body["inputs"][2:]
    if len(op.inputs) != len(carried) + 2 or len(body["outputs"]) <= len(carried):
        raise FormatError(REFUSED)
    given = dict(zip(carried, op.inputs[2:], strict=True))
    for node in _needed(body):
        given |= {n: partial.values[n] for n in node["inputs"] if n in partial.values}
    signals = [one for one in given.values() if isinstance(one, View | Reversed)]
    if len(signals) != 1:
        raise FormatError(REFUSED)
    backwards = isinstance(signals[0], Reversed)
    x = single(partial, signals[0].of if isinstance(signals[0], Reversed) else signals[0])
    if x.axes != (TIME, BATCH, UNITS) or x.units < 1 or not _all_steps(partial, op.inputs[0], x):
        raise FormatError(REFUSED)
    arrays = {name: partial.arrays[at] for name, at in body["arrays"].items()}
    for layer in _layers(x.units, {**given, **arrays}, body):
        asked = _asked(partial, op, body, {**given, **arrays}, x.units, layer.units)
        if asked is None:
            continue
        inputs, found = asked
        states = _states(layer, inputs)
        kinds = [_kind(one, states) for one in found]
        if "states" in kinds or "last" in kinds:
            return _read(partial, op, x, replace(layer, go_backwards=backwards), kinds)
    raise FormatError(REFUSED)


def _all_steps(partial: PartialGraph, count: Value | None, x: View) -> bool:
    """Whether a loop runs as often as there are time steps."""
    if isinstance(count, np.ndarray):
        return count.size == 1 and count.reshape(-1)[0] == partial.length(x.only)
    return isinstance(count, Dims) and count.entries == (TIME,)


def _layers(E: int, values: Mapping[str, Any], body: Any) -> Iterator[GRU | SimpleRNN]:
    """What the loop may be, by the shapes of its weights and the functions in its body."""
    weights = [one for one in values.values()
               if isinstance(one, np.ndarray) and one.dtype.kind == "f"]  # fmt: skip
    if len(weights) > _MOST_WEIGHTS:
        return
    used = {ACTIVATIONS.get(node["op"], "") for node in body["nodes"]}
    names = ["linear", *(name for name in _FUNCTIONS if name in used)]
    matrices = [one for one in weights if one.ndim == 2]
    for W, U in product(matrices, matrices):
        H = U.shape[0]
        if W is U or W.shape[0] != E or W.shape[1] != U.shape[1] or U.shape[1] not in (H, 3 * H):
            continue
        biases = [one for one in weights if one.shape in ((U.shape[1],), (2, U.shape[1]))
                  and one is not W and one is not U]  # fmt: skip
        for bias in (*biases, np.zeros(U.shape[1], U.dtype)):
            if U.shape[1] == H and bias.ndim == 1:
                for name in names:
                    yield SimpleRNN(W, U, bias, name)
            if U.shape[1] == 3 * H:
                one, two = bias if bias.ndim == 2 else (bias, None)
                for name, gates, after in product(names, names, (True, False)):
                    if after or two is None:
                        both = np.zeros_like(one) if after and two is None else two
                        yield GRU(W, U, one, both, activation=name, recurrent_activation=gates,
                                  reset_after=after)  # fmt: skip


def _asked(
    partial: PartialGraph, op: Op, body: Any, given: Mapping[str, Any], E: int, H: int
) -> tuple[np.ndarray, list[np.ndarray]] | None:
    """Random inputs (T, B, E) and what the loop makes of them: final values, then those over time.

    None where it computes something else than `FOLDED` does.
    """
    x = np.random.default_rng(0).normal(size=(_STEPS, _TEXTS, E)).astype("float32")
    sizes = {TIME: _STEPS, BATCH: _TEXTS}
    values: dict[str, Any] = {}
    for name, one in given.items():
        if isinstance(one, View | Reversed):
            values[name] = x
        elif isinstance(one, Zeros):
            values[name] = np.zeros((_TEXTS, H), "float32")
        elif isinstance(one, Dims):
            entries = [sizes.get(str(n), n) for n in one.entries]
            if any(not isinstance(n, int) for n in entries):
                return None
            values[name] = np.array(entries[0] if one.scalar else entries, "int32")
        elif isinstance(one, np.ndarray):
            values[name] = one
    carried, nodes = body["inputs"][2:], _needed(body)
    over_time: list[list[np.ndarray]] = []
    for n in range(_STEPS):
        now = {**values, body["inputs"][0]: np.array(n, "int64")}
        for node in nodes:
            if node["op"] not in FOLDED or any(i and i not in now for i in node["inputs"]):
                return None
            read = tuple(now[i] if i else None for i in node["inputs"])
            step = Op(node["op"], node["name"], read, tuple(node["inputs"]), node["attributes"],
                      tuple(node["outputs"]))  # fmt: skip
            try:
                now |= zip(step.outputs, fold(partial, step), strict=False)
            except FormatError:  # weights of other shapes than those of the layer that is tried
                return None
        outputs = [now.get(name) for name in body["outputs"][1:]]
        if any(one is None for one in outputs):
            return None
        values |= zip(carried, outputs, strict=False)
        over_time.append([np.asarray(one) for one in outputs[len(carried) :]])
    final = [np.asarray(values[name]) for name in carried]
    return x, [*final, *(np.stack(each) for each in zip(*over_time, strict=True))]


@np.errstate(all="ignore")  # weights that are not finite are refused with their layer
def _states(layer: GRU | SimpleRNN, x: np.ndarray) -> np.ndarray:
    """All states (T, B, H) by the layer's formula."""
    H, W, U = layer.units, layer.kernel, layer.recurrent_kernel
    squash = _FUNCTIONS[layer.activation]
    h = np.zeros((x.shape[1], H))
    states = []
    for now in x:
        from_x = now @ W + layer.bias
        if isinstance(layer, SimpleRNN):
            h = squash(from_x + h @ U)
        else:
            gates = _FUNCTIONS[layer.recurrent_activation]
            more = 0 if layer.recurrent_bias is None else layer.recurrent_bias
            from_h = h @ U + more
            z, r = (gates(from_x[:, at] + from_h[:, at])
                    for at in (slice(0, H), slice(H, 2 * H)))  # fmt: skip
            inner = r * from_h[:, 2 * H :] if layer.reset_after else (r * h) @ U[:, 2 * H :]
            h = z * h + (1 - z) * squash(from_x[:, 2 * H :] + inner)
        states.append(h)
    return np.stack(states)


def _kind(found: np.ndarray, states: np.ndarray) -> str:
    """What a result of a loop is: all states, the last one, or something else."""
    for kind, expected in (("states", states), ("last", states[-1])):
        if found.shape == expected.shape and np.allclose(found, expected, rtol=1e-4, atol=1e-5):
            return kind
    return ""


def _read(
    partial: PartialGraph, op: Op, x: View, layer: GRU | SimpleRNN, kinds: list[str]
) -> list[Value]:
    name, H = op.layer_name(), layer.units
    last = partial.step(name, layer, x.only, units=H)
    whole = replace(layer, return_sequences=True)
    turned = layer.go_backwards
    states = partial.step(name, whole, x.only, units=H, final={0 if turned else -1: last})
    over_time = View((TIME, BATCH, UNITS), (states,))
    by_kind: dict[str, Value] = {
        "states": Reversed(over_time) if turned else over_time,
        "last": View((BATCH, UNITS), (last,)),
        "": Counter(),
    }
    return [by_kind[kind] for kind in kinds]
