"""Small random networks, at least one for every kind of layer: what the contract tests run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lrp_engine import from_weights
from lrp_engine.layers import (
    ELU,
    GRU,
    LSTM,
    Activation,
    Add,
    AdditiveAttention,
    Attention,
    AttentionPooling,
    Average,
    AveragePooling1D,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv1D,
    Dense,
    Dot,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalSumPooling1D,
    Layer,
    LayerNormalization,
    Masking,
    Maximum,
    MaxPooling1D,
    MultiHeadAttention,
    Multiply,
    OneMasked,
    Permute,
    PReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    SimpleRNN,
    Slice,
    Softmax,
    Subtract,
    TakeStep,
    Unmasked,
    ZeroMasked,
)
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network

E, H, V = 4, 3, 11
# Activations of one network, each of a branch.
BRANCHES = ("gelu", "gelu_tanh", "silu", "hard_silu", "leaky_relu", "relu6", "mish", "hard_tanh",
            "exponential")  # fmt: skip
WORDS = ("<pad>", "<unk>", *(f"w{i}" for i in range(2, V)))


class Draw:
    """Seeded random weights of given shapes."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> np.ndarray:
        return np.asarray(self.rng.normal(size=shape) * 0.7)

    def lstm(self, units: int = E, **options: object) -> LSTM:
        return LSTM(self(units, 4 * H), self(H, 4 * H), self(4 * H), **options)  # type: ignore[arg-type]

    def gru(self, units: int = E, *, two_biases: bool = True, **options: object) -> GRU:
        second = self(3 * H) if two_biases else None
        return GRU(self(units, 3 * H), self(H, 3 * H), self(3 * H), second, **options)  # type: ignore[arg-type]

    def rnn(self, units: int = E, *, hidden: int = H, **options: object) -> SimpleRNN:
        return SimpleRNN(self(units, hidden), self(hidden, hidden), self(hidden), **options)  # type: ignore[arg-type]

    def bilstm(self, units: int = E, **options: object) -> Bidirectional:
        return Bidirectional(
            self.lstm(units, **options), self.lstm(units, go_backwards=True, **options)
        )


def _graph(*nodes: tuple, **options: object) -> Network:
    """Nodes (name, layer, inputs...); without inputs, a node reads the one before it."""
    names = ["input", *(name for name, *_ in nodes)]
    made = tuple(
        Node(name, layer, tuple(inputs) or (names[n],))
        for n, (name, layer, *inputs) in enumerate(nodes)
    )
    return Network(nodes=made, dtype="float64", **options)  # type: ignore[arg-type]


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
    "gru": lambda d: _chain(d.gru(), Dense(d(H, 3), d(3))),
    "gru_before": lambda d: _chain(
        d.gru(two_biases=False, reset_after=False, go_backwards=True), Dense(d(H, 3), d(3))
    ),
    "rnn": lambda d: _chain(d.rnn(activation="softsign"), Dense(d(H, 2), d(2))),
    "bidirectional_sum": lambda d: _chain(
        Bidirectional(
            d.gru(return_sequences=True), d.lstm(return_sequences=True, go_backwards=True), "sum"
        ),
        Bidirectional(d.rnn(H), d.rnn(H, go_backwards=True), "ave"),
        Dense(d(H, 3), d(3)),
    ),
    "bidirectional_mul": lambda d: _chain(
        Bidirectional(
            d.gru(return_sequences=True, two_biases=False),
            d.rnn(hidden=2, return_sequences=True, go_backwards=True),
        ),
        Bidirectional(d.gru(H + 2), d.rnn(H + 2, go_backwards=True, activation="relu"), "mul"),
        Dense(d(H, 3), d(3)),
    ),
    "gru_before_stack": lambda d: _chain(
        d.gru(two_biases=False, reset_after=False, return_sequences=True),
        d.rnn(H, return_sequences=True, go_backwards=True),
        d.gru(H, go_backwards=True, recurrent_activation="hard_sigmoid"),
        Dense(d(H, 3), d(3)),
    ),
    "stack": lambda d: _chain(
        d.bilstm(return_sequences=True),
        Dense(d(2 * H, 5), d(5), activation="tanh"),
        d.lstm(5),
        Dense(d(H, 4), d(4), activation="relu"),
        Dense(d(4, 3), d(3)),
    ),
    "convolution": lambda d: _chain(
        Conv1D(d(3, E, 5), d(5), activation="tanh", padding="same"),
        MaxPooling1D(2, 1, "same"),
        Conv1D(d(2, 5, 4), padding="causal", dilation=2),
        GlobalMaxPooling1D(),
        Dense(d(4, 3), d(3)),
    ),
    "convolution_strides": lambda d: _chain(
        Masking(),
        Conv1D(d(3, E, 5), d(5), padding="same", strides=2, activation="softplus"),
        AveragePooling1D(2, 2, "same"),
        Conv1D(d(1, 5, 5), d(5)),
        d.lstm(5),
        Dense(d(H, 3), d(3)),
    ),
    "pooled_text_cnn": lambda d: _graph(
        ("words", Conv1D(d(1, E, H), d(H), activation="relu"), "input"),
        ("wide", Conv1D(d(4, E, H), d(H), padding="causal", strides=3), "input"),
        ("most", GlobalMaxPooling1D(skip_masked=False), "words"),
        ("pairs", AveragePooling1D(2, 1, "same"), "wide"),
        ("mean", GlobalAveragePooling1D()),
        ("both", Concatenate(), "most", "mean"),
        ("out", Dense(d(2 * H, 3), d(3))),
    ),
    # Dilated windows, most of which reach beyond a short sequence.
    "padded_windows": lambda d: _graph(
        ("same", Conv1D(d(3, E, 4), d(4), padding="same", dilation=2), "input"),
        ("causal", Conv1D(d(2, E, 3), padding="causal", dilation=2, strides=2), "input"),
        ("valid", Conv1D(d(2, E, 3), d(3), dilation=2), "input"),
        (
            "given",
            Conv1D(d(3, E, 3), d(3), padding="given", dilation=2, strides=2, before=3, after=4),
            "input",
        ),
        ("per_step", Dense(d(4, 3), d(3), activation="tanh"), "same"),
        ("one", GlobalAveragePooling1D(), "per_step"),
        ("two", GlobalMaxPooling1D(), "causal"),
        ("three", d.rnn(3), "valid"),
        ("four", GlobalAveragePooling1D(), "given"),
        ("all", Concatenate(), "one", "two", "three", "four"),
        ("out", Dense(d(9 + H, 3), d(3))),
    ),
    "normalized": lambda d: _chain(
        BatchNormalization(d(E), np.abs(d(E)), d(E), d(E)),
        d.bilstm(return_sequences=True),
        LayerNormalization(d(2 * H), d(2 * H)),
        MaxPooling1D(1, 1),
        d.gru(2 * H),
        LayerNormalization(epsilon=0.1),
        Activation("relu"),
        Dense(d(H, 3), d(3)),
    ),
    "zero_masked": lambda d: _chain(
        Masking(),
        d.bilstm(return_sequences=True),
        ZeroMasked(),
        OneMasked(),
        GlobalMaxPooling1D(),
        Dense(d(2 * H, 3), d(3)),
    ),
    "prelu": lambda d: _chain(
        d.bilstm(return_sequences=True),
        PReLU(d(2 * H)),
        d.gru(2 * H),
        ELU(0.3),
        Dense(d(H, 4), d(4)),
        PReLU(d(1)),
        Dense(d(4, 3), d(3)),
    ),
    # The state of both directions at the last word, and at the first.
    "steps": lambda d: _graph(
        ("states", d.bilstm(return_sequences=True), "input"),
        ("last", TakeStep(), "states"),
        ("first", TakeStep(0), "states"),
        ("both", Concatenate(), "last", "first"),
        ("out", Dense(d(4 * H, 3), d(3))),
    ),
    "merged": lambda d: _graph(
        ("one", d.lstm(return_sequences=True), "input"),
        ("two", d.gru(return_sequences=True, go_backwards=True), "input"),
        ("sum", Add(), "one", "two", "one"),
        ("less", Subtract(), "sum", "two"),
        ("mean", Average(), "less", "one"),
        ("most", Maximum(), "mean", "two"),
        ("times", Multiply(), "most", "one"),
        ("gate", Dense(d(H, 1), d(1), activation="sigmoid"), "two"),
        ("square", Multiply(), "times", "times"),
        ("gated", Multiply(), "gate", "square"),
        ("side", Concatenate(), "gated", "one"),
        ("pool", GlobalAveragePooling1D()),
        ("soft", Softmax()),
        ("out", Dense(d(2 * H, 2), d(2))),
    ),
    "attention": lambda d: _graph(
        ("states", d.bilstm(return_sequences=True), "input"),
        ("self", Attention(), "states", "states"),
        ("add", AdditiveAttention(d(2 * H), causal=True), "self", "states", "self"),
        (
            "heads",
            MultiHeadAttention(
                d(2 * H, 2, 3),
                d(2 * H, 2, 3),
                d(2 * H, 2, 4),
                d(2, 4, 5),
                d(2, 3),
                None,
                d(2, 4),
                d(5),
            ),
            "add",
            "states",
        ),
        (
            "narrow",
            MultiHeadAttention(d(5, 1, 2), d(2 * H, 1, 2), d(5, 1, 2), d(1, 2, 2 * H), causal=True),
            "heads",
            "heads",
            "self",
        ),
        ("mean", GlobalAveragePooling1D()),
        ("out", Dense(d(2 * H, 3), d(3))),
    ),
    "attention_query": lambda d: _graph(
        ("states", d.lstm(return_sequences=True), "input"),
        ("last", d.gru(H), "states"),
        ("asks", Reshape(H, 1)),
        ("one", Attention(d(1), d(1)), "asks", "states"),
        ("two", Attention(concat=d(1)), "asks", "states"),
        ("three", AdditiveAttention(), "asks", "states"),
        ("four", Attention(d(1), causal=True), "asks", "states"),
        ("all", Concatenate(), "one", "two", "three", "four", "asks"),
        ("flat", Flatten()),
        ("out", Dense(d(5 * H, 3), d(3))),
    ),
    "attention_pooling": lambda d: _chain(
        d.bilstm(return_sequences=True),
        AttentionPooling(d(2 * H, 5), d(5), d(5)),
        Dense(d(2 * H, 3), d(3)),
    ),
    "attention_by_hand": lambda d: _graph(
        ("states", d.lstm(return_sequences=True), "input"),
        ("last", d.lstm(H, cell=True), "states"),
        ("scores", Dot(2, 1), "states", "last"),
        ("softmax", Softmax()),
        ("context", Dot(1, 1), "softmax", "states"),
        ("both", Concatenate(), "context", "last"),
        ("out", Dense(d(2 * H, 3), d(3))),
    ),
    "attention_by_columns": lambda d: _graph(
        ("states", d.gru(return_sequences=True), "input"),
        ("scores", Dense(d(H, 1), activation="tanh")),
        ("softmax", Softmax(1)),
        ("context", Dot(1, 1), "softmax", "states"),
        ("flat", Flatten()),
        ("raw", Flatten(), "scores"),
        ("soft", Softmax(1)),
        ("column", Reshape(1, -1)),
        ("row", Flatten()),
        ("other", Dot(1, 1), "states", "row"),
        ("match", Dot(1, 1), "flat", "other"),
        ("level", Dot(-1, -1), "other", "states"),
        ("weighs", Dot(1, 1), "level", "states"),
        ("wide", RepeatVector(3), "weighs"),
        ("rnn", d.rnn(H)),
        ("all", Concatenate(), "flat", "match", "rnn"),
        ("out", Dense(d(2 * H + 1, 2), d(2))),
    ),
    "sliced": lambda d: _graph(
        ("states", d.lstm(return_sequences=True), "input"),
        ("ahead", Slice(1, 1)),
        ("back", d.gru(H), "ahead"),
        ("turned", Slice(1, None, None, -2), "states"),
        ("scaled", Rescaling(d(1), d(1))),
        ("sum", GlobalSumPooling1D()),
        ("some", Slice(-1, -2), "states"),
        ("units", Rescaling(d(2), d(2))),
        ("unmasked", Unmasked()),
        ("most", GlobalMaxPooling1D()),
        ("all", Concatenate(), "back", "sum", "most"),
        ("fewer", Slice(1, 1, -1)),
        ("out", Dense(d(2 * H, 2), d(2))),
    ),
    # Every input has so many steps, all of which are read.
    "fixed": lambda d: _graph(
        ("states", d.gru(return_sequences=True), "input"),
        ("slopes", PReLU(d(4, H))),
        ("flat", Flatten()),
        ("one", Dense(d(4 * H, 2), d(2))),
        ("per_step", Dense(d(H, 1), d(1), activation="tanh"), "states"),
        ("row", Flatten()),
        ("two", Dense(d(4, 2))),
        ("plain", Flatten(), "input"),
        ("three", Dense(d(4 * E, 2))),
        # A weight of its own for each unit of each step, made where time and units are exchanged.
        ("turned", Permute(), "states"),
        ("over_time", Dense(d(4, 4), d(4))),
        ("soft", Softmax()),
        ("weights", Permute()),
        ("weighed", Multiply(), "weights", "states"),
        ("pairs", Reshape(2 * H, 2)),
        ("four", d.rnn(2 * H, hidden=2)),
        ("as_steps", Reshape(-1, 2), "two"),
        ("five", GlobalMaxPooling1D()),
        ("all", Concatenate(), "one", "two", "three", "four", "five"),
        ("out", Dense(d(9, 2), d(2))),
        length=4,
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
    # One activation a branch: the others, in one network.
    "dense_activations": lambda d: _graph(
        *((name, Dense(d(3, 2), d(2), activation=name), "input") for name in BRANCHES),
        ("all", Concatenate(), *BRANCHES),
        ("out", Dense(d(2 * len(BRANCHES), 2), d(2))),
    ),
}  # type: ignore[assignment]


def _words():
    from lrp_engine.model.text import Vocabulary

    return Vocabulary(WORDS)


def network(name: str, seed: int = 0) -> Network:
    """A network of the zoo, float64."""
    return NETWORKS[name](Draw(seed))


def words_read(seed: int = 0, **options: object) -> Network:
    """A network that reads words of any number and masks none."""
    draw = Draw(seed)
    return _chain(
        Embedding(draw(V, E)), draw.bilstm(), Dense(draw(2 * H, 3), draw(3)),
        vocabulary=_words(), **options,
    )  # fmt: skip


def averages(seed: int = 0, **options: object) -> Network:
    """A network whose scores count every word, those that fill up included."""
    draw = Draw(seed)
    return _chain(
        Embedding(draw(V, E)), draw.gru(return_sequences=True), GlobalAveragePooling1D(),
        Dense(draw(H, 3), draw(3)), vocabulary=_words(), **options,
    )  # fmt: skip


def reader(words: Sequence[str], labels: Sequence[str], seed: int) -> Network:
    """A bidirectional LSTM that reads these words, from eight arrays."""
    rng = np.random.default_rng(seed)
    direction = [(E, 4 * H), (H, 4 * H), (4 * H,)]
    shapes = [*direction, *direction, (2 * H, len(labels)), (len(labels),)]
    arrays = [rng.normal(size=shape) for shape in shapes]
    embeddings = rng.normal(size=(len(words), E))
    return from_weights(arrays, vocabulary=words, embeddings=embeddings, labels=labels)


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
    """Random inputs (B, T, E), padded with garbage, or (B, D); all T where it is fixed."""
    rng = np.random.default_rng(seed)
    shape = network.input_shape
    time = (network.length or max(lengths),) if shape.time else ()
    return rng.normal(size=(len(lengths), *time, shape.units))
