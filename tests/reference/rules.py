"""What the slow version is made of: activations, the epsilon rule message by message, a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import erf

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
    "gelu": lambda z: z * np.vectorize(lambda v: (1 + erf(v / 2**0.5)) / 2)(z),
    "gelu_tanh": lambda z: z / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "hard_silu": lambda z: z * np.clip((z + 3) / 6, 0, 1),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "relu6": lambda z: np.clip(z, 0, 6),
    "mish": lambda z: z * np.tanh(np.log1p(np.exp(z))),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "exponential": np.exp,
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


def linear(R, z, inputs, weights, bias, rule, mixed=True):
    """The epsilon rule, message by message. Returns relevances of the inputs, [bias, stabilizer].

    R, z, bias: (M,). inputs: list of (D_n,); weights: list of (D_n, M). mixed: whether a matrix
    mixes the units.
    """
    units = sum(len(x) for x in inputs)
    eps, delta = rule.eps, rule.bias_factor if units else 0
    if mixed and rule.name == "relative_epsilon":
        eps += rule.relative * (sum(value**2 for value in z) / len(z)) ** 0.5
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


def layer(R, z, inputs, weights, bias, rule):
    """`linear` for dense and convolution layers: what the rule's own shares make of each output.

    `inputs` are those that exist.
    """
    if rule.name not in SHARES:
        return linear(R, z, inputs, weights, bias, rule)
    x = np.concatenate([*inputs, []])
    W = np.concatenate([*weights, np.zeros((0, len(z)))])
    message, kept = np.zeros(W.shape), np.zeros(2)
    for j in range(len(z)):
        shares, of_bias, left = SHARES[rule.name](x, W[:, j], bias[j], z[j], R[j], rule)
        absorbed = np.array([of_bias, left])
        delta = rule.bias_factor if len(x) else 0  # a window may lie outside of the sequence
        message[:, j] = shares + delta * absorbed.sum() / max(len(x), 1)
        kept += (1 - delta) * absorbed
    cuts = np.cumsum([len(part) for part in inputs])
    return np.split(message.sum(axis=1), cuts)[:-1], kept


# Relevance of each input of one output, of its bias, and of the stabilizer.


def gamma_shares(x, w, b, z, R, rule):
    sign = 1.0 if z >= 0 else -1.0
    a = np.array([*(x[k] * w[k] for k in range(len(x))), b])
    a = np.where(a * sign > 0, (1 + rule.gamma) * a, a)
    s = R / (a.sum() + rule.eps * sign)
    return a[:-1] * s, a[-1] * s, rule.eps * sign * s


def alpha_beta_shares(x, w, b, z, R, rule):
    alpha, beta = (1, 0) if rule.name == "z_plus" else (rule.alpha, rule.beta)
    a = np.array([*(x[k] * w[k] for k in range(len(x))), b])
    for_, against = np.maximum(a, 0), np.minimum(a, 0)
    up, down = alpha * R / (for_.sum() + rule.eps), beta * R / (against.sum() - rule.eps)
    shares = for_ * up - against * down
    return shares[:-1], shares[-1], rule.eps * (up + down)


def w_square_shares(x, w, b, z, R, rule):
    squares = [w[k] ** 2 for k in range(len(x))]
    total = sum(squares) + rule.eps
    return np.array([square / total * R for square in squares]), 0.0, rule.eps / total * R


def flat_shares(x, w, b, z, R, rule):
    return np.array([R / len(x) for _ in x]), 0.0, 0.0 if len(x) else R


def z_b_shares(x, w, b, z, R, rule):
    c = [x[k] * w[k] - rule.low * max(w[k], 0) - rule.high * min(w[k], 0) for k in range(len(x))]
    total = sum(c)
    added = rule.eps if total >= 0 else -rule.eps
    return np.array([one / (total + added) * R for one in c]), 0.0, added / (total + added) * R


SHARES = {
    "gamma": gamma_shares,
    "alpha_beta": alpha_beta_shares,
    "z_plus": alpha_beta_shares,
    "w_square": w_square_shares,
    "flat": flat_shares,
    "z_b": z_b_shares,
}


def gated(R, gate, signal, rule):
    """Shares of gate and signal in the relevance of their product, unit by unit."""
    of_gate = np.zeros_like(R)
    for place in np.ndindex(R.shape):
        g, s = gate[place], signal[place]
        if rule.gates == "half":
            of_gate[place] = R[place] / 2
        elif rule.gates == "prop":
            of_gate[place] = R[place] * g / (g + s + (rule.eps if g + s >= 0 else -rule.eps))
        elif rule.gates == "abs":
            of_gate[place] = R[place] * abs(g) / (abs(g) + abs(s) + rule.eps)
    return of_gate, R - of_gate


def multiplied(R, a, b, rule):
    """Two signals: each is the gate of the other in one half."""
    one, two = gated(R / 2, a, b, rule), gated(R / 2, b, a, rule)
    return [one[0] + two[1], one[1] + two[0]]


def add(R, values, rule):
    """Identity weights, row by row: relevances of the values (each like R), what was kept."""
    rows = np.stack([np.atleast_2d(value) for value in values])  # (n, T, D)
    parts, kept = np.zeros_like(rows), np.zeros((rows.shape[1], 2))
    eye = np.eye(rows.shape[2])
    for t, r in enumerate(np.atleast_2d(R)):
        inputs = list(rows[:, t])
        parts[:, t], kept[t] = linear(
            r, sum(inputs), inputs, [eye] * len(inputs), np.zeros(len(r)), rule, mixed=False
        )
    return [part.reshape(R.shape) for part in parts], kept if R.ndim == 2 else kept[0]
