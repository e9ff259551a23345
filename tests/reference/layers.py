"""The slow version of the layers that do not recur, one sample (T, D), (T,) or (D,) at a time."""

from __future__ import annotations

import numpy as np

from lrp_engine import layers
from tests.reference.rules import FUNCTIONS, add, gated, layer, linear, multiplied


class SameReference:
    """Values pass, through a function if there is one; relevance passes unchanged."""

    def __init__(self, layer, prefix):
        self.layer, self.prefix = layer, prefix

    def forward(self, x):
        return FUNCTIONS[getattr(self.layer, "activation", "linear")](x)

    def backward(self, R, rule, result):
        return R


class MaskReference(SameReference):
    """Of inputs without masked steps, where nothing is absorbed."""

    def backward(self, R, rule, result):
        if R.ndim == 2:
            result.book(f"{self.prefix}/masked", np.zeros((len(R), 2)), False)
        return R


class PReLUReference(SameReference):
    def forward(self, x):
        return np.maximum(x, 0) + self.layer.slope * np.minimum(x, 0)


class ELUReference(SameReference):
    def forward(self, x):
        return np.where(x > 0, x, self.layer.alpha * (np.exp(np.minimum(x, 0)) - 1))


class SoftmaxReference(SameReference):
    def forward(self, x):
        axis = self.layer.axis if x.ndim == 1 or self.layer.axis < 0 else self.layer.axis - 1
        return softmax(x, 0 if x.ndim == 1 else axis)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


class ShapeReference(SameReference):
    def forward(self, x):
        self.before = x.shape
        if isinstance(self.layer, layers.RepeatVector):
            return np.stack([x] * self.layer.n)
        if isinstance(self.layer, layers.Permute):
            return x.T
        if isinstance(self.layer, layers.Reshape) and self.layer.steps:
            return x.reshape(self.layer.steps, self.layer.units)
        return x.reshape(-1)

    def backward(self, R, rule, result):
        if isinstance(self.layer, layers.RepeatVector):
            return R.sum(axis=0)
        if isinstance(self.layer, layers.Permute):
            return R.T
        return R.reshape(self.before)


def windows(layer, T):
    """Per output step, the (tap, input step) pairs that lie within T steps."""
    if isinstance(layer, layers.Conv1D):
        K, dilation, padding = len(layer.kernel), layer.dilation, layer.padding
    elif hasattr(layer, "size"):
        K, dilation, padding = layer.size, 1, layer.padding
    else:
        return [[(t, t) for t in range(T)]]
    reach, stride = (K - 1) * dilation + 1, layer.strides
    before, after = getattr(layer, "before", 0), getattr(layer, "after", 0)
    whole = padding in ("valid", "given")
    starts = T + before + after - reach + 1 if whole else T
    outputs = max(0, -(-starts // stride))
    left = {"valid": 0, "given": before, "causal": reach - 1,
            "same": max((outputs - 1) * stride + reach - T, 0) // 2}[padding]  # fmt: skip
    return [
        [(k, p) for k in range(K) if 0 <= (p := n * stride + k * dilation - left) < T]
        for n in range(outputs)
    ]


class Conv1DReference(SameReference):
    def forward(self, x):
        layer, self.x = self.layer, x
        self.b = np.zeros(layer.kernel.shape[2]) if layer.bias is None else layer.bias
        self.windows = windows(layer, len(x))
        self.z = np.array(
            [self.b + sum(x[p] @ layer.kernel[k] for k, p in w) for w in self.windows]
        ).reshape(-1, len(self.b))
        return FUNCTIONS[layer.activation](self.z)

    def backward(self, R, rule, result):
        Rx, kept = np.zeros_like(self.x), np.zeros((len(R), 2))
        for n, window in enumerate(self.windows):
            parts, kept[n] = layer(
                R[n], self.z[n], [self.x[p] for _, p in window],
                [self.layer.kernel[k] for k, _ in window], self.b, rule,
            )  # fmt: skip
            for (_, p), part in zip(window, parts, strict=True):
                Rx[p] += part
        result.book(f"{self.prefix}/sum", kept, self.layer.bias is not None)
        return Rx


class _Pooling(SameReference):
    """Local pooling, and global pooling as one window over everything."""

    def forward(self, x):
        self.x, self.windows = x, windows(self.layer, len(x))
        self.whole = not hasattr(self.layer, "size")
        rows = [self.pool(x[[p for _, p in w]]) for w in self.windows]
        return rows[0] if self.whole else np.array(rows).reshape(-1, x.shape[1])


class MaxPoolingReference(_Pooling):
    def pool(self, rows):
        return rows.max(axis=0)

    def backward(self, R, rule, result):
        Rx = np.zeros_like(self.x)
        for r, window in zip(np.atleast_2d(R), self.windows, strict=self.whole):
            for d in range(self.x.shape[1]):
                best = max(window, key=lambda pair, d=d: self.x[pair[1], d])[1]
                Rx[best, d] += r[d]
        if self.whole:  # nothing is kept where there is a step
            result.book(f"{self.prefix}/maximum", np.zeros(2), False)
        return Rx


class TakeStepReference(SameReference):
    def forward(self, x):
        self.x = x
        return x[self.layer.step]

    def backward(self, R, rule, result):
        Rx = np.zeros_like(self.x)
        Rx[self.layer.step] = R
        result.book(f"{self.prefix}/step", np.zeros(2), False)  # nothing: there is such a step
        return Rx


def over_time(R, weights, values, rule):
    """Relevance (T, D) of values under z = sum_t a_t v_t, and what was kept."""
    T, D = values.shape
    matrix = np.concatenate([a * np.eye(D) for a in weights])  # (T D, D)
    (part,), kept = linear(R, weights @ values, [values.reshape(-1)], [matrix], np.zeros(D), rule,
                           mixed=False)  # fmt: skip
    return part.reshape(T, D), kept


class AveragePoolingReference(_Pooling):
    def pool(self, rows):
        return rows.mean(axis=0)

    def backward(self, R, rule, result):
        Rx, kept = np.zeros_like(self.x), np.zeros((len(self.windows), 2))
        for n, (r, window) in enumerate(zip(np.atleast_2d(R), self.windows, strict=self.whole)):
            places = [p for _, p in window]
            equal = np.full(len(places), 1 / len(places))
            part, kept[n] = over_time(r, equal, self.x[places], rule)
            Rx[places] += part
        result.book(f"{self.prefix}/mean", kept[0] if self.whole else kept, False)
        return Rx


class SumPoolingReference(_Pooling):
    def pool(self, rows):
        return rows.sum(axis=0)

    def backward(self, R, rule, result):
        Rx, kept = over_time(R, np.ones(len(self.x)), self.x, rule)
        result.book(f"{self.prefix}/sum", kept, False)
        return Rx


class SliceReference(SameReference):
    def forward(self, x):
        layer, self.x = self.layer, x
        axis = layer.axis % (x.ndim + 1) - 1
        self.cut = (slice(None),) * axis + (slice(layer.start, layer.stop, layer.step),)
        return x[self.cut]

    def backward(self, R, rule, result):
        Rx = np.zeros_like(self.x)
        Rx[self.cut] = R
        return Rx


class _Normalization(SameReference):
    def statistics(self, x):
        raise NotImplementedError

    def forward(self, x):
        layer, D = self.layer, x.shape[-1]
        self.rows = np.atleast_2d(x)
        gamma = np.ones(D) if layer.gamma is None else layer.gamma
        beta = np.zeros(D) if layer.beta is None else layer.beta
        self.sums = []
        for row in self.rows:
            mean, variance = self.statistics(row)
            w = gamma / np.sqrt(variance + layer.epsilon)
            self.sums.append((np.diag(w), beta - w * mean))
        z = [row @ W + b for row, (W, b) in zip(self.rows, self.sums, strict=True)]
        self.z = np.array(z).reshape(x.shape)
        return self.z

    def backward(self, R, rule, result):
        parts = [
            linear(r, z, [x], [W], b, rule, mixed=False)
            for r, z, x, (W, b) in zip(
                np.atleast_2d(R), np.atleast_2d(self.z), self.rows, self.sums, strict=True
            )
        ]
        kept = np.array([k for _, k in parts])
        result.book(f"{self.prefix}/sum", kept if R.ndim == 2 else kept[0], True)
        return np.array([p[0] for p, _ in parts]).reshape(R.shape)


class BatchNormalizationReference(_Normalization):
    def statistics(self, x):
        return self.layer.mean, self.layer.variance


class RescalingReference(SameReference):
    def forward(self, x):
        self.x = x
        return x * self.layer.scale + self.layer.offset

    def backward(self, R, rule, result):
        D = self.x.shape[-1]
        W = np.diag(np.broadcast_to(self.layer.scale, D))
        b = np.broadcast_to(self.layer.offset, D)
        parts = [linear(r, x @ W + b, [x], [W], b, rule, mixed=False)
                 for r, x in zip(np.atleast_2d(R), np.atleast_2d(self.x), strict=True)]  # fmt: skip
        kept = np.array([k for _, k in parts])
        result.book(f"{self.prefix}/sum", kept if R.ndim == 2 else kept[0], True)
        return np.array([p[0] for p, _ in parts]).reshape(R.shape)


class LayerNormalizationReference(_Normalization):
    def statistics(self, x):
        return x.mean(), x.var()


class ConcatenateReference(SameReference):
    def forward(self, *xs):
        self.cuts = np.cumsum([x.shape[-1] for x in xs])[:-1]
        return np.concatenate(xs, axis=-1)

    def backward(self, R, rule, result):
        return list(np.split(R, self.cuts, axis=-1))


class AddReference(SameReference):
    """Add, Average, Subtract: a sum of parts."""

    def forward(self, *xs):
        if isinstance(self.layer, layers.Subtract):
            self.parts = [xs[0], *(-x for x in xs[1:])]
        else:
            n = len(xs) if isinstance(self.layer, layers.Average) else 1
            self.parts = [x / n for x in xs]
        return sum(self.parts)

    def backward(self, R, rule, result):
        found, kept = add(R, self.parts, rule)
        result.book(f"{self.prefix}/merge", kept, False)
        return found


class MaximumReference(SameReference):
    def forward(self, *xs):
        self.xs = np.stack(xs)
        return self.xs.max(axis=0)

    def backward(self, R, rule, result):
        won = self.xs.argmax(axis=0)
        return [np.where(won == n, R, 0) for n in range(len(self.xs))]


class MultiplyReference(SameReference):
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, R, rule, result):
        if self.a.shape == self.b.shape:
            weighs = [np.allclose(x.sum(axis=0), 1) and (x >= 0).all() and x.ndim == 2
                      for x in (self.a, self.b)]  # fmt: skip
            if weighs == [True, False]:  # a softmax over time
                return [np.zeros_like(R), R]
            return multiplied(R, self.a, self.b, rule)
        swap = self.a.shape == R.shape
        gate, signal = (self.b, self.a) if swap else (self.a, self.b)
        if np.allclose(gate.sum(axis=0), 1) and (gate >= 0).all():  # a softmax over time
            shares = [np.zeros_like(gate), R]
        else:
            of_gate, of_signal = gated(R, gate + np.zeros_like(R), signal, rule)
            shares = [of_gate.sum(axis=-1, keepdims=True), of_signal]
        return shares[::-1] if swap else shares


class AttentionReference(SameReference):
    """Keras' Attention and AdditiveAttention: query, value and perhaps key."""

    def forward(self, *inputs):
        self.inputs = inputs
        query, value, key = inputs[0], inputs[1], inputs[-1]
        scores = np.array([[self.score(q, k) for k in key] for q in query])
        self.read = [n + 1 if self.layer.causal else len(key) for n in range(len(query))]
        self.weights = [softmax(row[:n], 0) for row, n in zip(scores, self.read, strict=True)]
        return np.array([w @ value[:n] for w, n in zip(self.weights, self.read, strict=True)])

    def score(self, q, k):
        layer = self.layer
        scale = 1 if layer.scale is None else layer.scale
        if isinstance(layer, layers.AdditiveAttention):
            return (scale * np.tanh(q + k)).sum()
        if layer.concat is not None:
            return layer.concat[0] * np.tanh(scale * (q + k)).sum()
        return (scale * np.array([q @ k]))[0]

    def backward(self, R, rule, result):
        found = [np.zeros_like(x) for x in self.inputs]
        kept = np.zeros((len(R), 2))
        for n, (r, a) in enumerate(zip(R, self.weights, strict=True)):
            read = self.read[n]
            part, kept[n] = over_time(r, a, self.inputs[1][:read], rule)
            found[1][:read] += part
        result.book(f"{self.prefix}/context", kept, False)
        return found


class MultiHeadReference(SameReference):
    def forward(self, *inputs):
        layer, self.inputs = self.layer, inputs
        query, value, key = inputs[0], inputs[1], inputs[-1]
        N, K = layer.query_kernel.shape[1:]
        V = layer.value_kernel.shape[2]
        flat = lambda array: 0 if array is None else array.reshape(-1)  # noqa: E731
        q = query @ layer.query_kernel.reshape(len(layer.query_kernel), -1) + flat(layer.query_bias)
        k = key @ layer.key_kernel.reshape(len(layer.key_kernel), -1) + flat(layer.key_bias)
        self.W = layer.value_kernel.reshape(len(layer.value_kernel), -1)
        self.b = np.zeros(N * V) if layer.value_bias is None else layer.value_bias.reshape(-1)
        self.v = value @ self.W + self.b
        self.read = [n + 1 if layer.causal else len(key) for n in range(len(query))]
        self.weights = [
            [softmax(q[n, h * K : (h + 1) * K] @ k[:t, h * K : (h + 1) * K].T / np.sqrt(K), 0)
             for h in range(N)]
            for n, t in enumerate(self.read)
        ]  # fmt: skip
        self.context = np.array([
            np.concatenate([a @ self.v[: len(a), h * V : (h + 1) * V] for h, a in enumerate(row)])
            for row in self.weights
        ])  # fmt: skip
        self.Wo = layer.output_kernel.reshape(N * V, -1)
        self.bo = np.zeros(self.Wo.shape[1]) if layer.output_bias is None else layer.output_bias
        return self.context @ self.Wo + self.bo

    def backward(self, R, rule, result):
        layer, V = self.layer, self.layer.value_kernel.shape[2]
        Rv, context, output = np.zeros_like(self.v), np.zeros((len(R), 2)), []
        for n, r in enumerate(R):
            z = self.context[n] @ self.Wo + self.bo
            (part,), kept = linear(r, z, [self.context[n]], [self.Wo], self.bo, rule)
            output.append(kept)
            for h, a in enumerate(self.weights[n]):
                at = slice(h * V, (h + 1) * V)
                shares, kept = over_time(part[at], a, self.v[: len(a), at], rule)
                Rv[: len(a), at] += shares
                context[n] += kept
        value, own = self.inputs[1], []
        found = [np.zeros_like(x) for x in self.inputs]
        for t, r in enumerate(Rv):
            (found[1][t],), kept = linear(r, self.v[t], [value[t]], [self.W], self.b, rule)
            own.append(kept)
        result.book(f"{self.prefix}/output", np.array(output), layer.output_bias is not None)
        result.book(f"{self.prefix}/context", context, False)
        result.book(f"{self.prefix}/value", np.array(own), layer.value_bias is not None)
        return found


class PoolingAttentionReference(SameReference):
    def forward(self, x):
        layer, self.x = self.layer, x
        b = 0 if layer.bias is None else layer.bias
        scores = [layer.query @ FUNCTIONS[layer.activation](h @ layer.kernel + b) for h in x]
        self.weights = softmax(np.array(scores), 0)
        return self.weights @ x

    def backward(self, R, rule, result):
        Rx, kept = over_time(R, self.weights, self.x, rule)
        result.book(f"{self.prefix}/context", kept, False)
        return Rx


class DotReference(SameReference):
    def forward(self, a, b):
        self.a, self.b = a, b
        self.timed = self.layer.axis == self.layer.other_axis == 1 and max(a.ndim, b.ndim) == 2
        if self.timed and len(a) == len(b):
            self.swap = a.ndim == 2 and b.ndim == 1
            self.weights, self.values = (b, a) if self.swap else (a.reshape(len(a)), b)
            z = self.weights @ self.values
            return z if 1 in (a.ndim, b.ndim) else z[None]
        return np.array(a @ b if a.ndim == 2 else b @ a).reshape(-1)

    def backward(self, R, rule, result):
        if self.timed:
            part, kept = over_time(R.reshape(-1), self.weights, self.values, rule)
            whole = kept[None] if R.ndim == 2 else kept
            result.book(f"{self.prefix}/context", whole, False)
            zero = np.zeros_like(self.b if self.swap else self.a)
            return [part, zero] if self.swap else [zero, part]
        both = np.atleast_2d(self.a * self.b)
        ones = np.ones((both.shape[1], 1))
        rows = [
            linear(r[None], row @ ones, [row], [ones], np.zeros(1), rule)
            for r, row in zip(R, both, strict=True)
        ]
        kept = np.array([k for _, k in rows])
        timed = 2 in (self.a.ndim, self.b.ndim)
        result.book(f"{self.prefix}/sum", kept if timed else kept[0], False)
        whole = np.array([parts[0] for parts, _ in rows])
        wide = [np.broadcast_to(x, whole.shape) for x in (self.a, self.b)]
        shares = multiplied(whole, *wide, rule)
        return [share if x.ndim == 2 else share.sum(axis=0)
                for x, share in zip((self.a, self.b), shares, strict=True)]  # fmt: skip
