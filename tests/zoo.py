"""Small random networks, at least one for every kind of layer: what the contract tests run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lrp_engine.layers import LSTM, Bidirectional, Dense, Embedding, Layer
from lrp_engine.network import Network, Node

E, H, V = 4, 3, 11
WORDS = ("<pad>", "<unk>", *(f"w{i}" for i in range(2, V)))


class Draw:
    """Seeded random weights of given shapes."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> np.ndarray:
        return self.rng.normal(size=shape) * 0.7

    def lstm(self, units: int = E, **options: object) -> LSTM:
        return LSTM(self(units, 4 * H), self(H, 4 * H), self(4 * H), **options)  # type: ignore[arg-type]

    def bilstm(self, units: int = E, **options: object) -> Bidirectional:
        return Bidirectional(
            self.lstm(units, **options), self.lstm(units, go_backwards=True, **options)
        )


def _chain(*layers: Layer, **options: object) -> Network:
    """Layers one after the other, named by kind and position."""
    names = ["input", *(f"{layer.kind}_{n}" for n, layer in enumerate(layers))]
    nodes = tuple(Node(names[n + 1], layer, (names[n],)) for n, layer in enumerate(layers))
    return Network(nodes=nodes, dtype="float64", **options)  # type: ignore[arg-type]


NETWORKS: dict[str, Callable[[Draw], Network]] = {
    "lstm": lambda d: _chain(d.lstm(), Dense(d(H, 3), d(3))),
    "lstm_backwards": lambda d: _chain(d.lstm(go_backwards=True), Dense(d(H, 3), d(3))),
    "lstm_activations": lambda d: _chain(
        d.lstm(activation="softsign", recurrent_activation="hard_sigmoid"), Dense(d(H, 2), d(2))
    ),
    "bilstm": lambda d: _chain(d.bilstm(), Dense(d(2 * H, 4), d(4))),
    "bilstm_sigmoid": lambda d: _chain(d.bilstm(), Dense(d(2 * H, 1), d(1)), output="sigmoid"),
    "bilstm_words": lambda d: _chain(
        Embedding(d(V, E), mask_zero=True), d.bilstm(), Dense(d(2 * H, 3)), vocabulary=_words()
    ),
    "stack": lambda d: _chain(
        d.bilstm(return_sequences=True),
        Dense(d(2 * H, 5), d(5), activation="tanh"),
        d.lstm(5),
        Dense(d(H, 4), d(4), activation="relu"),
        Dense(d(4, 3), d(3)),
    ),
    "dense": lambda d: _chain(
        Dense(d(6, 5), d(5), activation="relu"),
        Dense(d(5, 4), activation="elu"),
        Dense(d(4, 1), d(1)),
        output="sigmoid",
    ),
    **{
        f"dense_{name}": lambda d, name=name: _chain(
            Dense(d(3, 5), d(5), activation=name), Dense(d(5, 2), d(2))
        )
        for name in ("selu", "softplus", "sigmoid", "linear", "hard_sigmoid_keras_2")
    },
}  # type: ignore[assignment]


def _words():
    from lrp_engine.text import Vocabulary

    return Vocabulary(WORDS)


def network(name: str, seed: int = 0) -> Network:
    """A network of the zoo, float64."""
    return NETWORKS[name](Draw(seed))


def layers_of(network: Network) -> Iterator[Layer]:
    """Every layer, nested ones included."""
    from dataclasses import fields

    waiting = [node.layer for node in network.nodes]
    while waiting:
        layer = waiting.pop()
        yield layer
        waiting += [
            value for item in fields(layer) if isinstance(value := getattr(layer, item.name), Layer)
        ]


def inputs(network: Network, lengths: list[int], seed: int = 1) -> np.ndarray:
    """Random inputs (B, T, E), padded with garbage, or (B, D)."""
    rng = np.random.default_rng(seed)
    shape = network.input_shape
    time = (max(lengths),) if shape.time else ()
    return rng.normal(size=(len(lengths), *time, shape.units))
