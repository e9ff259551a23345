"""Outputs of Keras files: what their loss says of them."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

import lrp_engine
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
