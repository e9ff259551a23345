"""Keras models built for one number of time steps: all are read, and all have their relevance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import InputError
from lrp_engine.attribution.padding import merged_padding

V, E, T, C = 9, 5, 7, 2
WORDS = ["", *"abcdefgh"]

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*destroy the mask information:UserWarning"),
]


def _saved(layers: list[Any], path: Any) -> Any:
    """A model with random weights, and its file."""
    import keras

    model, rng = keras.Sequential(layers), np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.save(path)
    return model


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "masked"])
def flattened(request, tmp_path_factory):
    """Embedding, Flatten, Dense: the model and its file."""
    import keras

    k = keras.layers
    path = tmp_path_factory.mktemp("fixed") / "m.keras"
    layers = [keras.Input((T,)), k.Embedding(V, E, mask_zero=request.param), k.Flatten()]
    return _saved([*layers, k.Dense(C)], path), path


def test_padding_is_read_and_shown_as_one_entry(flattened):
    model, path = flattened
    net = lrp_engine.load(path, vocabulary=WORDS)
    assert net.length == T
    e = net.explain(["a b c"])
    ids = np.array([[0] * 4 + [1, 2, 3]])
    np.testing.assert_allclose(e.scores, model(ids).numpy(), atol=1e-5)
    assert e.padding.tolist() == [[True] * 4 + [False] * 3]
    assert np.abs(e.token_relevance).min() > 0
    assert np.abs(e.conservation_error).max() < 1e-4
    one = merged_padding(e)
    assert one.tokens == (("4 × padding", "a", "b", "c"),)
    np.testing.assert_allclose(one.token_relevance[0, 0], e.token_relevance[0, :4].sum())
    assert any("filled up in front" in sentence for sentence in net.assumptions)
    assert any("not say on which side" in sentence for sentence in net.warnings)
    behind = lrp_engine.load(path, vocabulary=WORDS, spec={"tokenizer": {"pad": "post"}})
    np.testing.assert_allclose(
        behind.predict(["a b c"]), model(ids[:, ::-1][:, [2, 1, 0, 3, 4, 5, 6]]).numpy(), atol=1e-5
    )


def test_another_number_of_steps_is_refused_by_every_method(flattened):
    net = lrp_engine.load(flattened[1], vocabulary=WORDS)
    for ask in (net.predict, net.explain):
        with pytest.raises(InputError, match="reads exactly 7 time steps; input 0 has 2"):
            ask(np.array([[1, 2]]))
    never = lrp_engine.load(flattened[1], vocabulary=WORDS, spec={"tokenizer": {"pad": False}})
    with pytest.raises(InputError, match="Fill it up"):
        never.predict(["a b"])


def test_a_word_is_left_out_by_filling_up_once_more(flattened):
    model, path = flattened
    net = lrp_engine.load(path, vocabulary=WORDS)
    ids = np.array([[0] * 4 + [1, 2, 3]])
    without = [[0] * 5 + [2, 3], [0] * 5 + [1, 3], [0] * 5 + [1, 2]]
    lost = model(ids).numpy()[0, 0] - model(np.array(without)).numpy()[:, 0]
    for given in (["a b c"], ids):
        found = net.explain(given, "occlusion", target=0).token_relevance[0]
        assert not found[:4].any()
        np.testing.assert_allclose(found[4:], lost, atol=1e-5)


def test_vectors_are_read_step_by_step_and_saved(tmp_path):
    """Nothing but the file's input says what is a step, and how many units it has."""
    import keras

    k = keras.layers
    model = _saved([keras.Input((T, E)), k.Flatten(), k.Dense(C)], tmp_path / "m.keras")
    net = lrp_engine.load(tmp_path / "m.keras")
    x = np.random.default_rng(0).normal(size=(2, T, E))
    e = net.explain(x, target=1)
    assert e.relevance.shape == x.shape
    np.testing.assert_allclose(e.scores, model(x).numpy(), atol=1e-5)
    net.save(tmp_path / "own.zip")
    assert lrp_engine.load(tmp_path / "own.zip").hash == net.hash
    found = net.explain(x[:1], "occlusion", target=1).token_relevance[0, 2]
    still = x[:1].copy()
    still[0, 2] = 0
    expected = (model(x[:1]).numpy() - model(still).numpy())[0, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert lrp_engine.parity(tmp_path / "m.keras").verdict == "verified"


def test_given_embeddings_stand_before_a_model_of_one_length(tmp_path):
    import keras

    k = keras.layers
    model = _saved([keras.Input((T, E)), k.Flatten(), k.Dense(C)], tmp_path / "m.keras")
    table = np.random.default_rng(0).normal(size=(V, E))
    net = lrp_engine.load(tmp_path / "m.keras", vocabulary=WORDS, embeddings=table)
    vectors = table[[[0] * 4 + [1, 2, 3]]]
    np.testing.assert_allclose(net.predict(["a b c"]), model(vectors).numpy(), atol=1e-5)
