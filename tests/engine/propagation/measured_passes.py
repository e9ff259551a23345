"""Prints what the passes named hold at their peak, and what was counted: see `test_pass_cost.py`.

A process of its own, since the peak is that of the process; TensorFlow keeps what it took once, so
that only passes larger than those before show theirs.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lrp_engine import RULES
from lrp_engine.layers import (
    LSTM,
    Attention,
    Dense,
    GlobalAveragePooling1D,
)
from lrp_engine.model.cost import PassCost
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.samples import READ
from lrp_engine.propagation.program import Program

E = 32
RNG = np.random.default_rng(0)


def draw(*shape: int) -> np.ndarray:
    return np.asarray(RNG.normal(size=shape) * 0.05)


def ending(before: str, units: int) -> tuple[Node, ...]:
    return (
        Node("pool", GlobalAveragePooling1D(), (before,)),
        Node("out", Dense(draw(units, 3)), ("pool",)),
    )


class Pass(NamedTuple):
    nodes: tuple[Node, ...]
    rows: int
    steps: int
    backward: int = 2
    rule: str = "epsilon"
    traced: bool = False
    kept: bool = False  # what layers hand on, and states over time


LSTM_LAYER = LSTM(draw(E, 512), draw(128, 512), draw(512), return_sequences=True)
ATTENTION = (Node("x", Attention(), ("input", "input")), *ending("x", E))
DENSE = (Node("x", Dense(draw(E, 2000), draw(2000), "relu")), *ending("x", 2000))
PASSES = {
    "lstm": Pass((Node("x", LSTM_LAYER), *ending("x", 128)), 16, 300, traced=True),
    "lstm, kept": Pass((Node("x", LSTM_LAYER), *ending("x", 128)), 24, 300, traced=True, kept=True),
    "attention": Pass(ATTENTION, 2, 2000),
    "attention, forward": Pass(ATTENTION, 2, 1500, backward=0),
    "dense": Pass(DENSE, 2, 1500, rule="gamma"),
}


def status(name: str) -> int:
    """Bytes, as the kernel counts them."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak_of(run: Callable[[], object]) -> int:
    """Bytes at the peak over those before."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts here
    before = status("VmRSS")
    run()
    return status("VmHWM") - before


def measured(one: Pass) -> dict[str, int]:
    network, rule = Network(nodes=one.nodes), RULES[one.rule]()
    program = Program(network, traced=one.traced)
    kept = {"layers": one.kept, "over_time": one.kept}

    def run(rows: int, steps: int) -> None:
        x = RNG.normal(size=(rows, steps, E)).astype(np.float32)
        kinds = np.full((rows, steps), READ, np.int8)
        if one.backward:
            program.backward(("relevance", "gradient"), x, kinds, None, rule, **kept)
        else:
            program.scores(x, kinds)

    run(1, 6)  # loads and traces
    cost = PassCost(
        network, steps=one.steps, backward=one.backward, by_sign=rule.sum_rule is not None, **kept
    )
    peak = peak_of(lambda: run(one.rows, one.steps))
    return {"peak": peak, "counted": cost.of(one.rows).nbytes}


if __name__ == "__main__":
    print(json.dumps({name: measured(PASSES[name]) for name in sys.argv[1:]}))
