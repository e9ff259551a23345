"""Scores of an input without some of its words, by which of them stay."""

from __future__ import annotations

import numpy as np

from lrp_engine.attribution.methods.base import Run


def words_of(run: Run, sample: int) -> np.ndarray:
    """Positions (n,) of the words of a sample that can be left out."""
    return np.flatnonzero(run.droppable[sample])


def scores_of_masks(run: Run, sample: int, masks: np.ndarray, removal: str) -> np.ndarray:
    """Target scores (m,) of a sample, float64; equal masks are computed once.

    Args:
        masks: (m, n) bool, which of the n words of `words_of` stay.
        removal: a name in `REMOVALS`.
    """
    distinct, where = np.unique(masks, axis=0, return_inverse=True)
    kept = np.ones((len(distinct), int(run.lengths[sample])), bool)
    kept[:, words_of(run, sample)] = distinct
    scores = run.predict(((sample, one) for one in kept), removal)
    targets: np.ndarray = (run.selection[sample] * scores).sum(axis=1, dtype=np.float64)
    return targets[where.reshape(-1)]
