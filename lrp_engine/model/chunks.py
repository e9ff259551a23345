"""Which samples share a pass: those of similar length, as many as its bounds allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.model.cost import PassCost

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Bounds the memory of one chunk: padded tokens, rows, and numbers where tokens are very wide.
CHUNK_TOKENS = 8192
CHUNK_ROWS = 1024
CHUNK_NUMBERS = CHUNK_TOKENS * 4096
# A step of a loop over time takes nearly the same time for few rows as for so many: of long texts
# a chunk holds more than `CHUNK_TOKENS`, up to so many rows.
FULL_ROWS = 128
# That one backward pass over a chunk holds, as counted: an upper bound, most hold less than half.
CHUNK_BYTES = 2 * 10**9


# Of the sizes between a power of two and the next, so many stand for all.
RUNGS = 8


def rounded_up(size: int) -> int:
    """The least size from `size` on that shapes take where each shape is compiled by itself:
    at most an eighth more."""
    step = max(1, 2 ** (size.bit_length() - 1) // RUNGS)
    return -(-size // step) * step


def is_all(chunk: np.ndarray, count: int) -> bool:
    """Whether a chunk is all of so many samples, in their order."""
    return len(chunk) == count and bool((np.diff(chunk) > 0).all())


def in_chunks(network: Network, sizes: np.ndarray, units: int) -> Iterator[np.ndarray]:
    """Indices of samples of similar length, few enough for one pass.

    Args:
        sizes: steps (B,) of each sample. units: of one step, at most.
    """
    order = np.argsort(sizes, kind="stable")
    most: dict[int, int] = {}  # rows, by the longest of a chunk
    start = 0
    for end, longest in enumerate(sizes[order].tolist()):
        if end == start:
            continue
        if longest not in most:
            most[longest] = _most_rows(network, max(1, longest), units)
        if end + 1 - start > most[longest]:
            yield order[start:end]
            start = end
    yield order[start:]


def _most_rows(network: Network, steps: int, units: int) -> int:
    """How many samples of so many steps one chunk holds."""
    rows = min(CHUNK_ROWS, max(CHUNK_TOKENS // steps, FULL_ROWS))
    rows = min(rows, CHUNK_NUMBERS // (units * steps))
    return min(rows, CHUNK_BYTES // _bytes_of_row(network, steps))


def _bytes_of_row(network: Network, steps: int) -> int:
    """That a backward pass holds for a sample of so many steps; kept with the network."""
    known: dict[int, int] = network.compiled.setdefault("bytes of a row", {})
    if steps not in known:
        known[steps] = PassCost(network, steps=steps, backward=1).by_row
    return known[steps]
