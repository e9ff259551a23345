"""`predict` and `explain` refuse the same inputs, in the same sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lrp_engine import InputError, Network
from lrp_engine.layers import Dense, Embedding, Flatten
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests.zoo import WORDS, Draw, E, H, V, _chain

pytestmark = pytest.mark.usefixtures("untraced")


def _networks() -> dict[str, Network]:
    d = Draw(3)
    words = {"vocabulary": Vocabulary(WORDS, "<unk>")}
    embedding = Embedding(d(V, E))

    def reads(*layers: object, **options: object) -> Network:
        return _chain(*layers, **options)

    return {
        "words": reads(embedding, d.lstm(E), Dense(d(H, 3), d(3)), **words),
        "ids": reads(embedding, d.lstm(E), Dense(d(H, 3), d(3))),
        "labels": reads(
            embedding, d.bilstm(return_sequences=True), Dense(d(2 * H, 3), d(3)), **words
        ),
        "values": reads(embedding, d.lstm(E), Dense(d(H, 2), d(2)), output="linear", **words),
        "fixed": reads(embedding, Flatten(), Dense(d(4 * E, 3), d(3)), length=4, **words),
        "dropped": reads(
            embedding, d.lstm(E), Dense(d(H, 3), d(3)),
            vocabulary=Vocabulary(WORDS), tokenizer=Tokenizer(unknown="drop"),
        ),
        "steps": reads(d.lstm(E), Dense(d(H, 3), d(3))),
        "features": reads(Dense(d(5, H), d(H), "relu"), Dense(d(H, 3), d(3))),
    }  # fmt: skip


NETWORKS = _networks()
vectors, features = np.ones((2, 3, E)), np.ones((2, 5))
# What is given -> the networks that must refuse it; all where it says none.
BAD = {
    "nothing": ([], {}),
    "no text": ("", {}),
    "a space": ([" "], {}),
    "an empty list of words": ([[]], {}),
    "None": (None, {}),
    "a number": (3, {}),
    "bytes": (b"a text", {}),
    "a mapping": ({"text": "w1"}, {}),
    "a set": ({"w1"}, {}),
    "a table": (pd.DataFrame({"text": ["w1"]}), {}),
    "mixed kinds": (["w1 w2", ["w3"]], {}),
    "words and numbers": ([["w1", 2]], {}),
    "numbers among texts": (["w1", 2], {}),
    "an unknown word alone": (["zzz"], {}),
    "lengths of texts": ([["w1"]], {"lengths": [1]}),
    "a row beyond the table": (np.array([[1, V]]), {}),
    "a row below zero": (np.array([[1, -1]]), {}),
    "rows that are no whole numbers": ([[1.5, 2.0]], {}),
    "truth values": (np.array([[True, False]]), {}),
    "complex numbers": (np.ones((1, 3, E), complex), {}),
    "no numbers": (np.full((1, 3, E), np.nan), {}),
    "endless numbers": (np.full((1, 3, E), np.inf), {}),
    "too large numbers": (np.full((1, 3, E), 1e38), {}),
    "too large features": (np.full((1, 5), 1e38), {}),
    "features that are none": (np.array([[1, 2, np.nan, 4, 5.0]]), {}),
    "too many axes": (np.ones((1, 2, 3, E)), {}),
    "too few axes": (np.ones(E), {}),
    "too many units": (np.ones((1, 3, E + 1)), {}),
    "too many features": (np.ones((1, 6)), {}),
    "no steps": (np.ones((1, 0, E)), {}),
    "no samples": (np.ones((0, 3, E)), {}),
    "unequal shapes": ([[1.0, 2.0], [1.0]], {}),
    "a length too large": (vectors, {"lengths": [3, 4]}),
    "a length of zero": (vectors, {"lengths": [3, 0]}),
    "a length too few": (vectors, {"lengths": [3]}),
    "a length that is none": (vectors, {"lengths": [3, 1.5]}),
    "lengths of features": (features, {"lengths": [1, 1]}),
    "another number of steps": (np.array([[1, 2, 3]]), {}),
}  # fmt: skip


def _sentence(ask: object, *arguments: object, **options: object) -> str | None:
    """What is refused, in its words; None where there is an answer."""
    try:
        with np.errstate(all="ignore"):
            ask(*arguments, **options)  # type: ignore[operator]
    except InputError as error:
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("reads", NETWORKS)
def test_what_cannot_be_explained_cannot_be_predicted(reads):
    net, refused = NETWORKS[reads], set()
    for name, (inputs, options) in BAD.items():
        said = _sentence(net.predict, inputs, **options)
        for method in ("lrp", "sensitivity", "occlusion"):
            explained = _sentence(net.explain, inputs, method, **options)
            assert explained == said, (name, method)
        if net.has_classes:
            assert _sentence(net.probabilities, inputs, **options) == said, name
        refused |= {name} if said is not None else set()
    assert len(refused) > 0.6 * len(BAD), set(BAD) - refused


def test_every_bad_input_is_refused_by_a_network():
    for name, (inputs, options) in BAD.items():
        assert any(_sentence(net.predict, inputs, **options) for net in NETWORKS.values()), name
