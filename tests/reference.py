"""The slow, obvious version of everything: one sample, one time step, one unit at a time.

Written from the formulas, in float64, without the engine's code: relevance is propagated by hand,
layer by layer, building every message; gradients are central differences. It reads the weights of
the same `Network`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lrp_engine.layers import LSTM, Bidirectional, Dense, Embedding
from lrp_engine.network import Network

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


class LSTMReference:
    def __init__(self, layer: LSTM, prefix: str) -> None:
        self.layer, self.prefix = layer, prefix
        H = self.H = layer.units
        names = ("i", "f", "o", "g")
        self.W = {n: layer.kernel[:, k * H : (k + 1) * H] for k, n in enumerate(names)}
        self.U = {n: layer.recurrent_kernel[:, k * H : (k + 1) * H] for k, n in enumerate(names)}
        self.b = {n: layer.bias[k * H : (k + 1) * H] for k, n in enumerate(names)}
        self.squash = FUNCTIONS[layer.activation]
        self.gate = FUNCTIONS[layer.recurrent_activation]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        self.order = range(len(x))[::-1] if self.layer.go_backwards else range(len(x))
        h, c = np.zeros(self.H), np.zeros(self.H)
        self.steps = {}
        outputs = np.zeros((len(x), self.H))
        for t in self.order:
            z = {n: x[t] @ self.W[n] + h @ self.U[n] + self.b[n] for n in "ifog"}
            i, f, o, g = (self.gate(z["i"]), self.gate(z["f"]), self.gate(z["o"]),
                          self.squash(z["g"]))  # fmt: skip
            new = f * c + i * g
            self.steps[t] = {"h": h, "c": c, "z": z["g"], "i": i, "f": f, "g": g, "new": new}
            c, h = new, o * self.squash(new)
            outputs[t] = h
        return outputs if self.layer.return_sequences else h

    def backward(self, R: np.ndarray, eps: float, delta: float, result: Result) -> np.ndarray:
        """R: (T, H), or (H,) at the last state."""
        T, H = len(self.x), self.H
        Rx = np.zeros_like(self.x)
        Rh, Rc = np.zeros(H), np.zeros(H)
        if not self.layer.return_sequences:
            Rh = R.copy()
        signal, cell = np.zeros((T, 2)), np.zeros((T, 2))
        for t in reversed(self.order):
            step = self.steps[t]
            if self.layer.return_sequences:
                Rh = Rh + R[t]
            Rc = Rc + Rh  # o * tanh(c): the signal takes all
            (Rkept, Radded), cell[t] = linear(
                Rc, step["new"], [step["f"] * step["c"], step["i"] * step["g"]],
                [np.eye(H), np.eye(H)], np.zeros(H), eps, delta,
            )  # fmt: skip
            (Rx[t], Rh), signal[t] = linear(
                Radded, step["z"], [self.x[t], step["h"]], [self.W["g"], self.U["g"]],
                self.b["g"], eps, delta,
            )  # fmt: skip
            Rc = Rkept
        result.ledger[f"{self.prefix}/signal/bias"] = signal[:, 0]
        result.ledger[f"{self.prefix}/signal/stabilizer"] = signal[:, 1]
        result.ledger[f"{self.prefix}/cell/stabilizer"] = cell[:, 1]
        result.states[f"{self.prefix}/h"] = Rh.sum()
        result.states[f"{self.prefix}/c"] = Rc.sum()
        return Rx


class BidirectionalReference:
    def __init__(self, layer: Bidirectional, prefix: str) -> None:
        self.one = LSTMReference(layer.forward_layer, f"{prefix}/forward")
        self.two = LSTMReference(layer.backward_layer, f"{prefix}/backward")

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([self.one.forward(x), self.two.forward(x)], axis=-1)

    def backward(self, R: np.ndarray, eps: float, delta: float, result: Result) -> np.ndarray:
        H = self.one.H
        return self.one.backward(R[..., :H], eps, delta, result) + self.two.backward(
            R[..., H:], eps, delta, result
        )


class DenseReference:
    def __init__(self, layer: Dense, prefix: str) -> None:
        self.layer, self.prefix = layer, prefix
        self.b = np.zeros(layer.kernel.shape[1]) if layer.bias is None else layer.bias

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.z = x, x @ self.layer.kernel + self.b
        return FUNCTIONS[self.layer.activation](self.z)

    def backward(self, R: np.ndarray, eps: float, delta: float, result: Result) -> np.ndarray:
        rows = [
            linear(r, z, [x], [self.layer.kernel], self.b, eps, delta)
            for r, z, x in zip(np.atleast_2d(R), np.atleast_2d(self.z), np.atleast_2d(self.x),
                               strict=True)
        ]  # fmt: skip
        kept = np.array([kept for _, kept in rows])
        for column, kind in enumerate(("bias", "stabilizer")):
            if kind == "bias" and self.layer.bias is None:
                continue
            values = kept[:, column] if self.x.ndim == 2 else kept[0, column]
            result.ledger[f"{self.prefix}/sum/{kind}"] = values
        return np.array([relevances[0] for relevances, _ in rows]).reshape(self.x.shape)


class EmbeddingReference:
    def __init__(self, layer: Embedding, prefix: str) -> None:
        pass

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, R: np.ndarray, eps: float, delta: float, result: Result) -> np.ndarray:
        return R


REFERENCES = {
    LSTM: LSTMReference,
    Bidirectional: BidirectionalReference,
    Dense: DenseReference,
    Embedding: EmbeddingReference,
}


def scores(network: Network, x: np.ndarray) -> np.ndarray:
    """Class scores (C,) of one sample (T, E) or (D,)."""
    return _run(network, x)[0]


def _run(network, x):
    layers = {n.name: REFERENCES[type(n.layer)](n.layer, n.name) for n in network.nodes}
    values = {"input": x}
    for node in network.nodes:
        values[node.name] = layers[node.name].forward(*(values[i] for i in node.inputs))
    out = values[network.nodes[-1].name]
    return (np.array([-out[0], out[0]]) if len(out) == 1 else out), layers, values


def relevance(
    network: Network, x: np.ndarray, selection: np.ndarray, eps: float, delta: float
) -> Result:
    """LRP of one sample x (T, E) or (D,), for a signed choice of classes (C,)."""
    found, layers, values = _run(network, x)
    result = Result(found, np.zeros_like(x))
    start = found * selection
    R = {name: np.zeros_like(value) for name, value in values.items()}
    last = network.nodes[-1].name
    R[last] = np.array([start.sum()]) if network.single_sigmoid else start
    for node in reversed(network.nodes):
        result.layers[node.name] = R[node.name]
        for name in node.inputs:
            R[name] = R[name] + layers[node.name].backward(R[node.name], eps, delta, result)
    result.relevance = R["input"]
    return result


def gradient(network: Network, x: np.ndarray, selection: np.ndarray) -> np.ndarray:
    """d(selected score) / dx by central differences, the shape of x."""
    step, out = 1e-5, np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        rise = scores(network, up) - scores(network, down)
        out[index] = (rise * selection).sum() / (2 * step)
    return out
