"""Inside an LSTM, step by step: what the engine computes and does not hand out.

Computed from the layer's own arrays in numpy. Tests hold the states to the engine's predictions on
prefixes and the relevances to its explanations; `Inside.disagreement` says so on the page.

Axes: T time steps, E input units, H hidden units. All arrays stand at the words they belong to,
whichever way they were read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrp_engine import Explanation, InputError, Network
from lrp_engine.layers import LSTM, Bidirectional, Layer
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.render.conservation import TOLERANCES

# Side by side in the engine's arrays of weights: three gates and the signal.
PARTS = ("i", "f", "o", "g")


@dataclass(frozen=True, eq=False)
class Reading:
    """The way forward in one direction, arrays (T, H).

    Attributes:
        layer: whose weights these are.
        order: positions of the words as they are read.
        i, f, o: gates; g: signal; z: its pre-activation.
        h, c: hidden and cell state after the word; h_before, c_before: before it.
        from_word, from_before: (T, 4, H) what x W and h U add to the sums of `PARTS`.
    """

    layer: LSTM
    order: Sequence[int]
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    g: np.ndarray
    z: np.ndarray
    h: np.ndarray
    c: np.ndarray
    h_before: np.ndarray
    c_before: np.ndarray
    from_word: np.ndarray
    from_before: np.ndarray

    @property
    def bias(self) -> np.ndarray:
        """(4, H) what the biases add to the sums of `PARTS`."""
        return np.asarray(self.layer.bias, np.float64).reshape(len(PARTS), -1)


@dataclass(frozen=True, eq=False)
class Return:
    """The way back in one direction: relevances.

    Attributes:
        at_h: (T, H) that arrive at h_t, from the layer above and from the step after it.
        from_later: (T, H) that arrive at c_t from the step after it.
        at_c: (T, H) both together: h_t hands all of its own to c_t, past the gate o.
        s: (T, H) at_c / (c_t + eps sign(c_t)); share: (T,) of the stabilizer, to each addend.
        to_c: (T, H) handed on to c_{t-1}, past the gate f; to_g: (T, H) to the signal, past i.
        to_h: (T, H) handed on to h_{t-1}; to_x: (T, E) handed to the word.
        bias, stabilizer: (T,) kept on the way.
    """

    at_h: np.ndarray
    from_later: np.ndarray
    at_c: np.ndarray
    s: np.ndarray
    share: np.ndarray
    to_c: np.ndarray
    to_g: np.ndarray
    to_h: np.ndarray
    to_x: np.ndarray
    bias: np.ndarray
    stabilizer: np.ndarray

    @property
    def travelling(self) -> np.ndarray:
        """(T,) relevance that arrives at each step."""
        return self.at_c.sum(axis=1)


@dataclass(frozen=True, eq=False)
class Inside:
    """Both ways, by direction, of one sentence.

    Attributes:
        x: (T, E) vectors of the words.
        tokens: the words.
        node: name of the layer.
        disagreement: largest difference from the engine's relevances of all input units.
    """

    x: np.ndarray
    tokens: tuple[str, ...]
    node: str
    readings: Mapping[str, Reading]
    returns: Mapping[str, Return]
    disagreement: float


def find(network: Network) -> tuple[str, dict[str, LSTM]]:
    """Name of the layer that reads the words, and its LSTM by direction.

    Raises:
        InputError: the words are not read by an LSTM alone.
    """
    first = network.nodes[0].name
    readers = [node for node in network.nodes if first in node.inputs]
    layer: Layer | None = readers[0].layer if len(readers) == 1 else None
    if isinstance(layer, LSTM):
        return readers[0].name, {"backward" if layer.go_backwards else "forward": layer}
    if isinstance(layer, Bidirectional):
        both = {"forward": layer.forward_layer, "backward": layer.backward_layer}
        lstms = {name: one for name, one in both.items() if isinstance(one, LSTM)}
        if len(lstms) == 2:
            return readers[0].name, lstms
    if network.embedding is None:
        raise InputError("Hidden and cell states are shown of an LSTM that reads words.")
    kinds = " and ".join(_called(node.layer) for node in readers) or "nothing"
    raise InputError(
        "Hidden and cell states are shown of an LSTM that reads the words; in this model they are "
        f"read by {kinds}. The bundled model has one: pick it in the sidebar."
    )


def _called(layer: Layer) -> str:
    if isinstance(layer, Bidirectional):
        kinds = dict.fromkeys(
            one.kind.upper() for one in (layer.forward_layer, layer.backward_layer)
        )
        return f"a bidirectional {' and '.join(kinds)}"
    return f"a layer of kind “{layer.kind}”"


def inside(network: Network, explanation: Explanation) -> Inside:
    """Follow the first sample of an LRP explanation made with `layers=True`.

    Raises:
        InputError: the words are not read by an LSTM, or nothing was kept per layer.
    """
    name, layers = find(network)
    if network.embedding is None or explanation.ids is None or explanation.rule is None:
        raise InputError("The lesson follows words by LRP; this model or method has none.")
    if name not in explanation.layers:
        raise InputError(f"The explanation was made without the relevance at {name!r}.")
    tokens = explanation.tokens[0]
    ids = explanation.ids[0]
    x = network.embedding.rows(ids).astype(np.float64)
    real = ids != 0 if network.embedding.mask_zero else np.ones(len(ids), bool)
    arriving = np.split(explanation.layers[name][0].astype(np.float64), len(layers), axis=-1)
    rule = explanation.rule.by_node(network.nodes)[[n.name for n in network.nodes].index(name)]
    readings = {way: read(layer, x, real) for way, layer in layers.items()}
    returns = {
        way: send_back(readings[way], x, R, eps=rule.eps, bias_factor=rule.bias_factor)
        for way, R in zip(layers, arriving, strict=True)
    }
    to_words = sum(back.to_x for back in returns.values())
    disagreement = float(np.abs(to_words - explanation.unit_relevance[0]).max())
    return Inside(x, tokens, name, readings, returns, disagreement)


def followed(network: Network, explanation: Explanation) -> Inside:
    """`inside`, where it is what the engine computed.

    Raises:
        InputError: as `inside`; or the explanation follows another rule than the one here.
    """
    followed_inside = inside(network, explanation)
    size = max(1.0, float(abs(explanation.unit_relevance).max()))
    if followed_inside.disagreement > TOLERANCES[explanation.dtype] * size:
        raise InputError(
            "The path is followed for LRP's epsilon rule where the signal takes all of a product; "
            "choose it in the sidebar."
        )
    return followed_inside


def read(layer: LSTM, x: np.ndarray, real: np.ndarray) -> Reading:
    """The way forward over words (T, E); words that are not real (padding) are skipped."""
    H = layer.units
    squash, gated = _function(layer.activation), _function(layer.recurrent_activation)
    W, U, b = (np.asarray(a, np.float64) for a in (layer.kernel, layer.recurrent_kernel,
                                                   layer.bias))  # fmt: skip
    h, c = np.zeros(H), np.zeros(H)
    order = [int(t) for t in np.flatnonzero(real)]
    if layer.go_backwards:
        order.reverse()
    kept = {name: np.zeros((len(x), H)) for name in
            ("i", "f", "o", "g", "z", "h", "c", "h_before", "c_before")}  # fmt: skip
    from_word = (x @ W).reshape(len(x), len(PARTS), H)
    from_before = np.zeros_like(from_word)
    for t in order:
        kept["h_before"][t], kept["c_before"][t] = h, c
        before = h @ U
        from_before[t] = before.reshape(len(PARTS), H)
        sums = x[t] @ W + before + b
        i, f, o = np.split(gated(sums[: 3 * H]), 3)
        z = sums[3 * H :]
        g = squash(z)
        c = f * c + i * g
        h = o * squash(c)
        for name, value in (("i", i), ("f", f), ("o", o), ("g", g), ("z", z), ("h", h), ("c", c)):
            kept[name][t] = value
    return Reading(
        layer=layer, order=tuple(order), from_word=from_word, from_before=from_before, **kept
    )


def send_back(
    reading: Reading, x: np.ndarray, R: np.ndarray, *, eps: float, bias_factor: float
) -> Return:
    """The way back of relevance R at the layer's output: (H,) at its last state, or (T, H)."""
    layer, (T, H) = reading.layer, reading.h.shape
    W = np.asarray(layer.kernel, np.float64)[:, 3 * H :]
    U = np.asarray(layer.recurrent_kernel, np.float64)[:, 3 * H :]
    b = np.asarray(layer.bias, np.float64)[3 * H :]
    names = ("at_h", "from_later", "at_c", "s", "to_c", "to_g", "to_h")
    relevance = {name: np.zeros((T, H)) for name in names}
    to_x, bias, stabilizer, shares = np.zeros(x.shape), np.zeros(T), np.zeros(T), np.zeros(T)
    R_h, R_c = (R.copy() if R.ndim == 1 else np.zeros(H)), np.zeros(H)
    for t in reversed(reading.order):
        if R.ndim == 2:
            R_h = R_h + R[t]
        relevance["at_h"][t], relevance["from_later"][t] = R_h, R_c
        relevance["at_c"][t] = R_at_c = R_h + R_c

        # c = f c + i g: weights 1, no bias.
        s, taken = _absorb(R_at_c, reading.c[t], eps)
        share = bias_factor * taken / (2 * H)
        relevance["s"][t], shares[t] = s, share
        to_c = reading.f[t] * reading.c_before[t] * s + share
        to_g = reading.i[t] * reading.g[t] * s + share
        stabilizer[t] += (1 - bias_factor) * taken

        # z = x W + h U + b.
        s, taken = _absorb(to_g, reading.z[t], eps)
        kept = float(b @ s)
        share = bias_factor * (kept + taken) / (x.shape[1] + H)
        to_x[t] = x[t] * (W @ s) + share
        R_h, R_c = reading.h_before[t] * (U @ s) + share, to_c
        bias[t] = (1 - bias_factor) * kept
        stabilizer[t] += (1 - bias_factor) * taken
        relevance["to_c"][t], relevance["to_g"][t], relevance["to_h"][t] = to_c, to_g, R_h
    return Return(to_x=to_x, bias=bias, stabilizer=stabilizer, share=shares, **relevance)


def _absorb(R: np.ndarray, z: np.ndarray, eps: float) -> tuple[np.ndarray, float]:
    """s = R / (z + eps sign(z)), and what the stabilizer takes of all units."""
    stabilizer = np.where(z < 0, -eps, eps)
    s = R / (z + stabilizer)
    return s, float(stabilizer @ s)


def _function(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """An activation by name: the engine's own."""
    return lambda z: np.asarray(ACTIVATIONS[name](z))
