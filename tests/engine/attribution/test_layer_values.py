"""Layers that are kept: their numbers are Keras's, their relevance adds up, both are a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import lrp_engine
from lrp_engine import InputError
from lrp_engine.layers import Conv1D, Dense, SimpleRNN
from lrp_engine.model.graph import Node
from tests.engine.formats.test_formats import finalized

# What TensorFlow's variables say to numpy 2 while Keras saves them.
pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

TEXTS = [[3, 1, 4, 1, 5], [2], [6, 5, 3]]  # ids, without padding
H, C = 3, 2


@pytest.fixture(scope="module")
def layers() -> dict[str, Any]:
    """Keras's layers with drawn weights, in order, the recurrent ones returning every state."""
    import keras

    k, rng = keras.layers, np.random.default_rng(4)
    made = {
        "words": k.Embedding(7, 4, mask_zero=True, name="words"),
        "lstm": k.LSTM(H, return_sequences=True, name="lstm"),
        "both": k.Bidirectional(k.GRU(2, return_sequences=True), name="both"),
        "dense": k.Dense(5, "relu", name="dense"),
    }
    x = np.array([[1, 2]])
    for layer in made.values():
        x = layer(x)
        layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return made


@pytest.fixture(scope="module")
def network(layers) -> lrp_engine.Network:
    """The same layers, the last recurrent one returning only its last state."""
    import keras

    k, rng = keras.layers, np.random.default_rng(5)
    last = k.Bidirectional(k.GRU(2), name="both")
    ids = keras.Input((None,))
    x = last(layers["lstm"](layers["words"](ids)))
    model = keras.Model(ids, k.Dense(C, "softmax", name="scores")(layers["dense"](x)))
    last.set_weights(layers["both"].get_weights())
    scores = model.layers[-1]
    scores.set_weights([rng.normal(size=w.shape) for w in scores.get_weights()])
    return lrp_engine.from_keras(finalized(model))


def test_values_are_those_of_kerass_own_layers(network, layers):
    """Outputs, and states over time also where only the last one is handed on."""
    states = ["lstm/h", "both/forward/h", "both/backward/h"]
    e = network.explain(TEXTS, layers=["words", "lstm", "both", "dense", *states])
    assert e.layer_values.keys() == e.layers.keys()
    for n, text in enumerate(TEXTS):
        words = layers["words"](np.array([text]))
        lstm = layers["lstm"](words)
        both = layers["both"](lstm).numpy()[0]  # (T, 4)
        ends = np.concatenate([both[-1, :2], both[0, 2:]])
        wanted = {
            "words": words.numpy()[0],
            "lstm": lstm.numpy()[0],
            "both": ends,
            "dense": layers["dense"](ends[None]).numpy()[0],
            "lstm/h": lstm.numpy()[0],
            "both/forward/h": both[:, :2],
            "both/backward/h": both[:, 2:],
        }
        one = e[n]
        assert one.layer_values.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_allclose(one.layer_values[name][0], array, atol=1e-6, err_msg=name)
            assert one.layers[name][0].shape == array.shape
            if array.ndim == 2:  # nothing stands behind a text
                assert not e.layer_values[name][n, len(text) :].any()
                assert not e.layers[name][n, len(text) :].any()
    assert not e.layer_values["lstm"].flags.writeable


def test_relevance_of_the_last_state_is_that_of_the_output(network):
    e = network.explain(TEXTS, layers=["both", "both/forward/h", "both/backward/h"])
    for n, text in enumerate(TEXTS):
        last = e.layers["both/forward/h"][n, len(text) - 1]
        first = e.layers["both/backward/h"][n, 0]
        np.testing.assert_allclose(np.concatenate([last, first]), e.layers["both"][n], atol=1e-6)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_a_state_holds_what_is_left_of_the_score(backwards, sequences):
    """Without biases: relevance at state t = what the words read up to t receive, and h_0."""
    rng = np.random.default_rng(0)
    layer = SimpleRNN(
        rng.normal(size=(2, H)), rng.normal(size=(H, H)), np.zeros(H),
        return_sequences=sequences, go_backwards=backwards,
    )  # fmt: skip
    nodes = [
        Node("loop", layer),
        Node("scores", Dense(rng.normal(size=(H, C)), np.zeros(C)), ("loop",)),
    ]
    network = lrp_engine.Network(nodes=tuple(nodes), dtype="float64")
    x = rng.normal(size=(1, 6, 2))
    where = {"position": 0 if backwards else 5} if sequences else {}  # the step read last
    e = network.explain(x, rule=lrp_engine.Epsilon(eps=1e-12), layers="loop/h", **where)
    words = e.token_relevance[0, :: -1 if backwards else 1]
    left = e.layers["loop/h"][0, :: -1 if backwards else 1].sum(axis=1)
    np.testing.assert_allclose(left, words.cumsum() + e.initial_state, atol=1e-6)


def test_nothing_else_changes_and_methods_share_the_values(network):
    plain = network.explain_all(TEXTS)
    kept = network.explain_all(TEXTS, layers=["lstm/h", "dense"])
    for method, e in kept.items():
        np.testing.assert_allclose(e.token_relevance, plain[method].token_relevance, atol=1e-6)
        np.testing.assert_array_equal(e.layer_values["dense"], kept["lrp"].layer_values["dense"])
    assert not plain["lrp"].layer_values


def test_layers_are_a_tidy_table(network):
    e = network.explain(TEXTS, layers=["both", "lstm/h"])
    frame = e.to_frame("layers")
    words = e.to_frame()
    shared = ["sample", "text", "method", "class", "target", "score"]
    assert [*frame.columns] == [
        *shared, "layer", "position", "token", "unit", "value", "relevance"
    ]  # fmt: skip
    assert [*words.columns][:6] == shared
    assert len(frame) == len(TEXTS) * 4 + sum(map(len, TEXTS)) * H
    row = frame.query("layer == 'lstm/h' and sample == 2 and position == 1 and unit == 2").iloc[0]
    assert row["token"] == e.tokens[2][1]
    assert (row["value"], row["relevance"]) == (
        e.layer_values["lstm/h"][2, 1, 2], e.layers["lstm/h"][2, 1, 2]
    )  # fmt: skip
    whole = frame[frame["layer"] == "both"]
    assert whole["position"].isna().all()
    assert whole["token"].isna().all()
    np.testing.assert_array_equal(whole["value"].to_numpy().reshape(3, 4), e.layer_values["both"])
    both = network.explain_all(TEXTS, layers="both").to_frame("layers")
    assert len(pd.concat([frame, both])) == len(frame) + 3 * len(whole)
    with pytest.raises(InputError, match="No layers were kept"):
        network.explain(TEXTS).to_frame("layers")


def test_steps_of_windows_are_their_own():
    rng = np.random.default_rng(1)
    nodes = [
        Node("windows", Conv1D(rng.normal(size=(2, 2, 3)), np.zeros(3), padding="valid")),
        Node("loop", SimpleRNN(rng.normal(size=(3, H)), np.eye(H), np.zeros(H)), ("windows",)),
        Node("scores", Dense(rng.normal(size=(H, C)), np.zeros(C)), ("loop",)),
    ]
    network = lrp_engine.Network(nodes=tuple(nodes))
    e = network.explain(rng.normal(size=(2, 5, 2)), lengths=[5, 4], layers=["windows", "loop/h"])
    frame = e.to_frame("layers")
    assert frame["token"].isna().all()
    for name in ("windows", "loop/h"):  # windows of two steps: one step less
        rows = frame[frame["layer"] == name]
        assert rows.groupby("sample")["position"].max().to_list() == [3, 2]
        assert not e.layer_values[name][1, 3:].any()
    np.testing.assert_array_equal(e[1].layer_values["loop/h"], e.layer_values["loop/h"][1:])


def test_states_that_are_not_there_are_named(network):
    with pytest.raises(InputError, match="over time from 'lstm/h', 'both/forward/h'"):
        network.explain(TEXTS, layers=["lstm/c"])
