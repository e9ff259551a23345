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
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy as np  # noqa: E402
import numpy_loop  # noqa: E402

import lrp_engine  # noqa: E402
from lrp_engine.network import Network  # noqa: E402

T, E, H, C = 25, 200, 300, 2


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def medians(rounds: int, *runs: Callable[[], object]) -> list[float]:
    """Median seconds of each, taking turns; two untimed warm-up rounds first."""
    for run in runs * 2:
        run()
    times = [[timed(run) for run in runs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def random_network(dtype: str, seed: int = 0) -> tuple[Network, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    arrays = [rng.normal(size=shape) * 0.1 for shape in shapes]
    return lrp_engine.from_weights(arrays, dtype=dtype), arrays


def keras_forward(arrays: list[np.ndarray], dtype: str) -> Callable:
    """The same network in Keras, its call compiled into one graph."""
    import keras
    import tensorflow as tf

    bilstm = keras.layers.Bidirectional(keras.layers.LSTM(H, dtype=dtype), dtype=dtype)
    model = keras.Sequential(
        [keras.Input((None, E), dtype=dtype), bilstm, keras.layers.Dense(C, dtype=dtype)]
    )
    model.set_weights([array.astype(dtype) for array in arrays])
    spec = tf.TensorSpec([None, None, E], dtype)
    graph = tf.function(lambda x: model(x, training=False), input_signature=[spec])
    return lambda x: graph(x).numpy()


def against_keras(rounds: int) -> None:
    print(f"T {T}, E {E}, H {H}, C {C}; times of a Keras forward pass of the same network\n")
    print("| dtype | batch | forward pass, ms | predict | LRP + ledger | LRP + SA + GI |")
    print("|---|---|---|---|---|---|")
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
                partial(network.explain_all, x),
            )
            ratios = " | ".join(f"{other / base:.2f}" for other in others)
            print(f"| {dtype} | {batch} | {base * 1e3:.1f} | {ratios} |", flush=True)


def against_numpy(rounds: int) -> None:
    folder = ROOT / "sample_models" / "sentiment"
    network = lrp_engine.load(folder)
    import pandas as pd

    texts = pd.read_csv(folder / "examples.csv")["text"].tolist()
    table = network.nodes[0].layer.table
    vectors = [table[network.vocabulary.ids(network.tokenizer(text))] for text in texts]
    found = network.explain(texts)
    for n in (0, 1):
        one = numpy_loop.relevance(network, vectors[n]).sum(axis=1)
        np.testing.assert_allclose(one, found.token_relevance[n, : len(one)], atol=1e-3)
    loop, corpus, single = medians(
        rounds,
        lambda: [numpy_loop.relevance(network, x) for x in vectors],
        lambda: network.explain(texts),
        lambda: network.explain_all(texts[:1]),
    )
    print(f"\n{len(texts)} real sentences, bundled sentiment model")
    print(f"- per-sample numpy loop: {loop / len(texts) * 1e3:.2f} ms a sentence")
    print(f"- engine, all sentences in one call: {loop / corpus:.1f} times faster")
    print(f"- one sentence, three methods with ledger, warm: {single * 1e3:.1f} ms")


def cold_start() -> None:
    """First explanation after loading, tracing included, in this process."""
    network, _ = random_network("float32", seed=5)
    x = np.random.default_rng(1).normal(size=(1, T, E))
    print(f"\nFirst explanation of a new network, tracing included: "
          f"{timed(lambda: network.explain(x)):.2f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11, help="timed rounds per row")
    rounds = parser.parse_args().rounds
    against_keras(rounds)
    cold_start()
    against_numpy(rounds)


if __name__ == "__main__":
    main()
