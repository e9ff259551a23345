"""Finds how eight arrays are meant: gate order, forget bias and direction by reference scores.

No property of the weights tells the gates apart, but the scores of one text do: a wrong reading is
off by tenths, the right one by rounding.

Axes: K readings, B samples, T time, E inputs, H hidden units, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.model.gate_order import GateOrder, GateReading
from lrp_engine.model.network import Network
from lrp_engine.model.samples import READ

GATES = "ifgo"
ACCEPTED = 1e-4  # largest difference, relative to the largest reference score
ROUNDING = 1e-7  # differences below it are one and the same
MARGIN = 10  # how many times worse the runner-up must be
SHOWN = 4
_AT_ONCE = 4_000_000  # numbers of pre-activations held at a time

# Readings of one direction; both directions of a network are read alike.
CELLS = tuple(
    GateReading(order="".join(order), forget_bias=bias)
    for bias in (0, 1)
    for order in permutations(GATES)
)

Arrays = Mapping[str, np.ndarray]


def detect(weights: Arrays, network: Network, reference: Reference) -> GateOrder:
    """The one reading whose scores are the reference's.

    Args:
        weights: the eight arrays by name, see `eight_arrays.NAMES`.
        network: the same arrays in any reading; says how inputs are read and what scores mean.
        reference: of one sample or more.

    Raises:
        InputError: no reading comes close enough, or several do; lists the best ones.
    """
    samples = reference.samples(network)
    kind, expected = reference.expected(network, len(samples))
    scale = 1.0 if kind == "probabilities" else float(np.abs(expected).max()) or 1.0
    worst = np.zeros((2, len(CELLS)))
    for chunk in samples.chunks():
        units = weights["Wh"].shape[1] * len(CELLS)
        for part in np.array_split(chunk, -(-len(chunk) * units // _AT_ONCE)):
            if len(part):
                x, steps = samples.padded(part)
                mask = steps == READ
                for side, scores in enumerate(_scores(weights, x.astype(np.float64), mask)):
                    off = np.abs(_as(kind, network, scores) - expected[part])
                    off = np.nan_to_num(off, nan=np.inf).max(axis=(1, 2))
                    worst[side] = np.maximum(worst[side], off)
    ranking = sorted(
        (
            replace(cell, backward_first=bool(side), difference=float(worst[side, k] / scale))
            for side in range(2)
            for k, cell in enumerate(CELLS)
        ),
        key=lambda reading: reading.difference,
    )
    best = ranking[0]
    meant = read_as(weights, best)
    runner_up = next((r for r in ranking[1:] if not _same(read_as(weights, r), meant)), None)
    if (
        not best.difference < ACCEPTED
        or runner_up is None
        or runner_up.difference < MARGIN * max(best.difference, ROUNDING)
    ):
        raise InputError(_undecided(ranking, best))
    return GateOrder(reading=best, source="detected", runner_up=runner_up, samples=len(samples))


def read_as(weights: Arrays, reading: GateReading) -> dict[str, np.ndarray]:
    """The eight arrays with gates in the order i f g o, forward direction first, bias added."""
    meant = dict(weights)
    H = weights["Wh"].shape[0]
    if reading.backward_first:
        for name in ("Wx", "Wh", "b"):
            meant[name], meant[f"{name}_bw"] = meant[f"{name}_bw"], meant[name]
        meant["W_dense"] = np.concatenate([meant["W_dense"][H:], meant["W_dense"][:H]])
    at = [reading.order.index(gate) for gate in GATES]
    for name in ("Wx", "Wh", "b", "Wx_bw", "Wh_bw", "b_bw"):
        blocks = np.split(meant[name], 4, axis=-1)
        meant[name] = np.concatenate([blocks[k] for k in at], axis=-1)
    if reading.forget_bias:
        for name in ("b", "b_bw"):
            meant[name] = meant[name].astype(np.float64)  # a copy
            meant[name][H : 2 * H] += reading.forget_bias
    return meant


def _scores(weights: Arrays, x: np.ndarray, mask: np.ndarray) -> list[np.ndarray]:
    """Output (K, B, units) of all readings, forward direction first and backward first."""
    W, b = weights["W_dense"].astype(np.float64), weights["b_dense"]
    H = weights["Wh"].shape[0]
    halves = (("", W[:H]), ("_bw", W[H:]))
    # The half that reads from the end is the second one, or the first one.
    return [
        sum(
            _last_states(weights, suffix, x, mask, backwards=bool(suffix) != swapped) @ half
            for suffix, half in halves
        )
        + b
        for swapped in (False, True)
    ]


def _last_states(
    weights: Arrays, suffix: str, x: np.ndarray, mask: np.ndarray, *, backwards: bool
) -> np.ndarray:
    """h (K, B, H) after the last step, for every reading of one direction at once."""
    Wx, Wh, b = (weights[name + suffix].astype(np.float64) for name in ("Wx", "Wh", "b"))
    (B, T, _), H, K = x.shape, Wh.shape[0], len(CELLS)
    at = np.array([[cell.order.index(gate) for gate in GATES] for cell in CELLS])  # (K, 4)
    bias = np.array([cell.forget_bias for cell in CELLS], float)[:, None, None]
    pre = x @ Wx + b  # (B, T, 4H), the same for every reading
    h, c, rows = np.zeros((K, B, H)), np.zeros((K, B, H)), np.arange(K)
    for t in range(T)[::-1] if backwards else range(T):
        z = (pre[:, t] + h @ Wh).reshape(K, B, 4, H)
        i, f, g, o = (z[rows, :, at[:, n]] for n in range(4))  # each (K, B, H)
        new = _sigmoid(f + bias) * c + _sigmoid(i) * np.tanh(g)
        real = mask[:, t, None]
        h, c = np.where(real, _sigmoid(o) * np.tanh(new), h), np.where(real, new, c)
    return h


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def _as(kind: str, network: Network, scores: np.ndarray) -> np.ndarray:
    """Scores (K, B, units) as logits or probabilities (K, B, C)."""
    if network.single_sigmoid:
        scores = np.concatenate([-scores, scores], axis=-1)
    if kind == "logits":
        return scores
    flat = scores.reshape(-1, scores.shape[-1])
    return network.to_output(flat).reshape(scores.shape)


def _same(one: Arrays, other: Arrays) -> bool:
    """Whether two readings are the same network, as where blocks are equal."""
    return all(np.array_equal(one[name], other[name]) for name in one)


def _undecided(ranking: Sequence[GateReading], best: GateReading) -> str:
    head = "; ".join(f"{reading} {reading.difference:.1e}" for reading in ranking[:SHOWN])
    why = (
        f"no reading is closer than {ACCEPTED:g}"
        if not best.difference < ACCEPTED
        else f"the next best is not {MARGIN} times worse than the best"
    )
    return (
        f"The gate order could not be detected: {why}. Of {len(ranking)} readings the best are "
        f"{head} (largest difference, relative). Give the logits of a longer text or of several "
        "texts in full precision, check that inputs and outputs belong to these weights, or say "
        "the order yourself: gate_order='ifgo', 'igfo', ..."
    )
