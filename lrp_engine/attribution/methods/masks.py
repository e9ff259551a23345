"""Scores of inputs without some of their words, by which of them stay.

Axes: S samples, n words, m masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lrp_engine.attribution.methods.base import Run, Variant


def words_of(run: Run, sample: int) -> np.ndarray:
    """Positions (n,) of the words of a sample that can be left out."""
    return np.flatnonzero(run.droppable[sample])


def by_count(run: Run) -> Iterator[tuple[int, list[int]]]:
    """Numbers of words above 0, and the samples that have so many."""
    counts = run.droppable.sum(axis=1).tolist()
    for count in sorted(set(counts) - {0}):
        yield count, [sample for sample, one in enumerate(counts) if one == count]


def scores_of_masks(
    run: Run, samples: Sequence[int], masks: np.ndarray, removal: str
) -> np.ndarray:
    """Target scores (S, m) of samples of equally many words, float64.

    Equal masks are computed once, and so are samples that differ in their target alone.

    Args:
        masks: (m, n) bool, which of the n words of `words_of` stay.
        removal: a name in `REMOVALS`.
    """
    distinct, where = np.unique(masks, axis=0, return_inverse=True)
    sources, source = _sources(run, samples)

    def variants() -> Iterator[Variant]:
        for sample in sources:
            kept = np.ones((len(distinct), int(run.lengths[sample])), bool)
            kept[:, words_of(run, sample)] = distinct
            for one in kept:
                yield sample, one

    scores = run.predict(variants(), removal).reshape(len(sources), len(distinct), -1)
    found = np.empty((len(samples), len(masks)))
    for n, sample in enumerate(samples):
        targets = (run.selection[sample] * scores[source[n]]).sum(axis=1, dtype=np.float64)
        found[n] = targets[where.reshape(-1)]
    return found


def _sources(run: Run, samples: Sequence[int]) -> tuple[list[int], list[int]]:
    """Samples of which no two read the same, and for each sample which of these it reads."""
    known: dict[tuple[bytes, ...], int] = {}
    found = [
        known.setdefault(
            tuple(one[sample].tobytes() for one in (run.x, run.steps, run.lengths, run.droppable)),
            sample,
        )
        for sample in samples
    ]
    sources = list(known.values())
    place = {sample: n for n, sample in enumerate(sources)}
    return sources, [place[sample] for sample in found]
