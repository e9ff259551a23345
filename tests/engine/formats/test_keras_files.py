"""Keras files of every dialect: they score as in Keras, with texts, inner models and spec."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.model import inputs
from lrp_engine.model.text import STANDARDIZERS, Tokenizer
from tests import hostile

V, E, H = 20, 4, 3
CORPUS = ["The film was good, really! isn't it", "it was BAD -- a film; nothing more", "Ünï É-x"]
TEXTS = [
    "The film, it was GOOD!",
    "unheard-of words ... (really) ünï É-x UNK [UNK]",
    "a\tb\u00a0film\x0bwas\x85it \u3000 bad",
    "it it it was was a film and nothing more than that at all",
    "!!!",
    "bad",
]

# What TensorFlow's variables say to numpy 2 while Keras saves them.
pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def _vectorization(**options: Any) -> Any:
    import keras

    layer = keras.layers.TextVectorization(**options)
    if "vocabulary" not in options:
        layer.adapt(CORPUS)
    return layer


def _randomized(model: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def _text_model(mask: bool = True, **options: Any) -> Any:
    import keras

    k = keras.layers
    return _randomized(
        keras.Sequential(
            [
                keras.Input((1,), dtype="string"),
                _vectorization(**options),
                k.Embedding(40, E, mask_zero=mask),
                k.Bidirectional(k.LSTM(H)),
                k.Dense(3),
            ]
        )
    )


def _alone(model: Any, texts: list[str]) -> np.ndarray:
    """Scores of each text by itself: Keras pads a batch, which a model without mask would see."""
    import tensorflow as tf

    return np.concatenate([model(tf.constant([[text]])).numpy() for text in texts])


def _saved(model: Any, folder: Path, kind: str = ".keras") -> Path:
    path = folder / f"model{kind}"
    (model.save_weights if kind.startswith(".weights") else model.save)(path)
    return path


# Texts go in ------------------------------------------------------------------------------------


OPTIONS: list[dict[str, Any]] = [
    {},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation", "max_tokens": 8},
    {"standardize": None},
    {"split": "character"},
    {"split": None},
    {"output_sequence_length": 4},
    {"output_sequence_length": 9, "mask": False},
    {"vocabulary": ["film", "it", "was", "[UNK]x"]},
    {"vocabulary": ["", "[UNK]", "film", "it"]},
    {"standardize": None, "vocabulary": ["<unk>", "film", "UNK"]},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_words_get_the_ids_of_keras(options, tmp_path):
    model = _text_model(**options)
    net, layer = lrp_engine.load(_saved(model, tmp_path)), model.layers[0]
    assert list(net.vocabulary.tokens) == layer.get_vocabulary()
    for text in TEXTS:
        ids = inputs.read(net, [text]).ids[0]
        expected = np.atleast_1d(np.asarray(layer([text]))[0])
        np.testing.assert_array_equal(ids, expected[: len(ids)])
        assert not expected[len(ids) :].any()
    # What is saved in the project's own format is the same network.
    net.save(tmp_path / "own.zip")
    assert lrp_engine.load(tmp_path / "own.zip").hash == net.hash


@pytest.mark.parametrize(
    "options",
    [{}, {"output_sequence_length": 4}, {"output_sequence_length": 9, "mask": False},
     {"mask": False}],
    ids=str,
)  # fmt: skip
def test_texts_score_as_in_keras(options, tmp_path):
    model = _text_model(**options)
    net = lrp_engine.load(_saved(model, tmp_path))
    # Keras cannot read a text of which no word is left, unless it pads.
    texts = TEXTS if "output_sequence_length" in options else [t for t in TEXTS if t != "!!!"]
    one_by_one = _alone(model, texts)
    np.testing.assert_allclose(net.predict(texts), one_by_one, atol=1e-5)
    tokens = [net.tokenizer(text) for text in texts]
    np.testing.assert_allclose(net.predict(tokens), one_by_one, atol=1e-5)
    np.testing.assert_allclose(net.predict(texts[-1]), one_by_one[-1:], atol=1e-5)


def test_words_are_shown_as_they_were_written(tmp_path):
    net = lrp_engine.load(_saved(_text_model(output_sequence_length=6), tmp_path))
    e = net.explain(["The FILM, it was ... odd! And more words"])
    assert e.tokens == (("The", "FILM,", "it", "was", "odd!", "And"),)
    assert e.unknown.tolist() == [[False, False, False, False, True, True]]
    assert e.substitute == "[UNK]"
    assert np.abs(e.conservation_error).max() < 1e-4
    assert any("first 6 tokens" in sentence for sentence in net.assumptions)
    # The file says it, and nobody is told that it does not.
    sheet = lrp_engine.parity(net, source=_saved(_text_model(output_sequence_length=6), tmp_path))
    for page in (net.summary(), net._repr_html_(), sheet.to_text(), sheet.to_html()):
        assert "first 6 tokens" in page
        assert "Assumed or noted while reading" in page
        assert "the file does not say" not in page


def test_padding_that_is_not_masked_is_read_and_told(tmp_path):
    net = lrp_engine.load(_saved(_text_model(mask=False, output_sequence_length=5), tmp_path))
    e = net.explain(["it was"])
    assert e.tokens == (("it", "was", "", "", ""),)
    assert np.abs(e.token_relevance[0, 2:]).min() > 0
    assert any("filled up with padding" in sentence for sentence in net.assumptions)


def test_an_adapted_vocabulary_that_an_h5_file_lacks_is_asked_for(tmp_path):
    model = _text_model(standardize="lower")
    path = _saved(model, tmp_path, ".h5")
    with pytest.raises(FormatError, match=r"give them as `vocabulary`, layer\.get_vocabulary"):
        lrp_engine.load(path)
    words = model.layers[0].get_vocabulary()
    expected = lrp_engine.load(_saved(model, tmp_path))
    for given in (words, words[2:], json.dumps(words).encode(), "\n".join(words).encode()):
        net = lrp_engine.load(path, vocabulary=given)
        # A text file's blank first line is an assumption more.
        assert replace(net, assumptions=expected.assumptions).hash == expected.hash
    with pytest.raises(FormatError, match=f"declares {len(words)} words, but the vocabulary has"):
        lrp_engine.load(path, vocabulary=words[:-1])
    with pytest.raises(FormatError, match="a vocabulary of its own"):
        lrp_engine.load(_saved(model, tmp_path), vocabulary=words[::-1])


def test_words_as_strings_are_looked_up(tmp_path):
    import keras
    import tensorflow as tf

    k = keras.layers
    lookup = k.StringLookup(vocabulary=["film", "It"], mask_token="", oov_token="OOV")
    x = keras.Input((None,), dtype="string")
    hidden = k.LSTM(H)(k.Embedding(V, E, mask_zero=True)(lookup(x)))
    model = _randomized(keras.Model(x, k.Dense(2)(hidden)))
    net = lrp_engine.load(_saved(model, tmp_path))
    assert net.vocabulary.tokens == ("", "OOV", "film", "It")
    expected = model(tf.constant([["It", "it", "film"]])).numpy()
    np.testing.assert_allclose(net.predict(["It it film"]), expected, atol=1e-5)
    np.testing.assert_allclose(net.predict([["It", "it", "film"]]), expected, atol=1e-5)


def _text_config(**options: Any) -> dict[str, Any]:
    first = {"class_name": "TextVectorization", "config": {"name": "t", **options}}
    rest = hostile.DENSE["config"]["layers"][1:]  # type: ignore[index]
    return {"class_name": "Sequential", "config": {"layers": [first, *rest]}}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"standardize": {"class_name": "function", "config": "f"}}, "the author's own"),
        ({"split": {"class_name": "function", "config": "f"}}, "the author's own"),
        ({"split": "words"}, "the author's own"),
        ({"output_mode": "tf_idf"}, "bag of words"),
        ({"ngrams": 2}, "n-grams"),
        ({"ragged": True}, "ragged=True"),
        ({"encoding": "utf-16"}, "encoding"),
        ({"output_sequence_length": 10**9}, "1 to 100,000"),
        ({"output_sequence_length": "x"}, "expected a number"),
        ({"vocabulary": [1]}, "more than texts"),
        ({"vocabulary": ["a", "a"]}, "more than once"),
        ({"vocabulary": ["a"], "vocabulary_size": 9}, "declares 9 words"),
        ({"vocabulary": "words.txt"}, "give them as `vocabulary`"),
        ({}, "give them as `vocabulary`"),
    ],
    ids=str,
)
def test_a_text_layer_that_cannot_be_followed_is_refused(options, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(hostile.keras_h5(config=_text_config(**options)))
    assert words in str(caught.value)


def test_a_text_layer_must_come_first():
    config = _text_config()
    config["config"]["layers"].reverse()
    with pytest.raises(FormatError, match="must be the first layer"):
        lrp_engine.load(hostile.keras_h5(config=config))


def test_standardizing_tokens_is_standardizing_the_text():
    """The reason why words can be shown as they were written."""
    rng = np.random.default_rng(3)
    letters = list("aZé É.,'-!\t\n\x0b\x0c\r\x85\u00a0\u3000_[]|~ß") + [
        chr(n) for n in range(1, 128)
    ]
    for name, standardize in STANDARDIZERS.items():
        cut = Tokenizer(method="ascii_whitespace", lowercase=False, standardize=name)
        for _ in range(200):
            text = "".join(rng.choice(letters, 30))
            plain = Tokenizer(method="ascii_whitespace", lowercase=False)(standardize(text))
            assert [cut.key(token) for token in cut(text)] == plain


# Models inside models ----------------------------------------------------------------------------


def _inner_models() -> dict[str, Any]:
    import keras

    k, Input = keras.layers, keras.Input

    def reader(last: str | None = None) -> Any:
        return keras.Sequential(
            [Input((None,)), k.Embedding(V, E, mask_zero=True), k.Bidirectional(k.LSTM(H)),
             k.Dense(2, activation=last)]
        )  # fmt: skip

    def encoder() -> Any:
        x = Input((None, E))
        h = k.LSTM(H)(k.Bidirectional(k.LSTM(H, return_sequences=True))(x))
        return keras.Model(x, k.Dense(4, activation="relu")(h))

    x = Input((None,))
    inner = keras.Model(x, k.Dense(2)(encoder()(k.Embedding(V, E, mask_zero=True)(x))))
    embedded = keras.Sequential([Input((None,)), k.Embedding(V, E, mask_zero=True)])
    y, z = Input((None,)), Input((None,))
    return {
        "sequential_in_sequential": keras.Sequential([Input((None,)), reader(), k.Softmax()]),
        "functional_in_functional": inner,
        "sequential_in_functional": keras.Model(z, k.Dense(3)(reader("tanh")(z))),
        "three_deep": keras.Sequential([Input((None,)), inner, k.Dense(3)]),
        "mask_leaves_a_model": keras.Model(y, k.Dense(2)(k.LSTM(H)(embedded(y)))),
        "same_layers_twice": keras.Sequential(
            [Input((None, E)), k.LSTM(E, return_sequences=True, name="a"),
             keras.Sequential([Input((None, E)), k.LSTM(E, return_sequences=True, name="b"),
                               k.LSTM(E, name="c")]),
             k.Dense(E, name="d"),
             keras.Sequential([Input((E,)), k.Dense(E, activation="relu", name="e")]),
             k.Dense(E, name="f")]
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["sequential_in_sequential", "functional_in_functional", "sequential_in_functional",
     "three_deep", "mask_leaves_a_model", "same_layers_twice"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Layer 'functional:UserWarning")
def test_models_inside_models_are_dissolved(name, tmp_path):
    model = _randomized(_inner_models()[name])
    net = lrp_engine.load(_saved(model, tmp_path))
    assert lrp_engine.load(_saved(model, tmp_path, ".h5")).hash == net.hash
    weights = lrp_engine.load(_saved(model, tmp_path, ".weights.h5"), spec=model.to_json())
    assert replace(weights, source=net.source).hash == net.hash  # the JSON names no version
    x = np.random.default_rng(1).integers(1, V, (4, 6))
    if name == "same_layers_twice":
        x = np.random.default_rng(1).normal(size=(4, 6, E)).astype("float32")
    else:
        x[0, 2:] = x[1, 5:] = 0
    expected = model(x).numpy()
    found = net.probabilities(x) if name == "sequential_in_sequential" else net.predict(x)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(net.explain(x).conservation_error).max() < 1e-4


def test_models_nested_without_end_are_refused():
    model = hostile.DENSE
    for _ in range(12):
        model = hostile.with_layer({**model, "config": {**model["config"], "name": "m"}})
    with pytest.raises(FormatError, match="deeper than 8"):
        lrp_engine.load(hostile.keras_h5(config=model))


# Keras 2 -----------------------------------------------------------------------------------------

KERAS_2 = Path(__file__).parents[2] / "fixtures" / "keras2"


def _keras_2(name: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(KERAS_2 / "expected.npz") as expected:
        return expected[f"{name}/x"], expected[f"{name}/y"]


def _agrees(net: lrp_engine.Network, name: str, atol: float = 1e-5) -> None:
    x, y = _keras_2(name)
    inputs = [str(text) for text in x[:, 0]] if x.dtype.kind == "U" else x
    found = net.probabilities(inputs) if net.has_classes else net.predict(inputs)
    np.testing.assert_allclose(found[:, -y.shape[1] :], y, atol=atol)
    # In half precision Keras rounds what it computes, not only its weights.
    if net.vocabulary is None:
        assert np.abs(net.explain(x).conservation_error).max() < 1e-4


@pytest.mark.parametrize(
    "file",
    ["bilstm.keras", "bilstm.h5", "bilstm_saved.zip", "hard_sigmoid.h5", "inner.keras", "inner.h5",
     "inner_saved.zip", "text.keras"],
)  # fmt: skip
def test_keras_2_files_score_as_in_keras_2(file):
    net = lrp_engine.load(KERAS_2 / file)
    assert net.source == "Keras 2.21.0 file"
    _agrees(net, file.split(".")[0].removesuffix("_saved"))


def test_the_folder_of_a_saved_model_is_read_as_its_zip(tmp_path):
    with zipfile.ZipFile(KERAS_2 / "bilstm_saved.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "model"
    (folder / "saved_model.pb").write_bytes(b"never read")
    assert lrp_engine.load(folder).hash == lrp_engine.load(KERAS_2 / "bilstm_saved.zip").hash
    assert lrp_engine.parity(folder).verdict == "verified"
    (folder / "variables" / "variables.index").unlink()
    with pytest.raises(FormatError, match=r"lacks variables/variables\.index; give its whole"):
        lrp_engine.load(folder)


def test_a_file_of_cudnn_layers_is_read():
    """Written by hand to the layout of Keras 2.2, its scores by loops over its numbers."""
    net = lrp_engine.load(KERAS_2 / "cudnn.h5")
    np.testing.assert_allclose(net.predict([[1, 2, 3, 4]]), [[0.5231, -0.3492]], atol=5e-5)
    assert np.abs(net.explain([[1, 2, 3, 4]]).conservation_error).max() < 1e-4


def test_keras_2_gru_files_score_as_in_keras_2():
    pytest.importorskip("lrp_engine.layers.gru")
    _agrees(lrp_engine.load(KERAS_2 / "gru.h5"), "gru")


def test_half_precision_is_an_assumption():
    net = lrp_engine.load(KERAS_2 / "half.keras")
    assert any("mixed_float16 in Keras" in sentence for sentence in net.assumptions)
    _agrees(net, "half", atol=2e-2)


def test_double_precision_is_an_assumption_unless_it_is_kept(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="float64")])
    path = _saved(model, tmp_path)
    assert any("float64 in Keras" in sentence for sentence in lrp_engine.load(path).assumptions)
    assert len(lrp_engine.load(path, dtype="float64").assumptions) == 1


# Weights without a model -------------------------------------------------------------------------

LAYERS = [
    {"class_name": "Embedding", "mask_zero": True},
    {"class_name": "Bidirectional", "layer": "LSTM"},
    {"class_name": "Dense", "activation": "softmax"},
]


@pytest.mark.parametrize("file", ["bilstm.weights.h5", "bilstm_weights.h5"])
def test_weights_take_their_layers_from_a_spec(file):
    expected = lrp_engine.load(KERAS_2 / "bilstm.keras")
    model = json.loads((KERAS_2 / "bilstm.json").read_text())
    for spec in (model, KERAS_2 / "bilstm.json", (KERAS_2 / "bilstm.json").read_bytes(),
                 {"architecture": model}, {"architecture": json.dumps(model)}):  # fmt: skip
        assert lrp_engine.load(KERAS_2 / file, spec=spec).hash == expected.hash
    net = lrp_engine.load(KERAS_2 / file, spec={"layers": LAYERS, "labels": ["no", "yes"]})
    _agrees(net, "bilstm")
    assert net.labels == ("no", "yes")


@pytest.mark.parametrize("renamed", [False, True])
def test_older_weights_of_an_attention_with_a_scale_are_joined(renamed, tmp_path):
    """The layers that have arrays follow from their options, not from their class alone."""
    import h5py
    import keras

    k = keras.layers
    x = keras.Input((6, E))
    states = k.LSTM(H, return_sequences=True)(x)
    context = k.Attention(use_scale=True)([states, states])
    scaled = k.LayerNormalization(center=False, scale=False)(context)  # has no arrays
    model = _randomized(keras.Model(x, k.Dense(2)(k.GlobalAveragePooling1D()(scaled))))
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = np.array([layer.name for layer in model.layers], "S")
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{n}" for n in range(len(layer.weights))]
            group.attrs["weight_names"] = np.array(names, "S")
            for name, array in zip(names, layer.get_weights(), strict=True):
                group[name] = array
    described = model.to_json()
    if renamed:  # then they are paired in order
        described = described.replace(f'"{model.layers[1].name}"', '"other"')
    net = lrp_engine.load(tmp_path / "old.h5", spec=json.loads(described))
    values = np.random.default_rng(1).normal(size=(3, 6, E)).astype("float32")
    np.testing.assert_allclose(net.predict(values), model(values).numpy(), atol=1e-5)


def test_weights_of_keras_3_take_their_layers_from_a_list(tmp_path):
    import keras

    k = keras.layers
    model = _randomized(
        keras.Sequential(
            [keras.Input((None,)), k.Embedding(V, E), k.LSTM(H, return_sequences=True, name="x"),
             k.Dropout(0.5), k.LSTM(H), k.Dense(4, activation="relu", name="y"), k.Dense(1)]
        )
    )  # fmt: skip
    layers = ["Embedding", {"class_name": "LSTM", "return_sequences": True}, "LSTM",
              {"class_name": "Dense", "config": {"activation": "relu"}}, "Dense"]  # fmt: skip
    spec = {"layers": layers, "output": "sigmoid"}
    net = lrp_engine.load(_saved(model, tmp_path, ".weights.h5"), spec=spec)
    x = np.random.default_rng(0).integers(0, V, (3, 5))
    np.testing.assert_allclose(net.predict(x)[:, 1:], model(x).numpy(), atol=1e-5)
    assert not any("taken as" in sentence for sentence in net.assumptions)
    # A model described apart, whose layers are called otherwise.
    other = json.loads(model.to_json().replace('"x"', '"other"').replace('"y"', '"name"'))
    net = lrp_engine.load(tmp_path / "model.weights.h5", spec=other)
    np.testing.assert_allclose(net.predict(x), model(x).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (None, "Give the layers as `spec`: the text of model.to_json()"),
        ({"layers": LAYERS[:2]}, "3 layers"),
        ({"layers": [*LAYERS, "Dense"]}, "describes 4 with weights"),
        ({"layers": [LAYERS[0], "LSTM", LAYERS[2]]}, "6 arrays"),
        ({"layers": ["Embedding", "Bidirectional", "Dense"]}, "A layer in the spec is None"),
        ({"layers": ["Embedding", "Lambda", *LAYERS[1:]]}, "never run"),
        ({"layers": []}, "expected a list such as"),
        ({"layers": [3]}, "expected a class such as"),
        ({"layers": ["Sequential"]}, "needs its whole configuration"),
        ({"architecture": {"class_name": "Sequential"}}, "not what model.to_json() writes"),
        ({"architecture": "{"}, "not valid JSON"),
    ],
    ids=str,
)  # fmt: skip
def test_a_spec_that_does_not_fit_the_weights_is_refused(spec, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(KERAS_2 / "bilstm_weights.h5", spec=spec)
    assert words in str(caught.value)


def test_layers_are_told_only_where_a_file_leaves_them_open():
    for data in (hostile.keras_h5(), hostile.own()):
        with pytest.raises(FormatError, match="leave them out"):
            lrp_engine.load(data, spec={"layers": ["Dense"]})


# The examples everybody starts with --------------------------------------------------------------


def test_the_imdb_example_scores_as_in_keras(tmp_path):
    """keras.io/examples/nlp/bidirectional_lstm_imdb, in small."""
    import keras

    k = keras.layers
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = k.Embedding(50, 16)(inputs)
    x = k.Bidirectional(k.LSTM(8, return_sequences=True))(x)
    x = k.Bidirectional(k.LSTM(8))(x)
    model = keras.Model(inputs, k.Dense(1, activation="sigmoid")(x))
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, (32, 12))
    model.compile("adam", "binary_crossentropy")
    model.fit(x, (x[:, 0] > 25).astype("float32"), epochs=2, verbose=0)
    net = lrp_engine.load(_saved(model, tmp_path))
    assert lrp_engine.load(_saved(model, tmp_path, ".h5")).hash == net.hash
    p, e = model(x).numpy(), net.explain(x)
    np.testing.assert_allclose(e.scores[:, 1:], np.log(p / (1 - p)), atol=1e-5)
    assert np.abs(e.conservation_error).max() < 1e-4


def test_the_text_classification_example_scores_as_in_keras(tmp_path):
    """tensorflow.org/text/tutorials/text_classification_rnn, in small."""
    import keras
    import tensorflow as tf

    k = keras.layers
    encoder = k.TextVectorization(max_tokens=40)
    encoder.adapt(CORPUS)
    words = encoder.get_vocabulary()
    model = keras.Sequential(
        [
            encoder,
            k.Embedding(len(words), 16, mask_zero=True),
            k.Bidirectional(k.LSTM(8)),
            k.Dense(8, activation="relu"),
            k.Dense(1),
        ]
    )
    texts = [*TEXTS[:4], "it was bad"] * 4
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    model.fit(tf.constant(texts), np.arange(len(texts)) % 2, epochs=2, verbose=0)
    net = lrp_engine.load(_saved(model, tmp_path))
    assert lrp_engine.load(_saved(model, tmp_path, ".h5"), vocabulary=words).hash == net.hash
    e = net.explain(texts)
    np.testing.assert_allclose(e.scores[:, 1:], model(tf.constant(texts)).numpy(), atol=1e-5)
    assert np.abs(e.conservation_error).max() < 1e-4
    assert net.output == "sigmoid"
    # The loss, which stands in the file, says what the number means.
    assert not any("activation 'linear'" in sentence for sentence in net.assumptions)
