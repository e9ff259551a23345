"""What an explanation costs by the shape of what is explained, and how that grows.

Ratios to a Keras forward pass of the same network, turn about, best of several rounds: of the time
that passes on all cores, and of CPU time on one thread. Axes: B batch, T words, E input units, H
hidden units, C classes.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.networks import keras_forward, random_network


class Shape(NamedTuple):
    B: int
    T: int
    E: int
    H: int
    C: int


SENTENCES, DOCUMENTS = Shape(100, 25, 60, 60, 5), Shape(30, 1_000, 60, 60, 5)
SHAPES = (
    SENTENCES,
    Shape(1, 25, 60, 60, 5),
    Shape(100, 25, 200, 300, 2),
    DOCUMENTS,
    Shape(100, 300, 60, 60, 5),
    Shape(10, 2_000, 200, 300, 2),
)
# The sizes that an axis takes, and all else, which stays.
GROWING = {
    "B": ((1, 25, 50, 100, 200), Shape(0, 25, 60, 60, 5)),
    "T": ((50, 100, 200, 400), Shape(10, 0, 60, 60, 5)),
    "H": ((64, 128, 256, 512), Shape(50, 25, 60, 0, 5)),
}
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
)
WALL, CPU = "wall", "cpu"
CLOCKS = {WALL: time.perf_counter, CPU: time.process_time}


def best(rounds: int, clock: str, *runs: Callable[[], object]) -> list[float]:
    """The least seconds of each, taking turns, after one round untimed."""
    now = CLOCKS[clock]
    for run in runs:
        run()
    least = [float("inf")] * len(runs)
    for _ in range(rounds):
        for n, run in enumerate(runs):
            start = now()
            run()
            least[n] = min(least[n], now() - start)
    return least


def ratios(shape: Shape, rounds: int, clock: str) -> list[float]:
    """LRP with its ledger, of words alone, and all live methods, in Keras forward passes; then the
    same compiled by XLA for this shape, the compiling left out."""
    network, arrays = random_network("float32", sizes=(shape.E, shape.H, shape.C))
    x = np.random.default_rng(1).normal(size=(shape.B, shape.T, shape.E)).astype("float32")
    base, *others = best(
        rounds,
        clock,
        partial(keras_forward(arrays, "float32"), x),
        *(
            run
            for one in (network, network.to("xla_cpu"))
            for run in (
                partial(one.explain, x),
                partial(one.explain, x, units=False),
                partial(one.explain_all, x),
            )
        ),
    )
    return [other / base for other in others]


def growth(axis: str, rounds: int) -> tuple[list[float], float, float]:
    """CPU seconds of LRP at each size of an axis, and p: they grow as size to the p.

    Of all sizes, and of the last two: what a call costs whatever its size counts at small ones.
    """
    sizes, start = GROWING[axis]
    runs = []
    for size in sizes:
        shape = start._replace(**{axis: size})
        network, _ = random_network("float32", sizes=(shape.E, shape.H, shape.C))
        x = np.random.default_rng(1).normal(size=(shape.B, shape.T, shape.E)).astype("float32")
        runs.append(partial(network.explain, x))
    seconds = best(rounds, CPU, *runs)
    of_all, of_last = (
        float(np.polyfit(np.log(sizes[at:]), np.log(seconds[at:]), 1)[0]) for at in (0, -2)
    )
    return seconds, of_all, of_last


@contextmanager
def _with(variables: Mapping[str, str]) -> Iterator[None]:
    """Processes started within see these environment variables."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def fresh(measure: Callable, *arguments: object, one_thread: bool) -> object:
    """What a measurement gives in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    with _with(ONE_THREAD if one_thread else {}), spawn.Pool(1) as pool:
        return pool.apply(measure, arguments)


def table(rounds: int) -> None:
    """Print both tables as Markdown."""
    print("\nKeras forward passes of the same network, float32, best of the rounds\n")
    plain = ("LRP + ledger", "words only", "LRP + SA + GI")
    names = (*plain, *(f"{name}, XLA" for name in plain))
    columns = " | ".join([*names, *(f"{name}, one thread, CPU" for name in names)])
    print(f"| batch | words | E | H | C | {columns} |")
    print("|---" * 17 + "|")
    for shape in SHAPES:
        found = []
        for clock in CLOCKS:
            found += fresh(ratios, shape, rounds, clock, one_thread=clock == CPU)  # type: ignore[misc]
        cells = [*map(str, shape), *(f"{ratio:.2f}" for ratio in found)]
        print(f"| {' | '.join(cells)} |", flush=True)
    print("\nHow LRP with its ledger grows, CPU time on one thread\n")
    print("| axis | others | sizes | seconds | exponent | of the last two |")
    print("|---|---|---|---|---|---|")
    for axis, (sizes, start) in GROWING.items():
        seconds, of_all, of_last = fresh(growth, axis, rounds, one_thread=True)  # type: ignore[misc]
        where = ", ".join(f"{n} {v}" for n, v in start._asdict().items() if n != axis)
        print(
            f"| {axis} | {where} | {', '.join(map(str, sizes))} | "
            f"{', '.join(f'{s:.3f}' for s in seconds)} | {of_all:.2f} | {of_last:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    table(3)
