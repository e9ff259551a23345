"""Texts in, the framework's own answer out: vocabularies and tokenizers beside Keras models."""

from __future__ import annotations

import json
import pickle
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer

import lrp_engine
from lrp_engine.formats.companions.files import unpickled
from lrp_engine.formats.companions.given_words import read_words

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

TEXTS = ["the film was good", "the plot was bad, with no hope", "a good film, a bad plot: very bad"]
IMDB = "the and a of to is br in it i this that was as for with movie but film good bad"


def tokenizer(**settings: Any) -> KerasTokenizer:
    made = KerasTokenizer(**settings)
    made.fit_on_texts(TEXTS)
    return made


def model_of(rows: int, folder: Any, length: int | None = None) -> tuple[keras.Model, bytes]:
    k = keras.layers
    model = keras.Sequential([k.Input((length,)), k.Embedding(rows, 4), k.LSTM(3),
                              k.Dense(1, activation="sigmoid")])  # fmt: skip
    rng = np.random.default_rng(rows)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.save(folder / "model.keras")
    return model, (folder / "model.keras").read_bytes()


def answer(model: keras.Model, ids: list[int]) -> float:
    return float(np.asarray(model(np.array([ids])))[0, 0])


def ours(data: bytes, vocabulary: Any, text: str, **spec: Any) -> float:
    net = lrp_engine.load(data, vocabulary=vocabulary, spec={"tokenizer": spec} if spec else None)
    return float(net.probabilities([text])[0, 1])


FILTERED = "Was the PLOT bad?\tVery bad, unheard."
SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "filters": ({}, FILTERED),
    "num_words": ({"num_words": 6}, FILTERED),
    "oov": ({"oov_token": "unk_tok"}, FILTERED),
    "oov_and_num_words": ({"oov_token": "<OOV>", "num_words": 6}, FILTERED),
    "char_level": ({"char_level": True}, "Good? xyz"),
    "char_level_oov": ({"char_level": True, "oov_token": "<unk>"}, "Good? xyz"),
    "cased": ({"lower": False, "filters": ""}, "the film, The film"),
    "split": ({"split": "_", "filters": " ,"}, "the film_was good"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_tokenizer_beside_its_model_gives_the_frameworks_probability(name, tmp_path):
    settings, text = SETTINGS[name]
    made = tokenizer(**settings)
    rows = min(len(made.word_index) + 1, settings.get("num_words") or 999)
    model, data = model_of(rows, tmp_path)
    expected = answer(model, made.texts_to_sequences([text])[0])
    assert ours(data, made.to_json().encode(), text) == pytest.approx(expected, abs=1e-5)
    # Every other way to keep it says the same.
    text_of_text = json.dumps(made.to_json()).encode()
    files = (made.to_json().encode(), text_of_text, pickle.dumps(made))
    one, *others = [read_words(unpickled(file, "The vocabulary")) for file in files]
    assert others == [one, one]


def test_settings_in_the_spec_count_before_those_of_the_file(tmp_path):
    made = tokenizer()
    model, data = model_of(len(made.word_index) + 1, tmp_path)
    ids = [made.word_index[word] for word in ("plot", "bad")]
    text = "PLOT bad"
    cased = ours(data, pickle.dumps(made), text, lowercase=False)
    assert cased == pytest.approx(answer(model, ids[1:]), abs=1e-5)
    assert ours(data, pickle.dumps(made), text) == pytest.approx(answer(model, ids), abs=1e-5)


def test_a_word_index_alone_is_that_of_a_usual_tokenizer_and_cut_to_the_rows(tmp_path):
    made = tokenizer(num_words=6)
    model, data = model_of(6, tmp_path)
    expected = answer(model, made.texts_to_sequences([FILTERED])[0])
    vocabulary = json.dumps(made.word_index).encode()
    assert ours(data, vocabulary, FILTERED) == pytest.approx(expected, abs=1e-5)
    net = lrp_engine.load(data, vocabulary=vocabulary)
    said = " ".join(net.assumptions)
    assert "as a Keras Tokenizer does" in said
    assert "the embedding has 6 rows" in said


@pytest.mark.parametrize("words", [9, 16, 21])
def test_the_numbers_of_imdb_are_those_of_its_data_set(words, tmp_path):
    index = {word: number for number, word in enumerate(IMDB.split()[:words], 1)}
    rows = 13 if words == 9 else 20
    model, data = model_of(rows, tmp_path)
    text = "The and a, unheard br in it"
    ids = [1, *[index[w] + 3 if w in index and index[w] + 3 < rows else 2
                for w in text.lower().replace(",", "").split()]]  # fmt: skip
    vocabulary = json.dumps(index).encode()
    assert ours(data, vocabulary, text) == pytest.approx(answer(model, ids), abs=1e-5)


@pytest.mark.parametrize("length", [None, 6])
def test_the_vocabulary_of_a_text_layer_before_the_model_says_how_texts_are_cut(length, tmp_path):
    import tensorflow as tf

    layer = keras.layers.TextVectorization(output_sequence_length=length)
    layer.adapt(TEXTS)
    model, data = model_of(layer.vocabulary_size(), tmp_path, length)
    vocabulary = pickle.dumps(np.array(layer.get_vocabulary()))
    for text in (FILTERED, "A good-film: very, VERY (bad) plot; it was the film the film"):
        ids = np.asarray(layer(tf.constant([text])))[0].tolist()
        assert ours(data, vocabulary, text) == pytest.approx(answer(model, ids), abs=1e-5)
    net = lrp_engine.load(data, vocabulary=vocabulary)
    said = " ".join((*net.assumptions, *net.warnings))
    assert "as Keras' TextVectorization does" in said
    assert ("usual way (behind)" in said) == (length is not None)
