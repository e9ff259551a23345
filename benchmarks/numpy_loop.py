"""LRP of one sample at a time in plain numpy: the peers that the engine is measured against.

Vectorized over units, a Python loop over time, one sentence per call; no ledger. `by_messages` is
the way of the published reference script: float64, and every message of the epsilon rule in a
matrix (D, M), also for the identity weights of the cell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrp_engine.layers import LSTM, Bidirectional, Dense
from lrp_engine.model.network import Network


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _forward(layer: LSTM, x: np.ndarray) -> tuple[np.ndarray, list]:
    H = layer.units
    h, c, steps = np.zeros(H, x.dtype), np.zeros(H, x.dtype), []
    projected = x @ layer.kernel + layer.bias
    for t in range(len(x))[:: -1 if layer.go_backwards else 1]:
        z = projected[t] + h @ layer.recurrent_kernel
        i, f, o = np.split(_sigmoid(z[: 3 * H]), 3)
        g = np.tanh(z[3 * H :])
        kept, added = f * c, i * g
        steps.append((t, h, kept, added, z[3 * H :]))
        c = kept + added
        h = o * np.tanh(c)
    return h, steps


def _share(R: np.ndarray, z: np.ndarray, eps: float) -> np.ndarray:
    return R / (z + np.where(z >= 0, eps, -eps))


def by_products(x: np.ndarray, W: np.ndarray | None, s: np.ndarray) -> np.ndarray:
    """R_k = x_k sum_j W_kj s_j."""
    return x * (s if W is None else W @ s)


def by_messages(x: np.ndarray, W: np.ndarray | None, s: np.ndarray) -> np.ndarray:
    """The same, message by message."""
    return (x[:, None] * (np.identity(len(x)) if W is None else W) * s).sum(axis=1)


def _backward(
    layer: LSTM, x: np.ndarray, steps: list, R: np.ndarray, eps: float, back: Callable
) -> np.ndarray:
    H = layer.units
    W, U = layer.kernel[:, 3 * H :], layer.recurrent_kernel[:, 3 * H :]
    out, Rh, Rc = np.zeros_like(x), R, np.zeros_like(R)
    for t, h, kept, added, z in reversed(steps):
        s = _share(Rc + Rh, kept + added, eps)
        Rc = back(kept, None, s)
        s = _share(back(added, None, s), z, eps)
        out[t] = back(x[t], W, s)
        Rh = back(h, U, s)
    return out


def relevance(
    network: Network, x: np.ndarray, eps: float = 1e-3, *, back: Callable = by_products
) -> np.ndarray:
    """Relevance (T, E) for the predicted class of one sample (T, E): BiLSTM and output layer."""
    *_, bilstm, output = (node.layer for node in network.nodes)
    assert isinstance(bilstm, Bidirectional)
    assert isinstance(output, Dense)
    halves = [bilstm.forward_layer, bilstm.backward_layer]
    runs = [_forward(layer, x) for layer in halves]
    h = np.concatenate([state for state, _ in runs])
    scores = h @ output.kernel + (0 if output.bias is None else output.bias)
    c = scores.argmax()
    R = h * output.kernel[:, c] * _share(scores[c : c + 1], scores[c : c + 1], eps)
    parts = np.split(R, 2)
    return sum(
        (_backward(layer, x, steps, part, eps, back)
         for layer, (_, steps), part in zip(halves, runs, parts, strict=True)),
        np.zeros_like(x),
    )  # fmt: skip
