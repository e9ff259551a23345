"""Other models than a decision about a text: values, one label per word, outputs, sensors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    MODEL_FILES,
    ask,
    attach,
    choose,
    file,
    heatmaps,
    idle,
    looks_right,
    open_view,
    read_model,
    visit,
    words,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # of Keras, where it saves
)
WORDS = ("<pad>", "<unk>", "the", "flat", "in", "berlin", "anna", "rents", "is", "bright", "noisy")
VOCABULARY = "\n".join(WORDS).encode()
SENSORS = tuple(
    f"{sensor} {axis}" for sensor in ("total acc", "body acc", "gyro") for axis in "xyz"
)
ACTIVITIES = ("walking", "upstairs", "downstairs", "sitting", "standing", "lying")
STEPS = 128
TEXT = "anna rents the bright flat in berlin"


def _saved(model: keras.Model, path: Path) -> bytes:
    """As a file; weights of fixed numbers, large enough to decide."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.6, weight.shape) for weight in model.get_weights()])
    model.save(path)
    return path.read_bytes()


def two_outputs(path: Path) -> bytes:
    """What a flat is like, and its rent."""
    ids = keras.Input((None,), name="text")
    states = keras.layers.LSTM(6)(keras.layers.Embedding(len(WORDS), 8)(ids))
    outputs = [keras.layers.Dense(3, "softmax", name="mood")(states),
               keras.layers.Dense(1, name="rent")(states)]  # fmt: skip
    model = keras.Model(ids, outputs)
    model.compile("sgd", {"mood": "categorical_crossentropy", "rent": "mse"})
    return _saved(model, path)


def tagger(path: Path) -> bytes:
    ids = keras.Input((None,))
    states = keras.layers.Bidirectional(keras.layers.LSTM(6, return_sequences=True))(
        keras.layers.Embedding(len(WORDS), 8)(ids)
    )
    return _saved(keras.Model(ids, keras.layers.Dense(3, "softmax")(states)), path)


def sensors(path: Path) -> bytes:
    """Activities by nine sensors."""
    steps = keras.Input((STEPS, len(SENSORS)))
    states = keras.layers.LSTM(8)(steps)
    return _saved(keras.Model(steps, keras.layers.Dense(6, "softmax")(states)), path)


def walk() -> np.ndarray:
    """(128, 9): something like a walk, in two digits."""
    t = np.arange(STEPS)[:, None] / 50
    phases, sizes = np.linspace(0, 4, len(SENSORS)), np.linspace(0.9, 0.2, len(SENSORS))
    noise = np.random.default_rng(2).normal(0, 0.05, (STEPS, len(SENSORS)))
    return np.round(sizes * np.sin(2 * np.pi * 1.8 * t + phases) + noise, 2)


def opened(page: Page, model: bytes, spec: dict, *more: dict) -> None:
    visit(page, "model")
    told = [file("spec.json", json.dumps(spec).encode())] if spec else []
    attach(page, MODEL_FILES, file("model.keras", model), *told, *more)
    read_model(page)
    expect(page.get_by_text("is read and selected")).to_be_visible()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


def test_a_model_of_two_outputs_one_of_them_a_value(page: Page, folder: Path):
    opened(page, two_outputs(folder / "two.keras"), {}, file("words.txt", VOCABULARY))
    question = page.get_by_role("radiogroup", name="Which of the 2 outputs is explained?")
    expect(question.get_by_role("radio", name="mood")).to_be_checked()
    question.get_by_text("rent").click()
    page.get_by_role("button", name="Use these answers").click()
    idle(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("Weights verified")
    open_view(page, "Explain")
    ask(page, TEXT)
    output = page.get_by_role("radiogroup", name="Output that is explained")
    expect(output.get_by_role("radio", name="rent")).to_be_checked()
    expect(page.get_by_text(re.compile("The model says")).first).to_contain_text("rent")
    value = words(page)
    assert value == TEXT.split()
    output.get_by_text("mood").click()
    idle(page)
    expect(page.get_by_text(re.compile("The model says")).first).to_contain_text("class")
    looks_right(page)
    page.go_back()
    expect(page.get_by_text(re.compile("The model says")).first).to_contain_text("rent")


def test_a_regression_has_a_value_with_its_unit(page: Page, folder: Path):
    spec = {"output_name": "rent", "labels": ["rent"], "value_units": "€ per m²"}
    opened(page, two_outputs(folder / "two.keras"), spec, file("words.txt", VOCABULARY))
    open_view(page, "Explain")
    ask(page, TEXT)
    said = page.get_by_text(re.compile("The model says")).first
    expect(said).to_contain_text(re.compile(r"rent.*€ per m²"))
    looks_right(page)


def test_a_tagger_is_asked_about_a_word(page: Page, folder: Path):
    spec = {"labels": ["O", "PERSON", "PLACE"]}
    opened(page, tagger(folder / "tagger.keras"), spec, file("words.txt", VOCABULARY))
    open_view(page, "Explain")
    ask(page, TEXT)
    said = page.get_by_text(re.compile("The model labels")).first
    expect(said).to_contain_text("“anna”")
    choose(page, "Whose label is explained", re.compile(r"5\. flat"))
    expect(said).to_contain_text("“flat”")
    heatmaps(page).first.locator(".lrp-word").nth(6).click()
    expect(said).to_contain_text("“berlin”")
    expect(page).to_have_url(re.compile("pick=6"))
    looks_right(page)


def test_a_series_of_sensors_by_their_names(page: Page, folder: Path):
    spec = {"units": list(SENSORS), "labels": list(ACTIVITIES)}
    opened(page, sensors(folder / "har.keras"), spec)
    open_view(page, "Explain")
    page.get_by_role("button", name="Paste numbers").click()
    lines = ["\t".join(SENSORS), *("\t".join(map(str, row)) for row in walk().tolist())]
    page.get_by_role("textbox", name="A line per step of 9 numbers").fill("\n".join(lines))
    page.get_by_role("button", name="Explain these numbers").click()
    idle(page)
    page.keyboard.press("Escape")
    expect(heatmaps(page).first.locator(".lrp-word")).to_have_count(STEPS)
    expect(page.get_by_text("The numbers: 128 steps of 9")).to_be_visible()
    # A map of so many fields is drawn on a canvas; the names are read at the bars of a step.
    expect(page.get_by_test_id("stVegaLiteChart").first.locator("canvas")).to_be_visible()
    heatmaps(page).first.locator(".lrp-word").last.click()
    idle(page)
    expect(page.get_by_role("heading", name=f"Step {STEPS}")).to_be_visible()
    bars = page.get_by_test_id("stVegaLiteChart").nth(1)
    for name in SENSORS:
        expect(bars).to_contain_text(name)
    looks_right(page)
