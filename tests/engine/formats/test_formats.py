"""Files that tools write: what is read scores as it scored there; the rest is named."""

from __future__ import annotations

import importlib
import io
import json
import os
import pkgutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lrp_engine
import lrp_engine.formats
from lrp_engine import FormatError, InputError, from_weights
from lrp_engine.formats import READERS, Reader
from lrp_engine.formats.arrays.eight_arrays import NAMES
from lrp_engine.formats.containers import messages
from lrp_engine.formats.containers.limits import Limits
from lrp_engine.formats.containers.sandbox import unpack
from lrp_engine.formats.keras.classes import KERAS_CLASSES
from lrp_engine.formats.keras.graph import PREFIX
from lrp_engine.formats.readers import contents_of
from lrp_engine.layers import Embedding
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests import hostile, zoo

V, E, H, C = 11, 4, 3, 5

# Keras models of every kind read ---------------------------------------------------------------


def _chain(*layers: Any, inputs: Any = None) -> Any:
    import keras

    start = keras.Input((None,)) if inputs is None else inputs
    return keras.Sequential([start, *layers])


def _functional(*layers: Any, inputs: Any = None) -> Any:
    import keras

    start = x = keras.Input((None,)) if inputs is None else inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(start, x)


def _text_cnn(k: Any, Input: Any) -> Any:
    import keras

    words = Input((None,))
    x = k.Embedding(V, E)(words)
    branches = [
        k.GlobalMaxPooling1D()(k.Conv1D(3, size, activation="relu", padding=padding)(x))
        for size, padding in [(2, "valid"), (3, "same"), (4, "causal")]
    ]
    y = k.Conv1D(4, 3, strides=2, padding="same", use_bias=False)(x)
    y = k.Activation("tanh")(k.BatchNormalization()(y))
    y = k.MaxPooling1D(2, strides=1, padding="same")(y)
    y = k.Conv1D(4, 2, dilation_rate=2, padding="causal")(y)
    y = k.AveragePooling1D(2, padding="same")(y)
    branches += [k.GlobalAveragePooling1D()(y), k.SimpleRNN(3)(y)]
    return keras.Model(words, k.Dense(C)(k.Concatenate()(branches)))


def _attentive(k: Any, Input: Any) -> Any:
    import keras

    words = Input((None,))
    x = k.Embedding(V, E, mask_zero=True)(words)
    h = k.Bidirectional(k.LSTM(2, return_sequences=True))(x)
    h = k.LayerNormalization()(h)
    one = k.Attention(use_scale=True)([h, h])
    two = k.AdditiveAttention()([h, h, k.TimeDistributed(k.Dense(4))(h)])
    three = k.Attention(score_mode="concat")([h, one], use_causal_mask=True)
    last = k.GRU(4)(h)
    asked = k.Flatten()(k.AdditiveAttention(use_scale=False)([k.Reshape((1, 4))(last), h]))
    pooled = k.GlobalAveragePooling1D()(k.Concatenate()([one, two, three]))
    y = k.Concatenate()([pooled, asked, last])
    return keras.Model(words, k.Dense(C, activation="softmax")(y))


def _attentive_by_hand(k: Any, Input: Any) -> Any:
    import keras

    words = Input((None,))
    h = k.LSTM(4, return_sequences=True)(k.Embedding(V, E)(words))
    last = k.GRU(4)(h)
    one = k.Dot(axes=1)([k.Softmax()(k.Dot(axes=(2, 1))([h, last])), h])
    two = k.Dot(axes=1)([k.Softmax(axis=1)(k.Dense(1, activation="tanh")(h)), h])
    scores = k.Activation("softmax")(k.Flatten()(k.Dense(1)(h)))
    three = k.Dot(axes=(1, 1))([h, scores])
    four = k.GlobalAveragePooling1D()(k.Multiply()([h, k.Reshape((-1, 1))(scores)]))
    spread = k.Permute((2, 1))(k.RepeatVector(4)(scores))  # the weight of a step for every unit
    five = k.GlobalAveragePooling1D()(k.Multiply()([h, spread]))
    y = k.Concatenate()([one, k.Flatten()(two), three, four, five, k.Dot(axes=-1)([one, last])])
    return keras.Model(words, k.Dense(1, activation="sigmoid")(y))


def _merges(k: Any, Input: Any) -> Any:
    import keras

    vectors = Input((None, E))
    x = k.Masking(0.5)(vectors)
    a, b = k.GRU(3, return_sequences=True)(x), k.LSTM(3, return_sequences=True)(x)
    c = k.Add()([a, b, a])
    c = k.Subtract()([k.Multiply()([c, a]), k.Average()([b, c])])
    c = k.Activation("relu")(k.Maximum()([c, b]))
    d = k.GlobalAveragePooling1D()(c)
    e = k.SimpleRNN(2)(k.Permute((1, 2))(k.RepeatVector(3)(d)))
    f = k.BatchNormalization(scale=False)(k.Flatten()(k.RepeatVector(2)(d)))
    g = k.GlobalMaxPooling1D()(c)
    y = k.Dense(4)(k.Concatenate()([d, e, f, g]))
    y = k.LayerNormalization(center=False)(k.Add()([y, k.Activation("tanh")(y)]))
    return keras.Model(vectors, k.Dense(2)(y))


def _fixed(k: Any, Input: Any) -> Any:
    """What needs to know the number of time steps; all are read, masked ones included."""
    import keras

    words = Input((7,))
    x = k.Embedding(V, E, mask_zero=True)(words)
    h = k.Bidirectional(k.LSTM(H, return_sequences=True))(x)
    flat = k.Dense(4, activation="relu")(k.Flatten()(h))
    row = k.Dense(4, activation="tanh")(k.Flatten()(k.TimeDistributed(k.Dense(1))(h)))
    pooled = k.Flatten()(k.MaxPooling1D(2)(k.Conv1D(3, 2)(x)))
    return keras.Model(words, k.Dense(C)(k.Concatenate()([flat, row, k.Dense(2)(pooled)])))


def _turned(k: Any, Input: Any) -> Any:
    """Attention by hand with a weight for every unit: Permute, Dense over time, Permute, Multiply.

    (github.com/philipperemy/keras-attention of 2017.) And units as steps, steps as other steps.
    """
    import keras

    vectors = Input((7, E))
    h = k.LSTM(H, return_sequences=True)(k.Masking(0.5)(vectors))
    over_time = k.Dense(7, activation="softmax")(k.Reshape((H, 7))(k.Permute((2, 1))(h)))
    weighed = k.Multiply()([h, k.Permute((2, 1))(over_time)])
    flat = k.Dense(6)(k.Flatten()(weighed))
    steps = k.GRU(2)(k.Reshape((2, 3))(flat))
    other = k.SimpleRNN(2)(k.Reshape((3, 7))(k.Reshape((-1,))(h)))
    return keras.Model(vectors, k.Dense(C)(k.Concatenate()([flat, steps, other])))


def _per_step(k: Any, Input: Any) -> Any:
    """Convolutions of units by themselves, constants and slopes; a fixed length."""
    import keras

    vectors = Input((7, E))
    x = k.PReLU()(k.Rescaling(1 / 5, offset=-0.5)(vectors))
    a = k.SeparableConv1D(3, 2, depth_multiplier=2, padding="same", activation="tanh")(x)
    b = k.ELU(0.3)(k.DepthwiseConv1D(3, depth_multiplier=2, strides=2, use_bias=False)(x))
    y = k.Concatenate()([k.GlobalMaxPooling1D()(a), k.GlobalAveragePooling1D()(b)])
    return keras.Model(vectors, k.Dense(C)(k.Rescaling([1.0, 2.0] * 5 + [3.0])(y)))


def _states(k: Any, Input: Any) -> Any:
    """States beside the output, layers that are used twice, cells."""
    import keras

    words = Input((None,))
    x = k.Embedding(V, E, mask_zero=True)(words)
    h, last, _ = k.RNN(k.LSTMCell(H), return_sequences=True, return_state=True)(x)
    both, one, _, two, _ = k.Bidirectional(k.LSTM(H, return_sequences=True, return_state=True))(x)
    final, _ = k.GRU(2, return_state=True)(both)
    shared, cell = k.Dense(3, activation="tanh"), k.RNN(k.GRUCell(2, reset_after=False))
    again = k.Bidirectional(k.RNN(k.SimpleRNNCell(2)), merge_mode="ave")(h)
    twice = [shared(one), shared(shared(two)), shared(last), cell(h), cell(k.Dense(H)(both))]
    return keras.Model(words, k.Dense(C)(k.Concatenate()([*twice, final, again])))


def _heads(k: Any, Input: Any) -> Any:
    """A block of a transformer behind a recurrent layer, and a causal attention to it."""
    import keras

    words = Input((None,))
    h = k.Bidirectional(k.LSTM(2, return_sequences=True))(k.Embedding(V, E)(words))
    block = k.LayerNormalization()(k.Add()([h, k.MultiHeadAttention(2, 3, value_dim=2)(h, h)]))
    causal = k.MultiHeadAttention(1, 2, dropout=0.1, use_bias=False, output_shape=3)
    asked = causal(query=block, value=h, key=block, use_causal_mask=True)
    y = [k.GlobalAveragePooling1D()(block), k.GlobalMaxPooling1D()(asked)]
    return keras.Model(words, k.Dense(C)(k.Concatenate()(y)))


def _statistics(k: Any, Input: Any) -> Any:
    import keras

    features = Input((E,))
    y = k.Dense(4, activation="hard_silu")(k.Normalization()(features))
    return keras.Model(features, k.Dense(C)(y))


def _statistics_given(k: Any, Input: Any) -> Any:
    import keras

    vectors = Input((None, E))
    h = k.Normalization(mean=np.arange(E) / 5, variance=np.arange(E) / 2)(vectors)
    h = k.LSTM(H, return_sequences=True, zero_output_for_mask=True)(k.Masking(0.5)(h))
    return keras.Model(vectors, k.Dense(C)(k.GRU(4)(h)))


def _keras_models() -> dict[str, Callable[[Any, Any], Any]]:
    """By name: a function of (keras.layers, keras.Input) that builds the model."""
    return {
        "bilstm": lambda k, _: _chain(
            k.Embedding(V, E), k.Bidirectional(k.LSTM(H)), k.Dense(C, activation="softmax")
        ),
        "bilstm_masked": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True), k.Bidirectional(k.LSTM(H)), k.Dense(C)
        ),
        "functional_masked": lambda k, _: _functional(
            k.Embedding(V, E, mask_zero=True),
            k.SpatialDropout1D(0.1),
            k.Bidirectional(k.LSTM(H, return_sequences=True)),
            k.Dropout(0.2),
            k.Bidirectional(k.LSTM(H)),
            k.Dense(C, activation="softmax"),
        ),
        "one_direction": lambda k, _: _chain(
            k.Embedding(V, E), k.LSTM(H), k.Dense(1, activation="sigmoid")
        ),
        "backwards": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True), k.LSTM(H, go_backwards=True), k.Dense(2)
        ),
        "stack": lambda k, _: _chain(
            k.Embedding(V, 2, mask_zero=True),
            k.GaussianNoise(0.1),
            k.Bidirectional(k.LSTM(5, return_sequences=True)),
            k.LSTM(2, return_sequences=True, recurrent_dropout=0.1),
            k.TimeDistributed(k.Dense(6, activation="tanh")),
            k.LSTM(H, use_bias=False),
            k.Dense(7, activation="relu"),
            k.Dropout(0.5),
            k.Dense(1, activation="sigmoid"),
        ),
        "activations": lambda k, _: _chain(
            k.Embedding(V, E),
            k.LSTM(H, activation="softsign", recurrent_activation="hard_sigmoid"),
            k.Dense(4, use_bias=False),
            k.Activation("elu"),
            k.Dense(4),
            k.ReLU(),
            k.Dense(C),
            k.Softmax(),
        ),
        "slopes": lambda k, _: _chain(
            k.Embedding(V, E),
            k.LSTM(H, activation="gelu"),
            k.Dense(4, activation="silu"),
            k.LeakyReLU(0.1),
            k.Dense(4, activation="swish"),
            k.ELU(),
            k.Dense(4, activation="mish"),
            k.ReLU(6),
            k.Dense(4, activation="leaky_relu"),
            k.ReLU(negative_slope=0.2),
            k.Dense(C),
        ),
        "fixed": _fixed,
        "per_step": _per_step,
        "turned": _turned,
        "heads": _heads,
        "states": _states,
        "statistics": _statistics,
        "statistics_given": _statistics_given,
        "zeroed": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True),
            k.Bidirectional(k.LSTM(H, return_sequences=True), merge_mode="mul"),
            k.LSTM(H, return_sequences=True, zero_output_for_mask=True),
            k.GlobalMaxPooling1D(),
            k.Dense(C),
        ),
        "prelu": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True),
            k.PReLU(shared_axes=[1]),
            k.LSTM(H, return_sequences=True),
            k.PReLU(shared_axes=[1, 2]),
            k.TimeDistributed(k.PReLU()),
            k.LSTM(H),
            k.PReLU(),
            k.Dense(4),
            k.PReLU(shared_axes=[1]),
            k.Dense(C),
        ),
        "gru": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True),
            k.Bidirectional(k.GRU(H, return_sequences=True), merge_mode="sum"),
            k.GRU(4, reset_after=False, go_backwards=True, recurrent_activation="hard_sigmoid"),
            k.Dense(C),
        ),
        "gru_without_bias": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True),
            k.GRU(H, use_bias=False, return_sequences=True),
            k.GRU(H, use_bias=False, reset_after=False),
            k.Dense(1, activation="sigmoid"),
        ),
        "simple_rnn": lambda k, _: _chain(
            k.Embedding(V, E, mask_zero=True),
            k.Bidirectional(k.SimpleRNN(H, return_sequences=True), merge_mode="ave"),
            k.SimpleRNN(2, return_sequences=True),
            k.Bidirectional(
                k.SimpleRNN(H, activation="relu"),
                backward_layer=k.GRU(H, go_backwards=True),
                merge_mode="mul",
            ),
            k.Dense(C),
        ),
        "text_cnn": _text_cnn,
        "attentive": _attentive,
        "attentive_by_hand": _attentive_by_hand,
        "merges": _merges,
        "masking": lambda k, Input: _chain(
            k.Masking(0.5),
            k.LSTM(H),
            k.BatchNormalization(),
            k.Activation("softmax"),
            inputs=Input((None, E)),
        ),
        "two_given_directions": lambda k, _: _chain(
            k.Embedding(V, E),
            k.Bidirectional(
                k.LSTM(H), backward_layer=k.LSTM(H, go_backwards=True, activation="relu")
            ),
            k.Dense(C, activation="sigmoid"),
        ),
        "vectors": lambda k, Input: _functional(
            k.Bidirectional(k.LSTM(H)), k.Dense(C), inputs=Input((None, E))
        ),
        "features": lambda k, Input: _chain(
            k.Dense(6, activation="relu"), k.Dense(1, activation="sigmoid"), inputs=Input((8,))
        ),
        "names": lambda k, _: _chain(
            k.Embedding(V, E, name="a b"), k.LSTM(H, name="input"), k.Dense(C, name="ünï")
        ),
        # Two layers of the same class and shapes: their weights must not change places.
        "twins": lambda k, _: _functional(
            k.Embedding(V, E),
            k.Bidirectional(k.LSTM(2, return_sequences=True), name="zz"),
            k.Bidirectional(k.LSTM(2, return_sequences=True), name="aa"),
            k.LSTM(4, name="z"),
            k.Dense(4, activation="tanh", name="y"),
            k.Dense(4, activation="tanh", name="x"),
            k.Dense(4, name="w"),
        ),
    }


KERAS_MODELS = _keras_models()

# What TensorFlow's variables say to numpy 2 while Keras saves them.
pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras 3 where convolution and pooling follow a mask.
    pytest.mark.filterwarnings("ignore:.*destroy the mask information:UserWarning"),
]


def finalized(model: Any) -> Any:
    """A model whose weights were set, as Keras leaves it after reading a file."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return model


@pytest.fixture(scope="session")
def keras_model():
    """Models by name with random weights, built once."""
    import keras

    built: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in built:
            model = KERAS_MODELS[name](keras.layers, keras.Input)
            rng = np.random.default_rng(zlib.crc32(name.encode()))  # whatever models there are
            model.set_weights(
                [
                    rng.normal(size=w.shape)
                    if "variance" not in w.path
                    else rng.uniform(1, 2, w.shape)
                    for w in model.weights
                ]
            )
            built[name] = finalized(model)
        return built[name]

    return get


def _inputs(model: Any) -> np.ndarray:
    """Five samples; where padding is masked, two of them end in padding."""
    import keras

    rng, axes = np.random.default_rng(9), len(model.input_shape)
    if axes == 3:
        x = rng.normal(size=(5, 7, E)).astype("float32")
        x[0, 4:] = x[1, 2] = 0.5  # what Masking masks
        return x
    if not any(isinstance(layer, keras.layers.Embedding) for layer in model.layers):
        return rng.normal(size=(5, model.input_shape[1])).astype("float32")
    ids = rng.integers(1, V, size=(5, 7))
    if any(getattr(layer, "mask_zero", False) for layer in model.layers):
        ids[0, 4:] = ids[1, 6:] = 0
    return ids


def _file(model: Any, tmp_path: Any, kind: str) -> Any:
    path = tmp_path / f"model{kind}"
    model.save(path)
    return path


@pytest.mark.parametrize("name", KERAS_MODELS)
def test_a_keras_model_scores_as_in_keras(name, keras_model, tmp_path):
    model = keras_model(name)
    net = lrp_engine.load(_file(model, tmp_path, ".keras"))
    assert lrp_engine.load(_file(model, tmp_path, ".h5")).hash == net.hash
    assert lrp_engine.from_keras(model).hash == net.hash
    x = _inputs(model)
    found, expected = net.to_output(net.predict(x)), model(x).numpy()
    last = model.layers[-1]
    linear = getattr(last, "activation", None) is not None and last.activation.__name__ == "linear"
    assert net.has_classes != linear
    if net.single_sigmoid:
        expected = np.hstack([1 - expected, expected])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert net.source.startswith("Keras 3.")
    assert linear == any("taken as" in sentence for sentence in net.assumptions)


def test_a_final_softmax_is_taken_off_the_scores(keras_model, tmp_path):
    """What is explained are logits: they are not what the softmax returns."""
    import keras

    model = keras_model("bilstm")
    net = lrp_engine.load(_file(model, tmp_path, ".keras"))
    hidden = keras.Model(model.inputs[0], model.layers[-2].output)
    x = _inputs(model)
    kernel, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(net.predict(x), hidden(x).numpy() @ kernel + bias, atol=1e-5)
    assert net.output == "softmax"


def test_weights_are_joined_without_names_in_the_file(keras_model, tmp_path):
    """Early .keras files name groups by class and number only."""
    import zipfile

    path = _file(keras_model("twins"), tmp_path, ".keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None) and None)
    members["model.weights.h5"] = buffer.getvalue()
    assert lrp_engine.load(hostile.zipped(members)).hash == lrp_engine.load(path).hash


def test_a_compiled_and_trained_model_is_read_without_its_training_state(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.eye(3), np.array([0, 1, 1]), verbose=0)
    path = _file(model, tmp_path, ".keras")
    with open(path, "rb") as file:
        contents = unpack(file, path.stat().st_size)
    assert contents.arrays
    assert not any("optimizer" in name for name in contents.arrays)
    np.testing.assert_allclose(
        lrp_engine.load(path).probabilities(np.eye(3)), model(np.eye(3)).numpy(), atol=1e-6
    )


@pytest.mark.parametrize("kind", [".keras", ".h5"])
@pytest.mark.parametrize("policy", ["float16", "bfloat16", "float64"])
def test_weights_of_any_precision_are_read(policy, kind, tmp_path):
    import keras

    layers = [keras.Input((3,)), keras.layers.Dense(2, dtype=policy)]
    model = keras.Sequential(layers)
    kernel = np.array([[0.5, -1.25], [2, 3], [4, -8]])  # exact in each of them
    model.set_weights([kernel, np.zeros(2)])
    net = lrp_engine.load(_file(model, tmp_path, kind))
    np.testing.assert_array_equal(net.nodes[0].layer.kernel, kernel)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda k: [k.Embedding(V, E), k.GRU(H, activation="celu")], "'celu'"),
        (
            lambda k: [
                k.Embedding(V, E),
                k.LSTM(H, return_sequences=True, go_backwards=True),
                k.LSTM(2),
            ],
            "reverse order",
        ),
        (lambda k: [k.Embedding(V, E), k.LSTM(H, activation="celu")], "supported: 'linear'"),
        (lambda k: [k.Embedding(V, E), k.LSTM(H), k.Dense(2, "celu"), k.Dense(2)], "'celu'"),
        (lambda k: [k.Embedding(V, E), k.Conv1D(4, 2, groups=2), k.LSTM(2)], "groups=2"),
        (
            lambda k: [k.Embedding(V, E), k.GlobalMaxPooling1D(keepdims=True), k.LSTM(2)],
            "keepdims=True",
        ),
        (lambda k: [k.Embedding(V, E)], "an embedding alone"),
        (lambda k: [k.Dropout(0.1)], "no layers with weights"),
        (lambda k: [k.Embedding(V, E), k.LSTM(H), k.Dense(1, "softmax")], "single unit"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:You are using a softmax")
def test_what_is_not_supported_is_named(make, words, tmp_path):
    import keras

    model = _chain(*make(keras.layers))
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(_file(model, tmp_path, ".keras"))
    assert words in str(caught.value)


def test_layers_for_texts_of_one_length_are_refused(tmp_path):
    import keras

    k, words = keras.layers, keras.Input((None,))
    states = k.LSTM(3, return_sequences=True)(k.Embedding(V, E)(words))
    turned = k.GRU(2)(k.Permute((2, 1))(k.Permute((2, 1))(states)))
    with pytest.raises(FormatError, match="texts differ in length; state the length"):
        lrp_engine.load(_file(keras.Model(words, k.Dense(2)(turned)), tmp_path, ".keras"))


def test_an_input_of_another_rank_is_refused(tmp_path):
    """Dense over (batch, time, units) must not be read as Dense over features."""
    import keras

    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Dense(2)])
    with pytest.raises(FormatError, match="3 axes"):
        lrp_engine.load(_file(model, tmp_path, ".keras"))


def test_weights_without_a_model_say_how_to_save_one(keras_model, tmp_path):
    keras_model("bilstm").save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(FormatError, match=r"`spec`.*model\.save\('model\.keras'\)"):
        lrp_engine.load(tmp_path / "w.weights.h5")


def test_unmasked_padding_is_an_assumption(tmp_path):
    import keras

    k = keras.layers
    said = {"pad": "pre", "truncate": "pre"}
    for mask, words, told, warned in [
        (True, True, {}, 0), (False, True, {}, 1), (False, False, {}, 0), (False, True, said, 0)
    ]:  # fmt: skip
        model = _chain(k.Embedding(V, E, mask_zero=mask), k.LSTM(H), k.Dense(2),
                       inputs=keras.Input((9,)))  # fmt: skip
        words = ["<pad>", *(f"w{n}" for n in range(1, V))] if words else None
        net = lrp_engine.load(_file(model, tmp_path, ".keras"), words, spec={"tokenizer": told})
        assert net.tokenizer == Tokenizer(length=9, truncate="pre", pad=False if mask else "pre")
        assert any("9 tokens" in sentence for sentence in net.assumptions) == (not told)
        assert len(net.warnings) == warned
        if words:
            assert net.explain(["w1"]).warnings == net.warnings


def test_keras_2_files_are_read(keras_model):
    """Their notation: inbound nodes as lists, names with :0, one layer inside Bidirectional."""
    model = keras_model("bilstm_masked")
    weights = iter(model.get_weights())
    lstm = {
        "class_name": "LSTM",
        "config": {"name": "l", "units": H},
    }
    layers = [
        ("InputLayer", "i", {"batch_input_shape": [None, None]}, []),
        ("Embedding", "e", {"input_dim": V, "output_dim": E, "mask_zero": True}, ["i"]),
        ("Bidirectional", "b", {"layer": lstm, "merge_mode": "concat"}, ["e"]),
        ("Dropout", "o", {"rate": 0.5}, ["b"]),
        ("Dense", "d", {"units": C, "activation": "linear"}, ["o"]),
    ]  # fmt: skip
    described = [
        {"class_name": kind, "name": name, "config": {"name": name, **config},
         "inbound_nodes": [[[read, 0, 0, {}] for read in reads]] if reads else []}
        for kind, name, config, reads in layers
    ]  # fmt: skip
    config = {"layers": described, "input_layers": [["i", 0, 0]], "output_layers": [["d", 0, 0]]}

    def fill(file: h5py.File) -> None:
        del file["model_weights"]
        file.attrs["keras_version"] = "2.15.0"
        for name, count in [("e", 1), ("b", 6), ("d", 2)]:
            group = file.create_group(f"model_weights/{name}")
            names = [f"{name}/w_{n}:0" for n in range(count)]
            # Long lists are split over several attributes.
            group.attrs["weight_names0"] = np.array(names[:3], "S")
            group.attrs["weight_names1"] = np.array(names[3:], "S")
            for weight in names:
                group[weight] = next(weights)

    data = hostile.keras_h5(fill, config={"class_name": "Functional", "config": config})
    net, x = lrp_engine.load(data), _inputs(model)
    assert net.source == "Keras 2.15.0 file"
    np.testing.assert_allclose(net.predict(x), model(x).numpy(), atol=1e-5)


def test_every_class_in_the_table_is_tried_by_a_test_above(keras_model):
    seen = {"TimeDistributed", "Identity"}
    for name in KERAS_MODELS:
        seen |= {type(layer).__name__ for layer in keras_model(name).layers}
    layers = {name for name in KERAS_CLASSES if not name.startswith(PREFIX)}
    assert layers <= seen | {
        "CuDNNLSTM",  # of Keras 2: test_keras_classes and a file below
        "CuDNNGRU",
        "GaussianDropout",
        "AlphaDropout",
        "ActivityRegularization",
    }


# Eight arrays ----------------------------------------------------------------------------------

SHAPES = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in SHAPES]


def _npz(*positional: Any, save: Callable = np.savez, **named: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *positional, **named)
    return buffer.getvalue()


def test_eight_arrays_by_number_or_by_name_are_the_same(arrays):
    shuffled = dict(sorted(zip(NAMES, arrays, strict=True)))
    for data in (_npz(*arrays), _npz(*arrays, save=np.savez_compressed), _npz(**shuffled)):
        assert lrp_engine.load(data).hash == from_weights(arrays).hash


def test_the_gate_order_of_eight_arrays_can_be_given(arrays):
    for spec in ({"gate_order": "igfo"}, '{"gate_order": "igfo"}', b'{"gate_order": "igfo"}'):
        net = lrp_engine.load(_npz(*arrays), spec=spec)
        assert net.hash == from_weights(arrays, "igfo").hash
    assert net.hash != from_weights(arrays).hash


@pytest.mark.parametrize("change", ["big_endian", "fortran", "float16", "whole_numbers"])
def test_arrays_in_any_layout_are_read(change, arrays):
    arrays = [np.round(a * 4) / 4 for a in arrays]
    changed = {
        "big_endian": lambda a: a.astype(">f8"),
        "fortran": np.asfortranarray,
        "float16": lambda a: a.astype("f2"),
        "whole_numbers": lambda a: (a * 4).astype("i4"),
    }[change]
    net, scale = lrp_engine.load(_npz(*map(changed, arrays))), 4 if change == "whole_numbers" else 1
    np.testing.assert_array_equal(net.nodes[1].layer.kernel, arrays[6] * scale)


def test_other_arrays_say_which_are_expected(arrays):
    with pytest.raises(FormatError, match=r"holds 7 arrays .* expected eight: arr_0 to arr_7"):
        lrp_engine.load(_npz(*arrays[:7]))
    with pytest.raises(FormatError, match=r"Wx has shape \(4, 12\), expected \(4, 16\)"):
        lrp_engine.load(_npz(arrays[0], arrays[0], *arrays[2:]))


def test_an_output_that_is_given_is_not_an_assumption(arrays):
    net = lrp_engine.load(_npz(*arrays), spec={"output": "sigmoid"})
    assert net.output == "sigmoid"
    assert not any("softmax" in sentence for sentence in net.assumptions)


# The project's own format ----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".zip"])
@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_what_is_saved_is_what_is_read(name, suffix, tmp_path):
    net = zoo.network(name)
    net.save(tmp_path / f"model{suffix}")
    again = lrp_engine.load(tmp_path / f"model{suffix}", dtype="float64")
    assert again.hash == net.hash


def test_a_zip_of_the_folder_is_read_too(tmp_path):
    """As file managers make it: members under the folder's name, and macOS adds its own."""
    net = zoo.network("bilstm_words")
    net.save(tmp_path / "model")
    members = {f"model/{p.name}": p.read_bytes() for p in (tmp_path / "model").iterdir()}
    members |= {"model/": b"", "__MACOSX/model/._network.json": b"\0\5", "model/.DS_Store": b"\0"}
    assert lrp_engine.load(hostile.zipped(members), dtype="float64").hash == net.hash


def test_a_folder_with_a_spoiled_part_is_refused(tmp_path):
    zoo.network("bilstm_words").save(tmp_path)
    (tmp_path / "vocabulary.txt").write_bytes(b"\xff")
    with pytest.raises(FormatError, match=r"vocabulary\.txt is not text in UTF-8"):
        lrp_engine.load(tmp_path)
    (tmp_path / "vocabulary.txt").unlink()
    (tmp_path / "weights.safetensors").write_bytes(hostile.npy(np.ones(2)))
    with pytest.raises(FormatError, match="not a safetensors file"):
        lrp_engine.load(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(FormatError, match=r"no file 'weights\.safetensors'"):
        lrp_engine.load(tmp_path)


# What comes beside a file ----------------------------------------------------------------------

WORDS = ["<pad>", "<unk>", "a", "b", "ünï"]


@pytest.fixture
def embedded(arrays):
    """A file with eight arrays, and embeddings of five words."""
    return _npz(*arrays), np.random.default_rng(3).normal(size=(5, E)).astype("float32")


@pytest.mark.parametrize(
    "vocabulary",
    [
        WORDS,
        tuple(WORDS),
        np.array(WORDS),
        Vocabulary(tuple(WORDS)),
        {word: n for n, word in reversed(list(enumerate(WORDS)))},
        "\n".join(WORDS).encode(),
        ("\ufeff" + "\r\n".join(WORDS) + "\r\n\r\n").encode(),
        "\n".join(f"{word}\t{n}" for n, word in enumerate(WORDS)).encode(),
        json.dumps(WORDS).encode(),
        json.dumps({word: n for n, word in enumerate(WORDS)}, ensure_ascii=False).encode(),
    ],
    ids=["list", "tuple", "array", "Vocabulary", "dict", "lines", "windows", "tabs", "json_list",
         "json_object"],
)  # fmt: skip
def test_a_vocabulary_is_taken_in_many_forms(vocabulary, embedded, tmp_path):
    data, table = embedded
    given = [vocabulary]
    if isinstance(vocabulary, bytes):
        (tmp_path / "words").write_bytes(vocabulary)
        given += [tmp_path / "words", str(tmp_path / "words")]
    for form in given:
        net = lrp_engine.load(data, vocabulary=form, embeddings=table)
        assert net.vocabulary.tokens == tuple(WORDS)
        assert net.vocabulary.ids(["a", "ünï", "other"]).tolist() == [2, 4, 1]


def test_ids_from_1_leave_0_to_padding(embedded):
    data, table = embedded
    net = lrp_engine.load(data, vocabulary={"a": 1, "b": 2}, embeddings=table)
    assert net.vocabulary.tokens == ("<pad>", "a", "b")
    assert any("id 0 is taken as padding" in sentence for sentence in net.assumptions)


def test_a_word_that_looks_like_json_is_a_word(embedded):
    data, table = embedded
    words = lrp_engine.load(data, vocabulary=b"[PAD]\n[UNK]\n{\n", embeddings=table).vocabulary
    assert words.tokens == ("[PAD]", "[UNK]", "{")


@pytest.mark.parametrize(
    ("vocabulary", "words"),
    [
        ({"a": 0, "b": 2}, "expected id 1, found 2 for 'b'"),
        ({"a": 0, "b": 0}, "expected id 1, found 0"),
        ({"a": 5}, "expected id 0, found 5"),
        ({"a": True}, "expected a word and its id"),
        ({"a": 10**30}, "without gaps"),
        ({}, "vocabulary is empty"),
        (["a", 1], "expected text"),
        (["a", "a"], "more than once"),
        (b"a\nb\na\n", "more than once"),
        (b"a\t0\na\t1\n", "more than once"),
        (b'["a", "b"', "not valid JSON"),
        (b'["a"' + b"[" * 100_000, "not valid JSON"),
        ("a\nb".encode("utf-16"), "UTF-8"),
        (b"\xff\xfe\0", "UTF-8"),
        (b"", "is empty"),
        (b"\n\n", "vocabulary is empty"),
        ([str(n) for n in range(6)], "6 words, but the embedding has only 5 rows"),
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused(vocabulary, words, embedded):
    data, table = embedded
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(data, vocabulary=vocabulary, embeddings=table)
    assert words in str(caught.value)


def test_embeddings_are_taken_in_many_forms(embedded, tmp_path):
    data, table = embedded
    (tmp_path / "table").write_bytes(hostile.npy(table))
    forms = [table, table.tolist(), hostile.npy(table), _npz(table), tmp_path / "table"]
    for form in forms:
        net = lrp_engine.load(data, embeddings=form)
        assert isinstance(net.nodes[0].layer, Embedding)
        np.testing.assert_array_equal(net.embedding.table, table)
        assert net.nodes[1].inputs == (net.nodes[0].name,)


@pytest.mark.parametrize(
    ("embeddings", "words"),
    [
        (np.ones((5, E + 1)), f"{E + 1} units a word; layer 'bilstm' expects {E}"),
        (np.ones(5), "expected numbers of shape (vocabulary, units)"),
        (np.array([["a"]]), "expected numbers"),
        ([[1], [1, 2]], "different lengths"),
        (_npz(np.ones((2, 2)), np.ones((2, 2))), "holds 2 arrays"),
        (hostile.keras_h5(), "expected a .npy or .npz"),
        (b"1 2 3", "This is a text"),
    ],
    ids=range(7),
)
def test_embeddings_that_do_not_fit_are_refused(embeddings, words, embedded):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(embedded[0], embeddings=embeddings)
    assert words in str(caught.value)


def test_a_file_with_an_embedding_takes_a_vocabulary_but_no_other_embedding(keras_model, tmp_path):
    path = _file(keras_model("bilstm_masked"), tmp_path, ".keras")
    assert len(lrp_engine.load(path, vocabulary=WORDS).vocabulary) == 5
    with pytest.raises(FormatError, match=r"an embedding of its own .*'; leave|of its own"):
        lrp_engine.load(path, embeddings=np.ones((V, E)))
    with pytest.raises(FormatError, match="12 words, but the embedding has only 11 rows"):
        lrp_engine.load(path, vocabulary=[str(n) for n in range(12)])
    with pytest.raises(FormatError, match="features, not words"):
        lrp_engine.load(hostile.keras_h5(), embeddings=np.ones((5, 3)))


@pytest.mark.parametrize(
    "labels",
    [["no", "yes"], {0: "no", 1: "yes"}, {"1": "yes", "0": "no"}, {"no": 0, "yes": 1},
     b'["no", "yes"]', '{"0": "no", "1": "yes"}'],
    ids=range(6),
)  # fmt: skip
def test_labels_are_taken_in_many_forms(labels):
    assert lrp_engine.load(hostile.keras_h5(), labels=labels).labels == ("no", "yes")
    if not isinstance(labels, bytes):
        assert lrp_engine.load(hostile.keras_h5(), spec={"labels": labels}).labels == ("no", "yes")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": ["one"]}, "expected 2"),
        ({"labels": [1, 2]}, "one text per class"),
        ({"labels": {0: "a", 2: "b"}}, "from 0 to 1"),
        ({"spec": {"gate": "x"}}, "valid: 'output', 'labels', 'value_units', 'units', 'feat"),
        ({"spec": {"gate_order": "ifgo"}}, "does not apply"),
        ({"spec": {"output": "tanh"}}, "'softmax', 'sigmoid'"),
        ({"spec": {"output": "sigmoid"}}, "last activation is 'softmax'"),
        (
            {"spec": {"tokenizer": {"pattern": ".*"}}},
            "valid: 'lowercase' (true or false), 'method' (a name)",
        ),
        ({"spec": {"tokenizer": {"method": "x"}}}, "no tokenizer 'x'"),
        ({"spec": b"[1]"}, "expected an object"),
        ({"spec": "{"}, "not valid JSON"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(hostile.keras_h5(), **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"vocabulary": 5}, {"labels": 5}, {"dtype": "float16"}, {"path_or_bytes": None}],
    ids=str,
)
def test_arguments_of_a_wrong_type_are_input_errors(options):
    with pytest.raises(InputError):
        lrp_engine.load(**{"path_or_bytes": hostile.keras_h5(), **options})


def test_the_tokenizer_can_be_given(keras_model, tmp_path):
    spec = {"tokenizer": {"method": "words", "lowercase": False}}
    net = lrp_engine.load(
        _file(keras_model("bilstm"), tmp_path, ".keras"), vocabulary=["A", "b"], spec=spec
    )
    assert net.tokenizer("A-b.") == ["A-b", "."]


# The tables ------------------------------------------------------------------------------------


def test_the_name_of_a_file_decides_nothing(arrays, tmp_path):
    (tmp_path / "picture.jpg").write_bytes(_npz(*arrays))
    assert lrp_engine.load(tmp_path / "picture.jpg").source == "eight arrays"


def test_every_format_is_listed_in_a_refusal():
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(b"hello")
    for reader in READERS:
        assert reader.title in str(caught.value)
    assert len({reader.name for reader in READERS}) == len(READERS)


def test_no_format_is_left_out_of_the_table():
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(lrp_engine.formats.__path__, "lrp_engine.formats.")
        if not found.name.endswith(".containers.worker")  # started by path, in a child
    ]
    readers = {one for m in modules for one in vars(m).values() if isinstance(one, Reader)}
    assert readers == set(READERS)


def test_bytes_of_any_kind_and_paths_are_the_same(tmp_path):
    data = hostile.keras_h5()
    (tmp_path / "model").write_bytes(data)
    expected = lrp_engine.load(data).hash
    path = tmp_path / "model"
    for form in (bytearray(data), memoryview(data), path, str(path), os.fsencode(path).decode()):
        assert lrp_engine.load(form).hash == expected


def test_an_open_file_is_read_from_where_it_stands(tmp_path, arrays):
    data = _npz(*arrays)
    expected = lrp_engine.load(data).hash
    assert lrp_engine.load(io.BytesIO(data)).hash == expected
    path = tmp_path / "model.npz"
    path.write_bytes(b"before" + data)
    with path.open("rb") as file:
        file.read(6)
        assert lrp_engine.load(file).hash == expected
        with pytest.raises(FormatError, match=r"stands at its end.*seek\(0\)"):
            lrp_engine.load(file)
    with path.open(encoding="latin-1") as file, pytest.raises(FormatError, match="binary mode"):
        lrp_engine.load(file)
    with pytest.raises(FormatError, match="empty"):
        lrp_engine.load(io.BytesIO())
    with pytest.raises(FormatError, match="cannot be read: I/O operation on closed file"):
        lrp_engine.load(file)
    assert lrp_engine.parity(io.BytesIO(data)).weights == "unverified"


def test_an_open_file_is_not_read_beyond_the_budget(monkeypatch):
    monkeypatch.setattr("lrp_engine.formats.input_file.LIMITS", Limits(input_bytes=1_000))

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1_001
            return bytes(size)

    with pytest.raises(FormatError, match="at most 1000 bytes are read"):
        lrp_engine.load(Endless())


def test_arrays_by_name_are_a_model(arrays):
    names = [f"arr_{n}" for n in range(8)]
    assert lrp_engine.load(dict(zip(names, arrays, strict=True))).hash == (
        lrp_engine.load(_npz(*arrays)).hash
    )
    path = Path("tests/fixtures/torch/lstm.pt")
    net = lrp_engine.load(contents_of(path).value)
    np.testing.assert_array_equal(
        net.predict([[1, 2, 3]]), lrp_engine.load(path).predict([[1, 2, 3]])
    )
    assert net.source == "PyTorch state dict (in memory)"
    for broken, words in [
        ({}, "empty dictionary"),
        ({1: arrays[0]}, "the key 1"),
        ({"lstm.weight": "text"}, "'lstm.weight' is str, expected an array"),
        ({"lstm.weight": np.array(["text"])}, "expected an array"),
    ]:
        with pytest.raises(InputError, match=words):
            lrp_engine.load(broken)


def test_limits_survive_the_way_to_the_child():
    limits = Limits(entries=7)
    assert Limits.from_json(limits.to_json()) == limits


def test_large_arrays_travel_in_blocks(tmp_path):
    """Chunked and compressed, larger than a block, with a last block that is not full."""
    array = np.random.default_rng(0).integers(0, 9, (messages.BLOCK // 1000 + 321, 250), "i4")
    path = tmp_path / "large"
    with h5py.File(path, "w") as file:
        file["plain"] = array
        file.create_dataset("packed", data=array, chunks=(1000, 100), compression="gzip")
        file["scalar"], file["none"] = np.float32(3), np.zeros((0, 3), "f4")
    with open(path, "rb") as file:
        found = unpack(file, path.stat().st_size).arrays
    np.testing.assert_array_equal(found["plain"], array)
    np.testing.assert_array_equal(found["packed"], array)
    assert found["scalar"] == 3
    assert found["none"].shape == (0, 3)
    assert not found["plain"].flags.writeable
