"""The slow, obvious version of everything: one sample, one time step, one unit at a time.

Written from the formulas, in float64, without the engine's code: relevance is propagated by hand,
layer by layer, building every message; gradients are central differences. It reads the weights of
the same `Network`.
"""

from __future__ import annotations

import numpy as np

from lrp_engine import layers
from lrp_engine.layers import GRU, LSTM, Bidirectional, Dense, SimpleRNN
from lrp_engine.model.network import Network
from lrp_engine.propagation.rules import Rule
from tests.reference.layers import (
    AddReference,
    AttentionReference,
    AveragePoolingReference,
    BatchNormalizationReference,
    ConcatenateReference,
    Conv1DReference,
    DotReference,
    ELUReference,
    LayerNormalizationReference,
    MaskReference,
    MaximumReference,
    MaxPoolingReference,
    MultiHeadReference,
    MultiplyReference,
    PoolingAttentionReference,
    PReLUReference,
    RescalingReference,
    SameReference,
    ShapeReference,
    SliceReference,
    SoftmaxReference,
    SumPoolingReference,
    TakeStepReference,
)
from tests.reference.rules import FUNCTIONS, Result, add, gated, layer, linear, multiplied


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
            self.steps[t] = {"h": h, "c": c, "z": z, "i": i, "f": f, "g": g, "o": o, "new": new}
            c, h = new, o * self.squash(new)
            outputs[t] = c if self.layer.cell else h
        return outputs if self.layer.return_sequences else c if self.layer.cell else h

    def backward(self, R: np.ndarray, rule: Rule, result: Result) -> np.ndarray:
        """R: (T, H), or (H,) at the last state."""
        T, H = len(self.x), self.H
        Rx = np.zeros_like(self.x)
        Rh, Rc = np.zeros(H), np.zeros(H)
        if not self.layer.return_sequences and self.layer.cell:
            Rc = R.copy()
        elif not self.layer.return_sequences:
            Rh = R.copy()
        signal, cell, gates = np.zeros((T, 2)), np.zeros((T, 2)), np.zeros((T, 2))
        Wg, Ug = (np.concatenate([m[n] for n in "ifo"], axis=1) for m in (self.W, self.U))
        bg = np.concatenate([self.b[n] for n in "ifo"])
        for t in reversed(self.order):
            step = self.steps[t]
            if self.layer.return_sequences and self.layer.cell:
                Rc = Rc + R[t]
            elif self.layer.return_sequences:
                Rh = Rh + R[t]
            Ro, Rbent = gated(Rh, step["o"], self.squash(step["new"]), rule)
            Rc = Rc + Rbent
            (Rkept, Radded), cell[t] = linear(
                Rc, step["new"], [step["f"] * step["c"], step["i"] * step["g"]],
                [np.eye(H), np.eye(H)], np.zeros(H), rule, mixed=False,
            )  # fmt: skip
            Rf, Rc = gated(Rkept, step["f"], step["c"], rule)
            Ri, Rg = gated(Radded, step["i"], step["g"], rule)
            (Rx[t], Rh), signal[t] = linear(
                Rg, step["z"]["g"], [self.x[t], step["h"]], [self.W["g"], self.U["g"]],
                self.b["g"], rule,
            )  # fmt: skip
            (Rx_gates, Rh_gates), gates[t] = linear(
                np.concatenate([Ri, Rf, Ro]), np.concatenate([step["z"][n] for n in "ifo"]),
                [self.x[t], step["h"]], [Wg, Ug], bg, rule,
            )  # fmt: skip
            Rx[t], Rh = Rx[t] + Rx_gates, Rh + Rh_gates
        if rule.gates != "all":
            result.book(f"{self.prefix}/gates", gates, True)
        result.book(f"{self.prefix}/signal", signal, True)
        result.book(f"{self.prefix}/cell", cell, False)
        result.states[f"{self.prefix}/h"] = Rh.sum()
        result.states[f"{self.prefix}/c"] = Rc.sum()
        return Rx


class GRUReference:
    def __init__(self, layer: GRU, prefix: str) -> None:
        self.layer, self.prefix = layer, prefix
        H = self.H = layer.units
        cut = {n: slice(k * H, (k + 1) * H) for k, n in enumerate("zrg")}
        self.W = {n: layer.kernel[:, cut[n]] for n in "zrg"}
        self.U = {n: layer.recurrent_kernel[:, cut[n]] for n in "zrg"}
        self.b = {n: layer.bias[cut[n]] for n in "zrg"}
        two = np.zeros(3 * H) if layer.recurrent_bias is None else layer.recurrent_bias
        self.b2 = {n: two[cut[n]] for n in "zrg"}
        self.squash = FUNCTIONS[layer.activation]
        self.gate = FUNCTIONS[layer.recurrent_activation]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        self.order = range(len(x))[::-1] if self.layer.go_backwards else range(len(x))
        h = np.zeros(self.H)
        self.steps = {}
        outputs = np.zeros((len(x), self.H))
        for t in self.order:
            before = [x[t] @ self.W[n] + h @ self.U[n] + self.b[n] + self.b2[n] for n in "zr"]
            z, r = map(self.gate, before)
            recalled = h @ self.U["g"] + self.b2["g"]
            if self.layer.reset_after:
                pre = x[t] @ self.W["g"] + self.b["g"] + r * recalled
            else:
                pre = x[t] @ self.W["g"] + self.b["g"] + (r * h) @ self.U["g"]
            g = self.squash(pre)
            new = z * h + (1 - z) * g
            self.steps[t] = {"h": h, "z": z, "r": r, "recalled": recalled, "pre": pre, "g": g,
                             "new": new, "gates": np.concatenate(before)}  # fmt: skip
            h = outputs[t] = new
        return outputs if self.layer.return_sequences else h

    def backward(self, R: np.ndarray, rule: Rule, result: Result) -> np.ndarray:
        T, H = len(self.x), self.H
        Rx, Rh = np.zeros_like(self.x), np.zeros(H)
        if not self.layer.return_sequences:
            Rh = R.copy()
        kept = {name: np.zeros((T, 2)) for name in ("signal", "cell", "recurrent", "gates")}
        Wg, Ug = (np.concatenate([m[n] for n in "zr"], axis=1) for m in (self.W, self.U))
        bg = np.concatenate([self.b[n] + self.b2[n] for n in "zr"])
        for t in reversed(self.order):
            s = self.steps[t]
            if self.layer.return_sequences:
                Rh = Rh + R[t]
            (Rstate, Radded), kept["cell"][t] = linear(
                Rh, s["new"], [s["z"] * s["h"], (1 - s["z"]) * s["g"]], [np.eye(H), np.eye(H)],
                np.zeros(H), rule, mixed=False,
            )  # fmt: skip
            Rz, Rstate = gated(Rstate, s["z"], s["h"], rule)
            Rnot_z, Rg = gated(Radded, 1 - s["z"], s["g"], rule)
            if self.layer.reset_after:
                (Rx[t], Rproduct), kept["signal"][t] = linear(
                    Rg, s["pre"], [self.x[t], s["r"] * s["recalled"]], [self.W["g"], np.eye(H)],
                    self.b["g"], rule,
                )  # fmt: skip
                Rr, Rrecalled = gated(Rproduct, s["r"], s["recalled"], rule)
                (Rback,), kept["recurrent"][t] = linear(
                    Rrecalled, s["recalled"], [s["h"]], [self.U["g"]], self.b2["g"], rule
                )
            else:
                (Rx[t], Rproduct), kept["signal"][t] = linear(
                    Rg, s["pre"], [self.x[t], s["r"] * s["h"]], [self.W["g"], self.U["g"]],
                    self.b["g"], rule,
                )  # fmt: skip
                Rr, Rback = gated(Rproduct, s["r"], s["h"], rule)
            (Rx_gates, Rh_gates), kept["gates"][t] = linear(
                np.concatenate([Rz + Rnot_z, Rr]), s["gates"], [self.x[t], s["h"]], [Wg, Ug],
                bg, rule,
            )  # fmt: skip
            Rx[t] += Rx_gates
            Rh = Rstate + Rback + Rh_gates
        if rule.gates != "all":
            result.book(f"{self.prefix}/gates", kept["gates"], True)
        result.book(f"{self.prefix}/signal", kept["signal"], True)
        result.book(f"{self.prefix}/cell", kept["cell"], False)
        if self.layer.reset_after:
            bias = self.layer.recurrent_bias is not None
            result.book(f"{self.prefix}/recurrent", kept["recurrent"], bias)
        result.states[f"{self.prefix}/h"] = Rh.sum()
        return Rx


class SimpleRNNReference:
    def __init__(self, layer: SimpleRNN, prefix: str) -> None:
        self.layer, self.prefix, self.H = layer, prefix, layer.units

    def forward(self, x: np.ndarray) -> np.ndarray:
        layer, self.x = self.layer, x
        self.order = range(len(x))[::-1] if layer.go_backwards else range(len(x))
        h, outputs = np.zeros(self.H), np.zeros((len(x), self.H))
        self.steps = {}
        for t in self.order:
            z = x[t] @ layer.kernel + h @ layer.recurrent_kernel + layer.bias
            self.steps[t] = (h, z)
            h = outputs[t] = FUNCTIONS[layer.activation](z)
        return outputs if layer.return_sequences else h

    def backward(self, R: np.ndarray, rule: Rule, result: Result) -> np.ndarray:
        layer = self.layer
        Rx, kept = np.zeros_like(self.x), np.zeros((len(self.x), 2))
        Rh = np.zeros(self.H) if layer.return_sequences else R
        for t in reversed(self.order):
            h, z = self.steps[t]
            (Rx[t], Rh), kept[t] = linear(
                Rh + R[t] if layer.return_sequences else Rh, z, [self.x[t], h],
                [layer.kernel, layer.recurrent_kernel], layer.bias, rule,
            )  # fmt: skip
        result.book(f"{self.prefix}/signal", kept, True)
        result.states[f"{self.prefix}/h"] = Rh.sum()
        return Rx


class BidirectionalReference:
    def __init__(self, layer: Bidirectional, prefix: str) -> None:
        self.merge, self.prefix = layer.merge, prefix
        one, two = layer.forward_layer, layer.backward_layer
        self.one = REFERENCES[type(one)](one, f"{prefix}/forward")
        self.two = REFERENCES[type(two)](two, f"{prefix}/backward")

    def forward(self, x: np.ndarray) -> np.ndarray:
        a, b = self.a, self.b = self.one.forward(x), self.two.forward(x)
        if self.merge == "concat":
            return np.concatenate([a, b], axis=-1)
        return {"sum": a + b, "ave": (a + b) / 2, "mul": a * b}[self.merge]

    def backward(self, R: np.ndarray, rule: Rule, result: Result) -> np.ndarray:
        if self.merge == "concat":
            Ra, Rb = R[..., : self.one.H], R[..., self.one.H :]
        elif self.merge == "mul":
            Ra, Rb = multiplied(R, self.a, self.b, rule)
        else:
            n = {"sum": 1, "ave": 2}[self.merge]
            (Ra, Rb), kept = add(R, [self.a / n, self.b / n], rule)
            result.book(f"{self.prefix}/merge", kept, False)
        return self.one.backward(Ra, rule, result) + self.two.backward(Rb, rule, result)


class DenseReference:
    def __init__(self, layer: Dense, prefix: str) -> None:
        self.layer, self.prefix = layer, prefix
        self.b = np.zeros(layer.kernel.shape[1]) if layer.bias is None else layer.bias

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.z = x, x @ self.layer.kernel + self.b
        return FUNCTIONS[self.layer.activation](self.z)

    def backward(self, R: np.ndarray, rule: Rule, result: Result) -> np.ndarray:
        rows = [
            layer(r, z, [x], [self.layer.kernel], self.b, rule)
            for r, z, x in zip(np.atleast_2d(R), np.atleast_2d(self.z), np.atleast_2d(self.x),
                               strict=True)
        ]  # fmt: skip
        kept = np.array([kept for _, kept in rows])
        kept = kept if self.x.ndim == 2 else kept[0]
        result.book(f"{self.prefix}/sum", kept, self.layer.bias is not None)
        return np.array([relevances[0] for relevances, _ in rows]).reshape(self.x.shape)


REFERENCES = {
    layers.LSTM: LSTMReference,
    layers.GRU: GRUReference,
    layers.SimpleRNN: SimpleRNNReference,
    layers.Bidirectional: BidirectionalReference,
    layers.Dense: DenseReference,
    layers.Conv1D: Conv1DReference,
    layers.MaxPooling1D: MaxPoolingReference,
    layers.AveragePooling1D: AveragePoolingReference,
    layers.GlobalMaxPooling1D: MaxPoolingReference,
    layers.GlobalAveragePooling1D: AveragePoolingReference,
    layers.TakeStep: TakeStepReference,
    layers.BatchNormalization: BatchNormalizationReference,
    layers.LayerNormalization: LayerNormalizationReference,
    layers.Embedding: SameReference,
    layers.ZeroMasked: MaskReference,
    layers.OneMasked: MaskReference,
    layers.Unmasked: SameReference,
    layers.Slice: SliceReference,
    layers.Rescaling: RescalingReference,
    layers.GlobalSumPooling1D: SumPoolingReference,
    layers.Masking: MaskReference,
    layers.Activation: SameReference,
    layers.PReLU: PReLUReference,
    layers.ELU: ELUReference,
    layers.Softmax: SoftmaxReference,
    layers.Flatten: ShapeReference,
    layers.Reshape: ShapeReference,
    layers.Permute: ShapeReference,
    layers.RepeatVector: ShapeReference,
    layers.Concatenate: ConcatenateReference,
    layers.Add: AddReference,
    layers.Average: AddReference,
    layers.Subtract: AddReference,
    layers.Maximum: MaximumReference,
    layers.Multiply: MultiplyReference,
    layers.Attention: AttentionReference,
    layers.AdditiveAttention: AttentionReference,
    layers.MultiHeadAttention: MultiHeadReference,
    layers.AttentionPooling: PoolingAttentionReference,
    layers.Dot: DotReference,
}


def scores(network: Network, x: np.ndarray) -> np.ndarray:
    """Class scores (C,) of one sample (T, E) or (D,); of several inputs a dictionary of them."""
    return _run(network, x)[0]


def _run(network, x):
    made = {n.name: REFERENCES[type(n.layer)](n.layer, n.name) for n in network.nodes}
    values = {**x} if isinstance(x, dict) else {"input": x}
    for node in network.nodes:
        values[node.name] = made[node.name].forward(*(values[i] for i in node.inputs))
    out = values[network.nodes[-1].name]
    return (np.array([-out[0], out[0]]) if len(out) == 1 else out), made, values


def relevance(
    network: Network, x: np.ndarray, selection: np.ndarray, rule: Rule | dict[str, Rule]
) -> Result:
    """LRP of one sample x (T, E) or (D,), for a signed choice of classes (C,).

    Of several inputs x is a dictionary, and so is the relevance. `rule`: of every node, or one for
    each by its name.
    """
    found, made, values = _run(network, x)
    result = Result(found, np.zeros(0))
    start = found * selection
    R = {name: np.zeros_like(value) for name, value in values.items()}
    last = network.nodes[-1].name
    R[last] = np.array([start.sum()]) if network.single_sigmoid else start
    for node in reversed(network.nodes):
        result.layers[node.name] = R[node.name]
        own = rule[node.name] if isinstance(rule, dict) else rule
        received = made[node.name].backward(R[node.name], own, result)
        for name, part in zip(
            node.inputs, received if isinstance(received, list) else [received], strict=True
        ):
            R[name] = R[name] + part
    result.relevance = {name: R[name] for name in x} if isinstance(x, dict) else R["input"]
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
