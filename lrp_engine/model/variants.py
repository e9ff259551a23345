"""What a network reads of samples without some of their steps, for many at once.

`Samples.variants` makes samples of them, which people may be shown; where only scores are asked
for, that costs more than the pass itself.

Axes: b variants, n steps of a sample, t steps of the longest variant, E units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp_engine.model.samples import MASKED, READ, Samples, steps_of_chunk


def only_shorter(samples: Samples) -> bool:
    """Whether a sample without some steps is shorter and nothing else: not marked, not padded."""
    if not samples.timed or samples.reads.length is not None:
        return False
    if samples.positions is not None or samples.emptied is not None:
        return False
    tokenizer = samples.reads.tokenizer
    marks = (tokenizer.start, tokenizer.end) != (None, None)
    return samples.alignment is None or not (marks or tokenizer.pad)


def shortened(
    samples: Samples, chosen: Sequence[tuple[int, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Values (b, t, E) and kinds of steps (b, t), as `Samples.padded` returns them.

    Args:
        samples: for which `only_shorter` holds.
        chosen: pairs of a sample and which of its n steps stay, (n,) bool.
    """
    reads = samples.reads
    kept = np.concatenate([stays for _, stays in chosen])
    ends = np.cumsum([len(stays) for _, stays in chosen])
    so_far = np.concatenate([[0], np.cumsum(kept)])
    counts = np.diff(so_far[ends], prepend=0)  # (b,)
    real = np.arange(steps_of_chunk(samples, counts)) < counts[:, None]
    steps = np.zeros(real.shape, np.int8)
    masks = np.concatenate([samples.masks[row] for row, _ in chosen])
    steps[real] = np.where(masks[kept], READ, MASKED)
    if samples.values is not None:
        x = np.zeros((*real.shape, samples.values.shape[2]), reads.dtype)
        whole = [samples.values[row, : len(stays)] for row, stays in chosen]
        x[real] = np.concatenate(whole)[kept]
        return x, steps
    assert samples.ids is not None
    assert reads.embedding is not None
    ids = np.full(real.shape, -1)
    ids[real] = np.concatenate([samples.ids[row] for row, _ in chosen])[kept]
    return reads.embedding.rows(ids).astype(reads.dtype, copy=False), steps
