"""Texts in, Keras' own probabilities out: Tokenizer, pad_sequences and the numbering of IMDB."""

from __future__ import annotations

import json

import numpy as np
import pytest

import lrp_engine
from lrp_engine.attribution.padding import merged_padding
from lrp_engine.formats.questions import open_questions
from lrp_engine.render.terminal import render

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    # Keras 3 on numpy 2, when it saves.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

LEARNED = ["the plot was good and the film was very good", "it's a bad film, no hope", "the a was"]
ASKED = ["Was the plot bad? Very bad.", "the zzz was it's good", "", "no-hope: film " * 9]
LENGTH = 12


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of fixed length that masks nothing, with random weights; and its file."""
    import keras

    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [
            keras.Input((LENGTH,)),
            keras.layers.Embedding(30, 4),
            keras.layers.Bidirectional(keras.layers.LSTM(3, bias_initializer="random_uniform")),
            keras.layers.Dense(1, activation="sigmoid", bias_initializer="random_uniform"),
        ]
    )
    made.set_weights([3 * array for array in made.get_weights()])
    path = tmp_path_factory.mktemp("texts") / "model.keras"
    made.save(path)
    return made, path


def fitted(**options):
    from keras.src.legacy.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(LEARNED)
    return tokenizer


PIPELINES = {
    "words left out": ({}, {}),
    "a limit": ({"num_words": 6}, {}),
    "unknown words": ({"num_words": 6, "oov_token": "<OOV>"}, {}),
    "letters": ({"char_level": True, "filters": ""}, {}),
    "capitals": ({"lower": False, "filters": "?."}, {}),
    "behind": ({}, {"padding": "post", "truncating": "post"}),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_text_has_the_probability_of_keras(model, name):
    from keras.utils import pad_sequences

    made, path = model
    options, sides = PIPELINES[name]
    keras = fitted(**options)
    right = made.predict(pad_sequences(keras.texts_to_sequences(ASKED), LENGTH, **sides), verbose=0)
    net = lrp_engine.load(
        path,
        ["<pad>", *keras.word_index],
        spec={
            "tokenizer": {
                "method": "keras", "lowercase": keras.lower, "filters": keras.filters,
                "char_level": keras.char_level, "num_words": keras.num_words,
                "unknown": keras.oov_token or "drop", "pad": sides.get("padding", "pre"),
                "truncate": sides.get("truncating", "pre"),
            }
        },
    )  # fmt: skip
    np.testing.assert_allclose(net.probabilities(ASKED)[:, 1], right[:, 0], atol=1e-5)
    assert not net.warnings
    one_by_one = [float(e.probabilities[0, 1]) for e in net.explain_stream(ASKED)]
    np.testing.assert_allclose(one_by_one, right[:, 0], atol=1e-5)


def test_a_word_index_that_begins_with_an_oov_token_says_how_unknown_words_are_read(model):
    from keras.utils import pad_sequences

    made, path = model
    keras = fitted(oov_token="<OOV>")
    right = made.predict(pad_sequences(keras.texts_to_sequences(ASKED), LENGTH), verbose=0)
    net = lrp_engine.load(path, json.dumps(keras.word_index).encode())
    np.testing.assert_allclose(net.probabilities(ASKED)[:, 1], right[:, 0], atol=1e-5)
    assert any("not listed read as “<OOV>”" in sentence for sentence in net.assumptions)
    question = next(one for one in open_questions(net) if one.key == "tokenizer.unknown")
    assert question.choices[0].title == "They are read as “<OOV>”"
    assert "begins with “<OOV>”" in question.why


def test_a_text_has_the_probability_of_the_imdb_ids(model):
    from keras.utils import pad_sequences

    made, path = model
    index = fitted().word_index
    ids = [[1, *(index[w] + 3 if w in index else 2 for w in text.split())] for text in ASKED]
    right = made.predict(pad_sequences(ids, LENGTH), verbose=0)
    net = lrp_engine.load(
        path, ["<pad>", *index],
        spec={"tokenizer": {"lowercase": False, "offset": 3, "start": 1, "unknown": 2}},
    )  # fmt: skip
    np.testing.assert_allclose(net.probabilities(ASKED)[:, 1], right[:, 0], atol=1e-5)
    e = net.explain([ASKED[1]])
    assert e.tokens[0][-6:] == ("<start>", "the", "zzz", "was", "it's", "good")
    assert e.substitute == "<unknown>"
    assert e.unknown[0].tolist() == [False] * 8 + [True] + [False] * 3


@pytest.fixture(scope="module")
def padded(model):
    words = ["<pad>", *fitted().word_index]
    return lrp_engine.load(
        model[1], words, spec={"tokenizer": {"method": "keras", "unknown": "drop"}}
    )


def test_padding_is_one_entry_and_the_account_closes(padded):
    e = padded.explain(["The plot, my dear, was good"])
    assert e.padding[0].tolist() == [True] * 8 + [False] * 4
    one = merged_padding(e)
    assert one.tokens == (("8 × padding", "the", "plot", "was", "good"),)
    np.testing.assert_allclose(one.token_relevance[0, 0], e.padding_relevance[0], rtol=1e-12)
    assert merged_padding(one).tokens == one.tokens
    words = one.token_relevance[0, 1:].sum()
    total = words + e.padding_relevance + e.initial_state + e.ledger.total
    np.testing.assert_allclose(total, e.explained_score, atol=1e-4)
    assert one.conservation_error == pytest.approx(e.conservation_error, abs=1e-9)
    for name, kept in e.ledger.steps.items():
        assert one.ledger.steps[name].shape == (1, 5)
        np.testing.assert_allclose(one.ledger.steps[name].sum(), kept.sum(), rtol=1e-5)
    assert e.to_frame()["padding"].tolist() == e.padding[0].tolist()
    shown = render(e)
    assert " 8 × padding " in shown
    assert "words, padding, initial states" in shown
    assert "  padding\n" in shown  # a line of the account
    page = e.to_html()
    assert page.count("8 × padding") >= 2  # the heatmap and the table
    assert "Shorter texts are filled up to 12 with padding in front." in page
    told = e.to_dict()
    assert told["padding_relevance"] == pytest.approx(float(e.padding_relevance[0]))
    assert [word["token"] for word in told["left_out"]] == ["my", "dear"]
    assert told["spans"][8] == [0, 3]
    assert e.settings["tokenizer"] == padded.tokenizer.to_dict()


def test_occlusion_leaves_padding_and_marks_alone(padded):
    e = padded.explain(["the plot was good"], "occlusion", 1)
    assert not e.token_relevance[0, e.padding[0]].any()
    whole = padded.predict(["the plot was good"])[0, 1]
    without = padded.predict(["the was good"])[0, 1]
    assert e.token_relevance[0, 9] == pytest.approx(whole - without, abs=1e-6)
