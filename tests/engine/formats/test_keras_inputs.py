"""Keras models of several inputs score as in Keras, are proven, and close their account."""

from __future__ import annotations

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

RNG = np.random.default_rng(0)
T = 6
WORDS = ["<pad>", "<unk>", *(f"w{n}" for n in range(2, 12))]


def two_texts(k):
    """One embedding and one LSTM for both."""
    a, b = k.Input((None,), name="question"), k.Input((None,), name="answer")
    words, lstm = k.layers.Embedding(12, 4), k.layers.LSTM(3)
    one, other = lstm(words(a)), lstm(words(b))
    both = k.layers.Concatenate()([one, other, k.layers.Multiply()([one, other])])
    return k.Model([a, b], k.layers.Dense(3, "softmax")(both)), (_ids(T), _ids(T + 2))


def own_embeddings(k):
    a, b = k.Input((None,), name="title"), k.Input((None,), name="body")
    one = k.layers.LSTM(3)(k.layers.Embedding(12, 4, mask_zero=True)(a))
    other = k.layers.GRU(2)(k.layers.Embedding(9, 5, mask_zero=True)(b))
    both = k.layers.Concatenate()([one, other])
    return k.Model([a, b], k.layers.Dense(1, "sigmoid")(both)), (_ids(T, 12, 1), _ids(T, 9, 1))


def text_and_numbers(k):
    a, b = k.Input((T,), name="text"), k.Input((4,), name="facts")
    one = k.layers.Bidirectional(k.layers.LSTM(3))(k.layers.Embedding(12, 4)(a))
    other = k.layers.Dense(2, "relu")(k.layers.BatchNormalization()(b))
    both = k.layers.Concatenate()([one, other])
    return k.Model([a, b], k.layers.Dense(2, "softmax")(both)), (_ids(T), _numbers(4))


def numbers_as_they_are(k):
    """The facts go right into the concatenation; a third input is a category."""
    a, b, c = k.Input((T,), name="text"), k.Input((4,), name="facts"), k.Input((1,), name="kind")
    one = k.layers.GRU(3)(k.layers.Embedding(12, 4)(a))
    kind = k.layers.Flatten()(k.layers.Embedding(5, 2)(c))
    both = k.layers.Concatenate()([one, b, kind])
    return k.Model([a, b, c], k.layers.Dense(1)(both)), (_ids(T), _numbers(4), _ids(1, 5))


def shared_encoder(k):
    """A model inside that is used for both texts, as siamese networks do."""
    x = k.Input((None,))
    encoder = k.Model(x, k.layers.LSTM(3)(k.layers.Embedding(12, 4)(x)), name="encoder")
    a, b = k.Input((None,), name="question"), k.Input((None,), name="answer")
    both = k.layers.Subtract()([encoder(a), encoder(b)])
    return k.Model([a, b], k.layers.Dense(1, "sigmoid")(both)), (_ids(T), _ids(T + 1))


def inner_model_of_two(k):
    """A model inside that reads both inputs itself."""
    x, y = k.Input((3,)), k.Input((2,))
    head = k.Model([x, y], k.layers.Dense(2)(k.layers.Concatenate()([x, y])), name="head")
    a, b = k.Input((None,), name="text"), k.Input((2,), name="facts")
    state = k.layers.LSTM(3)(k.layers.Embedding(12, 4)(a))
    return k.Model([a, b], k.layers.Softmax()(head([state, b]))), (_ids(T), _numbers(2))


def tables(k):
    """Numbers alone, without time steps."""
    a, b = k.Input((3,), name="one"), k.Input((2,), name="two")
    both = k.layers.Concatenate()([k.layers.Dense(2, "tanh")(a), b])
    return k.Model([a, b], k.layers.Dense(2)(both)), (_numbers(3), _numbers(2))


def step_by_step(k):
    """Words and vectors side by side at every step."""
    a, b = k.Input((None,), name="words"), k.Input((None, 2), name="shapes")
    both = k.layers.Concatenate()([k.layers.Embedding(12, 4)(a), b])
    return k.Model([a, b], k.layers.Dense(2, "softmax")(k.layers.LSTM(3)(both))), (
        _ids(T), RNG.normal(size=(3, T, 2)).astype("float32"),
    )  # fmt: skip


def _ids(steps, rows=12, least=0):
    return RNG.integers(least, rows, size=(3, steps))


def _numbers(count):
    return RNG.normal(size=(3, count)).astype("float32")


MODELS = (two_texts, own_embeddings, text_and_numbers, numbers_as_they_are, shared_encoder,
          inner_model_of_two, tables, step_by_step)  # fmt: skip


# The other notation differs in how calls are written.
CASES = [(make, ".keras") for make in MODELS] + [(shared_encoder, ".h5"), (text_and_numbers, ".h5")]


@pytest.mark.parametrize(("make", "suffix"), CASES, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_a_model_of_several_inputs_scores_as_in_keras_and_is_proven(make, suffix, tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    model, inputs = make(keras)
    path = tmp_path / f"model{suffix}"
    model.save(path)
    expected = np.asarray(model([*inputs], training=False))
    net = lrp_engine.load(path)
    given = dict(zip(net.inputs, inputs, strict=True))
    scores = net.predict(given)
    found = net.to_output(scores)[:, -expected.shape[1] :]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    e = net.explain(given)
    assert abs(e.conservation_error).max() < 1e-5
    last = [*net.inputs][-1]
    held = net.explain(given, hold=last)
    assert abs(held.conservation_error).max() < 1e-5
    assert f"{last}/input/held" in held.ledger
    sheet = lrp_engine.parity(path)
    assert {line.name: line.verdict for line in sheet.lines}["keras"] == "pass"
    assert sheet.weights == "verified"
    net.save(tmp_path / "again")
    again = lrp_engine.load(tmp_path / "again")
    assert again.hash == net.hash
    np.testing.assert_array_equal(again.predict(given), scores)


def saved(make, tmp_path, k=None):
    import keras

    model, inputs = make(keras)
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras", model, inputs


def test_a_vocabulary_is_of_all_inputs_or_of_the_one_that_is_named(tmp_path):
    path, *_ = saved(two_texts, tmp_path)
    net = lrp_engine.load(path, vocabulary=WORDS)
    e = net.explain({"question": ["w2 w3"], "answer": ["w4 zzz w5"]})
    assert e.tokens == (("w2", "w3", "w4", "zzz", "w5"),)
    path, *_ = saved(numbers_as_they_are, tmp_path)
    with pytest.raises(FormatError, match=r"different numbers of rows .'text' 12, 'kind' 5"):
        lrp_engine.load(path, vocabulary=WORDS)
    spec = {"inputs": {"text": {"vocabulary": WORDS, "tokenizer": {"pad": "post"}},
                       "kind": {"vocabulary": ["a", "b", "c", "d", "e"]},
                       "facts": {"features": ["age", "income", "rooms", "floor"]}}}  # fmt: skip
    net = lrp_engine.load(path, spec=spec)
    e = net.explain({"text": ["w2 w3"], "facts": [[1, 2, 3, 4]], "kind": ["b"]})
    pads = ("",) * 4
    assert e.tokens == (("w2", "w3", *pads, "age", "income", "rooms", "floor", "b"),)
    assert e.padding[0].sum() == 4
    assert any("'text'" in one and "'pad'" not in one for one in net.assumptions)
    for spec, said in (
        ({"inputs": {"txt": {}}}, "describes the input 'txt'; the network has 'text', 'facts'"),
        ({"inputs": {"text": {"words": []}}}, "says 'words' of the input 'text'; valid: 'vocab"),
        ({"inputs": []}, "expected an object with what is said of each input"),
        ({"inputs": {"facts": {"vocabulary": WORDS}}}, "'facts' reads numbers; leave its vocab"),
        ({"features": ["a"]}, "several inputs, .* so `features` is not of all of them"),
        ({"tokenizer": "detect"}, "reference|models of one input"),
    ):
        with pytest.raises((FormatError, lrp_engine.InputError), match=said):
            lrp_engine.load(path, spec=spec)


def test_an_input_that_takes_no_part_in_the_output_is_left_out_and_said(tmp_path):
    import keras

    a, b = keras.Input((None, 2), name="steps"), keras.Input((3,), name="facts")
    one = keras.layers.Dense(2, name="of_steps")(keras.layers.LSTM(2)(a))
    model = keras.Model([a, b], [one, keras.layers.Dense(1, name="of_facts")(b)])
    model.save(tmp_path / "model.keras")
    net = lrp_engine.load(tmp_path / "model.keras")
    assert not net.several
    assert any("input 'facts' takes no part in the output 'of_steps'" in s for s in net.assumptions)
    other = lrp_engine.load(tmp_path / "model.keras", spec={"output_name": "of_facts"})
    assert other.features == ("x0", "x1", "x2")


def test_text_layers_of_several_inputs_are_refused_with_a_way(tmp_path):
    import keras

    a, b = keras.Input((1,), dtype="string", name="text"), keras.Input((2,), name="facts")
    layer = keras.layers.TextVectorization(vocabulary=["a", "b"])
    state = keras.layers.LSTM(2)(keras.layers.Embedding(4, 3)(layer(a)))
    both = keras.layers.Concatenate()([state, b])
    keras.Model([a, b], keras.layers.Dense(2)(both)).save(tmp_path / "model.keras")
    with pytest.raises(FormatError, match=r"from the ids on: save keras.Model\(ids, output\)"):
        lrp_engine.load(tmp_path / "model.keras")
