"""How much an explanation costs, as ratios measured in one run: `python benchmarks/speed.py`.

Every row is timed against its own yardstick, turn about, so that a busy machine slows both alike;
the median of several rounds is printed. Nothing here is asserted: timings belong to a machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks import memory, numpy_loop, shapes
from benchmarks.networks import (
    C,
    E,
    H,
    keras_forward,
    random_network,
    sentences,
    text_network,
)
from lrp_engine.attribution.methods import DEFAULT_METHOD, LIVE_METHODS, METHODS
from lrp_engine.propagation.program import program_of

T = 25  # words of a sentence


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def medians(rounds: int, *runs: Callable[[], object], warm: int = 2) -> list[float]:
    """Median seconds of each, taking turns; some untimed warm-up rounds first."""
    for run in runs * warm:
        run()
    times = [[timed(run) for run in runs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def against_keras(rounds: int) -> None:
    print(f"\nT {T}, E {E}, H {H}, C {C}; times of a Keras forward pass of the same network\n")
    one, live = METHODS[DEFAULT_METHOD].short, " + ".join(m.short for m in LIVE_METHODS.values())
    print(f"| dtype | batch | forward pass, ms | predict | {one} + ledger | words only | {live} |")
    print("|---|---|---|---|---|---|---|")
    for dtype in ("float32", "float64"):
        network, arrays = random_network(dtype)
        forward = keras_forward(arrays, dtype)
        for batch in (1, 10, 100):
            x = np.random.default_rng(1).normal(size=(batch, T, E)).astype(dtype)
            np.testing.assert_allclose(forward(x), network.predict(x), atol=1e-4)
            base, *others = medians(
                rounds,
                partial(forward, x),
                partial(network.predict, x),
                partial(network.explain, x),
                partial(network.explain, x, units=False),
                partial(network.explain_all, x),
            )
            ratios = " | ".join(f"{other / base:.2f}" for other in others)
            print(f"| {dtype} | {batch} | {base * 1e3:.1f} | {ratios} |", flush=True)


def against_numpy(rounds: int) -> None:
    """A corpus of real sentences, against one sentence after the other in numpy."""
    texts = sentences()
    network = text_network(texts)
    table = network.nodes[0].layer.table
    ids = [network.vocabulary.ids(network.tokenizer(text)) for text in texts]
    vectors = [table[sample] for sample in ids]
    precise = text_network(texts, dtype="float64")
    vectors64 = [x.astype(np.float64) for x in vectors]
    lengths = [len(sample) for sample in ids]

    def stream() -> list:
        return list(network.explain_stream(texts))

    explanations = stream()
    for n in (0, 1):
        one = numpy_loop.relevance(network, vectors[n]).sum(axis=1)
        np.testing.assert_allclose(one, explanations[n].token_relevance[0], atol=1e-3)
    messages, loop, engine, streamed = medians(
        min(rounds, 5),
        lambda: [numpy_loop.relevance(precise, x, back=numpy_loop.by_messages) for x in vectors64],
        lambda: [numpy_loop.relevance(network, x) for x in vectors],
        lambda: network.explain(texts),
        stream,
        warm=1,
    )
    waste = network.explain(texts).padding_waste
    print(
        f"\n{len(texts):,} real sentences of {min(lengths)} to {max(lengths)} words, "
        f"{statistics.fmean(lengths):.1f} on average; E = H = 60, random weights, LRP\n"
    )
    print("| by | seconds | times faster than the published way | than the same by products |")
    print("|---|---|---|---|")
    for name, seconds in (
        ("numpy sentence by sentence, as published: messages, float64, no ledger", messages),
        ("numpy sentence by sentence, matrix products, float32, no ledger", loop),
        ("`explain`, all in one call, with ledger", engine),
        ("`explain_stream`, with ledger", streamed),
    ):
        print(f"| {name} | {seconds:.2f} | {messages / seconds:.1f} | {loop / seconds:.1f} |")
    print(f"\n{waste:.1%} of the time steps computed in one call were padding.")


def single_texts(rounds: int) -> None:
    """What a person waits for, once TensorFlow is there."""
    import tensorflow as tf

    tf.constant(0.0)
    texts = sentences()
    network = text_network(texts)
    by_length = {len(network.tokenizer(text)): text for text in texts}
    first = timed(lambda: network.explain([by_length[20]]))
    (short,) = medians(rounds, lambda: network.explain_all([by_length[20]]))
    (long,) = medians(1, lambda: network.explain_all([["the"] * 5_000]), warm=1)
    large, _ = random_network("float32", seed=5)
    x = np.random.default_rng(1).normal(size=(1, T, E))
    first_large = timed(lambda: large.explain(x))
    several = text_network(texts)
    for count in range(1, 11):
        several.predict(texts[:count])
        several.explain_all([by_length[count + 4]] * count)
    live = " + ".join(method.short for method in LIVE_METHODS.values())
    print("\n| what | it took |")
    print("|---|---|")
    print(f"| first explanation of a new network, tracing included, E = H = 60 | {first:.2f} s |")
    print(f"| the same, E {E}, H {H} | {first_large:.2f} s |")
    print(f"| 20 words, {live} with ledger, warm, E = H = 60 | {short * 1e3:.1f} ms |")
    print(f"| 5,000 words, {live} with ledger, warm, E = H = 60 | {long:.2f} s |")
    print(f"| traces for ten lengths and batch sizes, predicting and explaining | "
          f"{program_of(several).traces()} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11, help="timed rounds per row")
    rounds = parser.parse_args().rounds
    single_texts(rounds)
    against_numpy(rounds)
    against_keras(rounds)
    shapes.table(min(rounds, 5))
    memory.table()


if __name__ == "__main__":
    main()
