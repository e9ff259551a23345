"""Outputs of Keras files: what their loss says of them."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.keras.losses import LOSSES, loss_of
from lrp_engine.model.outputs import OUTPUT_KINDS

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_losses_by_any_notation():
    function = {"class_name": "function", "config": "mean_squared_error"}
    for told in ("mse", {"class_name": "MeanSquaredError", "config": {}}, function,
                 {"out": "mse", "b": "mae"}, ["MSE", "mae"]):  # fmt: skip
        assert loss_of({"loss": told}, "out") == "mean_squared_error", told
    for told in (None, {}, [], {"b": "mse"}, 3, [[[[[["mse"]]]]]]):
        assert loss_of({"loss": told}, "out") == "", told
    assert loss_of("nonsense", "out") == ""
    assert set(LOSSES.values()) <= OUTPUT_KINDS.keys()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_loss_of_a_keras_file_says_what_its_numbers_are(suffix, tmp_path):
    import keras

    for loss, units, output in (
        ("mse", 1, "linear"),
        ("mae", 2, "linear"),
        (keras.losses.BinaryCrossentropy(from_logits=True), 1, "sigmoid"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), 3, "softmax"),
    ):
        model = keras.Sequential(
            [keras.Input((None, 2)), keras.layers.LSTM(2), keras.layers.Dense(units)]
        )
        model.compile("sgd", loss)
        path = tmp_path / f"model{suffix}"
        model.save(path)
        net = lrp_engine.load(path)
        assert net.output == output
        assert not any("values or logits" in sentence for sentence in net.assumptions)


def test_a_keras_file_that_does_not_say_is_asked_about_and_the_spec_answers(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((None, 2)), keras.layers.LSTM(2), keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    net = lrp_engine.load(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    np.testing.assert_allclose(net.predict(x), model(x).numpy(), atol=1e-6)
    assert net.output == "linear"
    assert any('"output": "softmax"' in sentence for sentence in net.assumptions)
    sheet = lrp_engine.parity(tmp_path / "model.keras")
    assert {line.name: line.verdict for line in sheet.lines}["meaning"] == "pass"
    for output in ("softmax", "linear"):
        told = lrp_engine.load(tmp_path / "model.keras", spec={"output": output})
        assert (told.output, told.assumptions) == (output, ())
    # A file that ends in a probability, taken as a value: the activation is part of the network.
    model = keras.Sequential(
        [keras.Input((None, 2)), keras.layers.LSTM(2), keras.layers.Dense(1, "sigmoid")]
    )
    model.save(tmp_path / "share.keras")
    share = lrp_engine.load(tmp_path / "share.keras", spec={"output": "linear"})
    np.testing.assert_allclose(share.predict(x), model(x).numpy(), atol=1e-6)
    sheet = lrp_engine.parity(tmp_path / "share.keras", spec={"output": "linear"})
    assert sheet.weights == "verified"


def test_a_loss_that_is_none_changes_nothing(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((None, 2)), keras.layers.LSTM(2), keras.layers.Dense(1)])
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    for told in (
        {"loss": {"class_name": 3}},
        {"loss": {"a": [1, {}]}},
        [1],
        "x",
        {"loss": "my>own"},
    ):
        members["config.json"] = json.dumps({**config, "compile_config": told}).encode()
        with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        assert lrp_engine.load(tmp_path / "odd.keras").output == "linear", told


# Several outputs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[".keras", ".h5"])
def two_outputs(tmp_path_factory, request):
    """A model with classes and values, and its file."""
    import keras

    k = keras.layers
    words = keras.Input((None,))
    states = k.LSTM(3)(k.Embedding(9, 4)(words))
    model = keras.Model(words, [k.Dense(3, "softmax", name="kind")(states),
                                k.Dense(2, name="size")(states)])  # fmt: skip
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    path = tmp_path_factory.mktemp("two") / f"two{request.param}"
    model.save(path)
    return model, path


def test_any_of_several_outputs_is_chosen_by_its_name_or_number(two_outputs):
    model, path = two_outputs
    ids = np.array([[1, 2, 3], [8, 0, 4]])
    kind, size = (output.numpy() for output in model(ids))
    for spec, name, expected in ((None, "kind", kind), ({"output_name": "kind"}, "kind", kind),
                                 ({"output_name": "size"}, "size", size),
                                 ({"output_name": 1}, "size", size)):  # fmt: skip
        net = lrp_engine.load(path, spec=spec)
        assert (net.output_name, net.output_names) == (name, ("kind", "size"))
        assert net.output == {"kind": "softmax", "size": "linear"}[name]
        np.testing.assert_allclose(net.to_output(net.predict(ids)), expected, atol=1e-6)
        assert np.abs(net.explain(ids).conservation_error).max() < 1e-5
        if spec in (None, {"output_name": "size"}):
            assert lrp_engine.parity(path, spec=spec).weights == "verified"
        open_question = any("has 2 outputs, 'kind', 'size'" in one for one in net.assumptions)
        assert open_question == (spec is None)


def test_an_output_that_is_not_there_is_refused_with_those_that_are(two_outputs, tmp_path):
    import keras

    _, path = two_outputs
    with pytest.raises(FormatError, match="output_name is 'other'; the Keras model has 'kind', 's"):
        lrp_engine.load(path, spec={"output_name": "other"})
    with pytest.raises(FormatError, match="output_name is 2; the Keras model has 'kind', 's"):
        lrp_engine.load(path, spec={"output_name": 2})
    with pytest.raises(FormatError, match="output_name is True, expected the name of an output"):
        lrp_engine.load(path, spec={"output_name": True})
    one = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="only")])
    one.save(tmp_path / "one.keras")
    assert lrp_engine.load(tmp_path / "one.keras", spec={"output_name": "only"}).output_names == ()
    with pytest.raises(FormatError, match="the Keras model has 'only'"):
        lrp_engine.load(tmp_path / "one.keras", spec={"output_name": "another"})


def test_layers_that_only_other_outputs_need_may_be_of_any_kind(tmp_path):
    import keras

    k = keras.layers
    words = keras.Input((None,))
    states = k.LSTM(3)(k.Embedding(9, 4)(words))
    odd = k.Lambda(lambda x: x * 2, name="odd")(states)
    model = keras.Model(words, [odd, k.Dense(2, name="size")(states)])
    model.save(tmp_path / "odd.keras")
    with pytest.raises(FormatError, match=r"'odd'.*Lambda"):
        lrp_engine.load(tmp_path / "odd.keras")
    net = lrp_engine.load(tmp_path / "odd.keras", spec={"output_name": "size"})
    ids = np.array([[1, 2, 3]])
    np.testing.assert_allclose(net.predict(ids), model(ids)[1].numpy(), atol=1e-6)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_outputs_in_a_dictionary_are_called_by_its_keys(suffix, tmp_path):
    import keras

    k = keras.layers
    words = keras.Input((None, 2))
    states = k.LSTM(3)(words)
    inner = keras.Sequential([k.Dense(2, activation="tanh"), k.Dense(3)], name="first")
    outputs = {"size": k.Dense(1, name="last")(states), "kind": inner(states)}
    model = keras.Model(words, outputs)
    model.compile("sgd", {"size": "mse", "kind": "categorical_crossentropy"})
    path = tmp_path / f"m{suffix}"
    model.save(path)
    x = np.random.default_rng(0).normal(size=(2, 4, 2))
    expected = model(x)
    for name, output in (("size", "linear"), ("kind", "softmax")):
        net = lrp_engine.load(path, spec={"output_name": name})
        assert {*net.output_names} == {"size", "kind"}
        assert (net.output_name, net.output) == (name, output)
        np.testing.assert_allclose(net.predict(x), expected[name].numpy(), atol=1e-6)
    with pytest.raises(FormatError, match=r"output_name is 'last'; the Keras model has '"):
        lrp_engine.load(path, spec={"output_name": "last"})


def test_the_states_of_a_layer_as_outputs(tmp_path):
    import keras

    k = keras.layers
    words = keras.Input((None, 2))
    outputs = k.LSTM(3, return_state=True, name="rnn")(words)
    model = keras.Model(words, [k.Dense(2, name="size")(outputs[0]), *outputs[1:]])
    model.save(tmp_path / "states.keras")
    x = np.random.default_rng(0).normal(size=(2, 4, 2))
    for n, expected in enumerate(one.numpy() for one in model(x)):
        net = lrp_engine.load(tmp_path / "states.keras", spec={"output_name": n})
        np.testing.assert_allclose(net.predict(x), expected, atol=1e-6)
        assert net.output_names == ("size", "rnn.1", "rnn.2")
