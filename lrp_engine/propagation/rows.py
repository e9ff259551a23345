"""Rows of the arrays that passes read and make: filled up to sizes, and put together."""

from __future__ import annotations

import numpy as np

from lrp_engine.model.chunks import rounded_up


def filled(*arrays: np.ndarray, compiled: bool) -> list[np.ndarray]:
    """The same rows; of a pass that is compiled for its shape also copies of the last one, up to a
    size that other passes have, too."""
    more = rounded_up(len(arrays[0])) - len(arrays[0]) if compiled else 0
    return [np.concatenate([a, np.repeat(a[-1:], more, axis=0)]) if more else a for a in arrays]


def joined(*parts: np.ndarray) -> np.ndarray:
    """Rows one below the other; steps that some have fewer of are filled up with zeros."""
    if parts[0].ndim > 1 and len({part.shape[1] for part in parts}) > 1:
        most = max(part.shape[1] for part in parts)
        ends = [(0, 0)] * (parts[0].ndim - 2)
        parts = tuple(np.pad(part, [(0, 0), (0, most - part.shape[1]), *ends]) for part in parts)
    return np.concatenate(parts)
