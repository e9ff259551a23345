"""How far explaining raises a process' peak memory: each size in a fresh process.

The peak of a process never falls, so that every size needs a process of its own.
"""

from __future__ import annotations

import multiprocessing
import sys
from itertools import islice

import numpy as np

from benchmarks.networks import E, H, random_network, sentences, text_network
from lrp_engine.corpora.shard import peak_memory

BATCHES = ((200, 25), (400, 25), (800, 25), (200, 100), (800, 100))
STREAMS = (8_000, 32_000, 64_000)
# By then the allocator has settled: pieces it keeps for later, some 40 MB, are no growth.
SETTLED = 32_768


def peak() -> int:
    """Peak memory of this process so far, in bytes."""
    return peak_memory()


def of_batch(samples: int, steps: int) -> int:
    """Growth in bytes by one LRP explanation of vectors (samples, steps, E)."""
    network, _ = random_network("float32")
    network.explain(np.zeros((1, 2, E), "float32"))
    x = np.random.default_rng(1).normal(size=(samples, steps, E)).astype("float32")
    before = peak()
    network.explain(x)
    return peak() - before


def of_stream(count: int) -> int:
    """Growth in bytes by a stream of so many real sentences, results dropped as they come."""
    texts = sentences()
    network = text_network(texts)
    some = (texts[n % len(texts)] for n in range(SETTLED + count))
    for _ in network.explain_stream(islice(some, SETTLED)):
        pass
    before = peak()
    for _ in network.explain_stream(some):
        pass
    return peak() - before


def fresh(measure: object, *arguments: int) -> int:
    """What a measurement gives in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)  # type: ignore[arg-type]


def table() -> None:
    """Print both tables as Markdown; nothing on Windows, which does not tell the peak."""
    if sys.platform == "win32":
        return
    print(f"\nPeak memory of LRP with its ledger, E {E}, H {H}, float32\n")
    print("| B | T | growth, MB | growth / (B T H numbers) |")
    print("|---|---|---|---|")
    for samples, steps in BATCHES:
        grown = fresh(of_batch, samples, steps)
        numbers = samples * steps * H * 4
        print(f"| {samples} | {steps} | {grown / 1e6:.0f} | {grown / numbers:.1f} |", flush=True)
    print(f"\n| sentences in a stream, after the first {SETTLED:,} | growth, MB |")
    print("|---|---|")
    for texts in STREAMS:
        print(f"| {texts:,} | {fresh(of_stream, texts) / 1e6:.0f} |", flush=True)
