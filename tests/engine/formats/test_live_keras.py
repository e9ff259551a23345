"""Live Keras models: the network of the saved file, without a file, and compared by calling.

That every class gives the network of its file is held in `test_formats.py`.
"""

from __future__ import annotations

import gc
import re
import weakref
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError, InputError, from_keras, load, parity
from lrp_engine.formats.keras.live import live_contents
from lrp_engine.proof.live import against_live, live_model, texts_against_live
from lrp_engine.proof.probes import probes, without_embedding
from lrp_engine.proof.sheet import FAIL, NOT_CHECKED, PASS
from lrp_engine.propagation.program import Program
from tests.engine.formats.test_formats import (
    E,
    V,
    _chain,
    _functional,
)

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*destroy the mask information:UserWarning"),
]
TEXTS = ("a fine film", "a dull, dull plot", "fine acting saves the plot", "no")


def _small(k: Any, *, units: int = 3) -> Any:
    return _chain(k.Embedding(V, E), k.LSTM(units), k.Dense(2, activation="softmax"))


@pytest.fixture
def layers() -> Any:
    import keras

    return keras.layers


def test_the_loss_that_a_model_is_compiled_with_says_what_its_numbers_are(layers):
    model = _chain(layers.Embedding(V, E), layers.GRU(3), layers.Dropout(0.5), layers.Dense(1))
    model.compile("adam", "mse")
    assert not from_keras(model).has_classes
    model.compile("adam", "binary_crossentropy")
    assert from_keras(model).has_classes


def test_what_compile_was_given_need_not_be_data(layers):
    import keras

    class Metric(keras.metrics.Mean):
        def get_config(self):
            raise NotImplementedError("none of your business")

    model = _small(layers)
    plain = from_keras(model)
    model.compile("sgd", loss=lambda y, p: 0.0 * y + p, metrics=[Metric()])
    assert from_keras(model).nodes[0].layer.table.shape == plain.nodes[0].layer.table.shape


def test_the_options_are_those_of_load(layers):
    words = [f"w{n}" for n in range(V)]
    net = from_keras(
        _small(layers), {"method": "whitespace"}, vocabulary=words, labels=["no", "yes"],
        dtype="float64",
    )  # fmt: skip
    assert net.labels == ("no", "yes")
    assert net.dtype == "float64"
    assert net.explain("w3 w4 w5").tokens == (("w3", "w4", "w5"),)

    net = from_keras(_small(layers), tokenizer=str.split, vocabulary=words)
    assert net.explain("w1 w2").tokens == (("w1", "w2"),)
    with pytest.raises(InputError, match="dtype"):
        from_keras(_small(layers), dtype="int8")
    vectors = _chain(layers.LSTM(3), layers.Dense(2), inputs=_input((None, E)))
    table = np.ones((V, E), "float32")
    assert from_keras(vectors, embeddings=table, vocabulary=words).vocabulary is not None


def _input(shape: Any) -> Any:
    import keras

    return keras.Input(shape)


def test_layers_of_a_model_inside_and_shared_ones_are_found(layers, tmp_path):
    import keras

    words = keras.Input((None,))
    inner = keras.Sequential([keras.Input((None, E)), layers.LSTM(E), layers.Dense(3)])
    x = layers.Embedding(V, E)(words)
    both = layers.Concatenate()([inner(x), inner(x), layers.LSTM(2)(x)])
    model = keras.Model(words, layers.Dense(2, activation="softmax")(both))
    model.save(tmp_path / "model.keras")
    assert from_keras(model).hash == load(tmp_path / "model.keras").hash
    assert _line(from_keras(model), model).verdict == PASS


def test_the_model_is_not_kept_alive_nor_its_weights_shared(layers):
    model = _small(layers)
    net = from_keras(model)
    before = net.predict([[1, 2, 3]])
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    np.testing.assert_array_equal(net.predict([[1, 2, 3]]), before)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None


def _line(net: Any, reference: Any) -> Any:
    """The line of a sheet about a live model, without the rest of the sheet."""
    exact = Program(without_embedding(net), traced=False)
    return against_live(net, live_model(reference), exact, probes(net, exact=exact))


# Calling it ------------------------------------------------------------------------------------


def test_calling_the_model_verifies_the_network_and_the_line_names_it(layers):
    model = _small(layers)
    sheet = parity(from_keras(model), reference=model)
    assert sheet.verdict == "verified"
    assert f"from the live Keras model '{model.name}'" in sheet["reference"].detail
    model.set_weights([w + 0.1 for w in model.get_weights()])
    assert _line(from_keras(_small(layers)), model).verdict == FAIL


@pytest.mark.parametrize("name", ["lengths", "vectors", "features", "labels", "several", "outputs"])
def test_models_of_every_kind_of_input_are_called(name, layers):
    import keras

    k = layers
    words, vectors = keras.Input((None,)), keras.Input((None, E))
    pooled = k.LSTM(3)(k.Embedding(V, E)(words))
    two = k.Dense(2, activation="softmax", name="two")(pooled)
    one = k.Dense(1, activation="sigmoid", name="one")(pooled)
    model = {
        "lengths": lambda: _chain(k.Embedding(V, E), k.Flatten(), k.Dense(2), inputs=_input((6,))),
        "vectors": lambda: _chain(k.GRU(3), k.Dense(1, "sigmoid"), inputs=_input((None, E))),
        "features": lambda: _chain(k.Dense(4, "relu"), k.Dense(3, "softmax"), inputs=_input((5,))),
        "labels": lambda: _chain(
            k.Embedding(V, E), k.LSTM(3, return_sequences=True), k.Dense(4, "softmax")
        ),
        "several": lambda: keras.Model(
            [words, vectors], k.Dense(2, "softmax")(k.Concatenate()([pooled, k.LSTM(2)(vectors)]))
        ),
        "outputs": lambda: keras.Model(words, [two, one]),
    }[name]()
    spec = {"output_name": "one"} if name == "outputs" else None
    line = _line(from_keras(model, spec=spec), model)
    assert line.verdict == PASS, line


def test_a_text_layer_is_read_with_its_words_and_called_on_texts(layers, tmp_path):
    import keras

    text = layers.TextVectorization(output_sequence_length=6)
    text.adapt(list(TEXTS))
    size = len(text.get_vocabulary())
    model = keras.Sequential(
        [keras.Input((1,), dtype="string"), text, layers.Embedding(size, E), layers.LSTM(3),
         layers.Dense(2, activation="softmax")]
    )  # fmt: skip
    model.save(tmp_path / "model.keras")
    net = from_keras(model)
    assert net.hash == load(tmp_path / "model.keras").hash
    assert list(net.vocabulary.tokens) == text.get_vocabulary()
    sheet = parity(net, reference=model, examples=TEXTS)
    assert (sheet.verdict, sheet.text) == ("verified", "verified")
    assert "the live Keras model" in sheet["text"].detail
    assert sheet["reference"].verdict == NOT_CHECKED
    other = lrp_engine.load(tmp_path / "model.keras", spec={"tokenizer": {"standardize": "none"}})
    assert texts_against_live(other, live_model(model), TEXTS).verdict == FAIL


def test_a_lookup_of_words_is_called_on_words(layers):
    import keras

    look = layers.StringLookup(vocabulary=["a", "fine", "film"], mask_token="")
    model = keras.Sequential(
        [keras.Input((None,), dtype="string"), look, layers.Embedding(5, E, mask_zero=True),
         layers.LSTM(3), layers.Dense(2)]
    )  # fmt: skip
    assert texts_against_live(from_keras(model), live_model(model), ()).verdict == PASS


def test_a_function_of_arrays_is_a_reference_too(layers):
    model = _small(layers)
    net = from_keras(model)

    def scored(ids: Any) -> Any:
        return np.asarray(model(ids))

    line = _line(net, scored)
    assert line.verdict == PASS
    assert "from the function scored" in line.detail

    def broken(ids: Any) -> Any:
        raise RuntimeError("no GPU")

    line = _line(net, broken)
    assert line.verdict == NOT_CHECKED
    assert "RuntimeError: no GPU" in line.detail
    assert _line(net, lambda ids: "text").verdict == NOT_CHECKED
    assert _line(net, lambda ids: np.ones((1, 2))).verdict == NOT_CHECKED


# What is refused -------------------------------------------------------------------------------


def _refusals() -> dict[str, tuple[Any, str]]:
    import keras

    k = keras.layers

    class Subclassed(keras.Model):
        def call(self, x):
            return x

    class Called(keras.Sequential):
        def call(self, x, **more):
            return super().call(x, **more) * 2

    class Own(k.Layer):
        def call(self, x):
            return x * 2

    class Silent(k.Layer):
        def __init__(self, secret):
            super().__init__()
            self.secret = secret

        def call(self, x):
            return x

        def get_config(self):
            raise NotImplementedError

    start = [k.Embedding(V, E), k.LSTM(3)]
    unbuilt = keras.Sequential([k.Embedding(V, E), k.LSTM(3), k.Dense(2)])
    unlearned = keras.Sequential(
        [keras.Input((1,), dtype="string"), k.TextVectorization(), k.Embedding(V, E), k.LSTM(3),
         k.Dense(2)]
    )  # fmt: skip
    return {
        "subclassed": (Subclassed(name="mine"), r"'mine' \(Subclassed\) is a class of the author"),
        "another call": (
            Called([keras.Input((None,)), *start, k.Dense(2)]), r"\(Called\) is a class",
        ),
        "custom layer": (
            _functional(*start, Own(name="twice"), k.Dense(2)),
            r"Layer 'twice' \(Own\) is not supported; where",
        ),
        "silent layer": (
            _functional(*start, Silent(1), k.Dense(2)), r"Layer 'silent\w*' \(Silent\) of the",
        ),
        "lambda": (
            _functional(*start, k.Lambda(lambda x: x * 2, name="double"), k.Dense(2)),
            "Layer 'double'",
        ),
        "unbuilt": (unbuilt, "has no weights yet"),
        "unlearned": (unlearned, "knows no words yet; call its adapt"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["subclassed", "another call", "custom layer", "silent layer", "lambda", "unbuilt",
     "unlearned"],
)  # fmt: skip
def test_what_is_no_data_is_refused_in_a_sentence(name):
    model, words = _refusals()[name]
    with pytest.raises(FormatError) as refused:
        from_keras(model)
    sentence = str(refused.value)
    assert re.search(words, sentence), sentence
    assert sentence.endswith(".")
    assert len(sentence) < 900


@pytest.mark.parametrize("value", [None, 3, "model.keras", {}, object])
def test_another_value_is_an_input_error(value):
    with pytest.raises(InputError, match=r"expects a keras.Model"):
        from_keras(value)


def test_a_live_model_given_to_load_says_where_it_belongs(layers):
    with pytest.raises(InputError, match="from_keras"):
        load(_small(layers))


def test_weights_of_half_precision_are_read_as_from_the_file(layers, tmp_path):
    k = layers
    model = _chain(k.Embedding(V, E), k.LSTM(3), k.Dense(2, dtype="bfloat16"))
    model.save(tmp_path / "model.keras")
    assert from_keras(model).hash == load(tmp_path / "model.keras").hash
    assert all(array.flags.owndata for array in live_contents(model).arrays.values())
