"""What the slow version is made of: activations, the epsilon rule message by message, a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FUNCTIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "hard_sigmoid": lambda z: np.clip((z + 3) / 6, 0, 1),
    "hard_sigmoid_keras_2": lambda z: np.clip(0.2 * z + 0.5, 0, 1),
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z)),
    "softplus": lambda z: np.logaddexp(0, z),
    "softsign": lambda z: z / (1 + np.abs(z)),
}


@dataclass
class Result:
    scores: np.ndarray  # (C,)
    relevance: np.ndarray  # (T, E) or (D,)
    ledger: dict[str, np.ndarray] = field(default_factory=dict)  # name -> (T,) or ()
    states: dict[str, float] = field(default_factory=dict)
    layers: dict[str, np.ndarray] = field(default_factory=dict)

    def book(self, name: str, kept: np.ndarray, bias: bool) -> None:
        """Write what an operation kept, (T, 2) or (2,), into the ledger."""
        if bias:
            self.ledger[f"{name}/bias"] = kept[..., 0]
        self.ledger[f"{name}/stabilizer"] = kept[..., 1]


def linear(R, z, inputs, weights, bias, eps, delta):
    """The epsilon rule, message by message. Returns relevances of the inputs, [bias, stabilizer].

    R, z, bias: (M,). inputs: list of (D_n,); weights: list of (D_n, M).
    """
    units = sum(len(x) for x in inputs)
    sign = np.where(z >= 0, 1.0, -1.0)
    s = R / (z + eps * sign)
    relevances = []
    for x, W in zip(inputs, weights, strict=True):
        message = np.zeros((len(x), len(z)))
        for k in range(len(x)):
            for j in range(len(z)):
                message[k, j] = x[k] * W[k, j] * s[j]
                message[k, j] += delta * (bias[j] + eps * sign[j]) * s[j] / units
        relevances.append(message.sum(axis=1))
    kept = (1 - delta) * np.array([(bias * s).sum(), (eps * sign * s).sum()])
    return relevances, kept


def add(R, values, eps, delta):
    """Identity weights, row by row: relevances of the values (each like R), what was kept."""
    rows = np.stack([np.atleast_2d(value) for value in values])  # (n, T, D)
    parts, kept = np.zeros_like(rows), np.zeros((rows.shape[1], 2))
    eye = np.eye(rows.shape[2])
    for t, r in enumerate(np.atleast_2d(R)):
        inputs = list(rows[:, t])
        parts[:, t], kept[t] = linear(
            r, sum(inputs), inputs, [eye] * len(inputs), np.zeros(len(r)), eps, delta
        )
    return [part.reshape(R.shape) for part in parts], kept if R.ndim == 2 else kept[0]
