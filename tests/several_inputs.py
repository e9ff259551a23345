"""Small random networks that read several inputs."""

from __future__ import annotations

from lrp_engine import Network
from lrp_engine.layers import Concatenate, Dense, Embedding, Multiply
from lrp_engine.model.graph import Node
from lrp_engine.model.reads import Input
from lrp_engine.model.text import Vocabulary
from tests.zoo import WORDS, Draw, E, H, V

D = 3  # features
WORDS_OF = Vocabulary(WORDS)


def text(name: str, **options: object) -> Input:
    return Input(name=name, ids=True, vocabulary=WORDS_OF, **options)  # type: ignore[arg-type]


def two_texts() -> Network:
    """Both through one embedding and one LSTM, as a network that compares them."""
    d = Draw(1)
    table, lstm = d(V, E), d.lstm()
    return Network(
        nodes=(
            Node("words", Embedding(table), ("question",)),
            Node("words_again", Embedding(table), ("answer",)),
            Node("lstm", lstm, ("words",)),
            Node("lstm_again", lstm, ("words_again",)),
            Node("both", Multiply(), ("lstm", "lstm_again")),
            Node("joined", Concatenate(), ("lstm", "both")),
            Node("out", Dense(d(2 * H, 3), d(3)), ("joined",)),
        ),
        several=(text("question"), text("answer")),
        dtype="float64",
    )


def text_and_features() -> Network:
    d = Draw(2)
    return Network(
        nodes=(
            Node("words", Embedding(d(V, E), mask_zero=True), ("text",)),
            Node("bilstm", d.bilstm(), ("words",)),
            Node("hidden", Dense(d(D, 2), d(2), "relu"), ("facts",)),
            Node("joined", Concatenate(), ("bilstm", "hidden")),
            Node("out", Dense(d(2 * H + 2, 3), d(3)), ("joined",)),
        ),
        several=(text("text"), Input(name="facts", units=D, features=("age", "income", "rooms"))),
        dtype="float64",
    )


def step_by_step(*, labels: bool = False) -> Network:
    """Words and vectors beside each other at every step, as of words with their shapes."""
    d = Draw(3)
    return Network(
        nodes=(
            Node("words", Embedding(d(V, E)), ("text",)),
            Node("joined", Concatenate(), ("words", "shapes")),
            Node("lstm", d.lstm(E + 2, return_sequences=labels), ("joined",)),
            Node("out", Dense(d(H, 3), d(3)), ("lstm",)),
        ),
        several=(text("text"), Input(name="shapes", units=2, time=True)),
        dtype="float64",
    )
