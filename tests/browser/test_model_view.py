"""Uploads through a real browser: good ones explain, bad ones are a sentence."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer
from playwright.sync_api import Page, expect

from app import settings
from app.components.questions import BY_REFERENCE
from app.models.uploads import MORE
from lrp_engine.formats.companions.spec import DETECT
from lrp_engine.render.numbers import MINUS
from tests.app.tiny import eight_arrays, npz
from tests.app.uploads import TEXT, UPLOADS
from tests.browser.steps import (
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
from tests.fixed_length import of_length

# Every format is uploaded past the browser in tests/app/views/test_every_format.py; so many go
# through it, or with the variable set, all of them.
ALL = os.environ.get("LRP_LENS_ALL_FORMATS")
GATES = "In which order do the gates of the LSTM stand?"
SCROLLED = """place => new Promise(done => {
  place.scrollIntoView({block: "center"});
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
FORMATS = UPLOADS if ALL else ("keras with texts", "torch", "published sst model", "gates detected")


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_proven_and_explained(page: Page, name: str):
    given = UPLOADS[name]
    visit(page, "model")
    attach(page, "Weights", *(file(*one) for one in given.files.values()))
    if given.more:
        page.get_by_text("Advanced: settings the files").click()
        page.get_by_role("textbox", name=MORE).fill(given.more)
    read_model(page)
    if given.gates == DETECT:
        # A list closes where its page scrolls: that has to be over before it is opened.
        page.get_by_role("combobox", name=GATES).evaluate(SCROLLED)
        choose(page, GATES, BY_REFERENCE.title)
        page.get_by_role("button", name="Use these answers").click()
        idle(page)
    expect(page.get_by_text(f"“{given.weights[0]}” is read and selected")).to_be_visible()
    shown = page.get_by_test_id("stMain")
    for words_ in (*given.says, given.asks, f"{given.verdict.capitalize()}."):
        expect(shown).to_contain_text(words_)
    if ALL:
        page.screenshot(path=f"{ALL}/{name}.png", full_page=True)
    open_view(page, "Explain")
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value(given.weights[0])
    ask(page, TEXT)
    assert words(page) == TEXT.split()
    if ALL:
        page.screenshot(path=f"{ALL}/{name} explained.png", full_page=True)


LENGTH = 60


@pytest.fixture
def tokenizer() -> Tokenizer:
    """A pickled one, as Keras wrote it, of the model's eight words."""
    made = Tokenizer()
    made.word_index = dict(zip(("good", "bad", "film", "not", "a", "the", "was", "plot"),
                               range(1, 9), strict=True))  # fmt: skip
    return made


def said_by_its_author(model: Path, tokenizer: Tokenizer) -> str:
    """Five texts with the probability that Keras gives to ids padded behind."""
    texts = ("the film was good", "Not a bad film!", "good, bad; a plot", "bad " * 70 + "good film",
             "the film zzz")  # fmt: skip
    rows = np.zeros((len(texts), LENGTH), int)
    for row, ids in zip(rows, tokenizer.texts_to_sequences(texts), strict=True):
        row[: len(ids)] = ids[-LENGTH:]
    found = keras.saving.load_model(model).predict(rows, verbose=0)[:, 0]
    return "\n".join(f"{text} | {p:.7f}" for text, p in zip(texts, found, strict=True))


def test_a_keras_model_and_its_tokenizer_are_asked_settled_and_explained(
    page: Page, tokenizer: Tokenizer, tmp_path: Path
):
    path = tmp_path / "model.keras"
    path.write_bytes(of_length(LENGTH))
    visit(page, "model")
    files = file(path.name, path.read_bytes()), file("tok.pickle", pickle.dumps(tokenizer))
    attach(page, "Weights", *files)
    expect(page.get_by_text("a Keras Tokenizer, 8 words")).to_be_visible()
    read_model(page)
    shown = page.get_by_test_id("stMain")
    question = page.get_by_role("radiogroup", name="On which side are texts shorter than 60")
    expect(question.get_by_role("radio", name="In front")).to_be_checked()
    expect(shown).to_contain_text("Weights verified, text pipeline not verified.")
    expect(shown.get_by_text("Verified.", exact=True)).to_have_count(0)
    expect(page.get_by_text("is read and selected")).to_be_in_viewport()
    looks_right(page)
    open_view(page, "Explain")
    expect(page.get_by_text("Verified.", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Text pipeline not verified").click()
    idle(page)
    box = page.get_by_role("textbox", name="One text a line")
    expect(box).to_be_in_viewport(ratio=1)
    expect(page).to_have_url(re.compile("model\\?(?!.*show=)"))
    box.fill(said_by_its_author(path, tokenizer))
    page.get_by_role("button", name="Compare", exact=True).click()
    idle(page)
    expect(page.locator(".lens-tried tbody tr")).to_have_count(5)
    expect(question).to_have_count(0)
    expect(shown.get_by_text("Verified.", exact=True)).to_be_visible()
    expect(shown).to_contain_text("The network gives the scores of its source, and reads every")
    looks_right(page)
    open_view(page, "Explain")
    expect(page.get_by_text("Text pipeline not verified")).to_have_count(0)
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill("the film was good")
    box.press("Control+Enter")
    padding = re.compile(rf"{LENGTH - 4} × padding\s*[+{MINUS}]\d")
    expect(heatmaps(page).first).to_contain_text(padding)
    assert words(page) == ["the", "film", "was", "good", f"{LENGTH - 4} × padding"]
    open_view(page, "Conservation")
    expect(page.get_by_text("Passed: words")).to_be_visible()
    account = page.locator(".lens-note", has_text="The score of")
    expect(account).to_contain_text("padding")
    _, score, *parts = account.locator("b").all_inner_texts()
    said = [float(one.replace(MINUS, "-")) for one in parts]
    # Each is shown with two digits.
    assert sum(said) == pytest.approx(float(score.replace(MINUS, "-")), abs=0.01 * len(parts))


def test_a_photograph_called_h5(page: Page):
    visit(page, "model")
    attach(page, "Weights", file("model.h5", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)))
    read_model(page)
    alert = page.get_by_test_id("stAlert").filter(has_text="JPEG")
    expect(alert).to_be_visible()
    assert "Traceback" not in page.content()
    open_view(page, "Explain")
    expect(page.get_by_text("The model says")).to_be_visible()


def test_without_a_vocabulary_it_says_what_to_do(page: Page):
    visit(page, "model")
    attach(page, "Weights", file("bare.npz", npz(eight_arrays())))
    read_model(page)
    expect(page.get_by_text("No vocabulary: add one")).to_be_visible()
    # As in a slow browser, where the page is never short between two views.
    page.evaluate("() => document.querySelector('.stMainBlockContainer').style.minHeight = '400vh'")
    expect(page.get_by_text("is read and selected")).to_be_in_viewport()
    open_view(page, "Explain")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("This model has no vocabulary")).to_be_visible()
    page.get_by_role("link", name="Add a vocabulary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("model")


def test_an_upload_survives_a_reload_and_is_remembered_by_the_browser(page: Page):
    visit(page, "model")
    attach(page, "Weights", file("mine.npz", npz(eight_arrays(8))))
    read_model(page)
    expect(page).to_have_url(re.compile("model_key="))
    page.reload()
    idle(page)
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("mine.npz")
    visit(page, "model")
    page.get_by_test_id("stExpander").filter(has_text="Recent in this browser").get_by_role(
        "button", name="Open"
    ).click()
    expect(page).to_have_url(re.compile("model_key="))
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("mine.npz")


def test_its_explanation_is_in_sight_and_another_session_does_not_see_it(
    page: Page, browser, server
):
    visit(page, "model")
    attach(page, "Weights", file("secret.npz", npz(eight_arrays(9))))
    read_model(page)
    expect(page.get_by_text("is read and selected")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Explain with it").click()
    idle(page)
    expect(heatmaps(page).first).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("The model says")).to_be_in_viewport(ratio=1)
    expect(page).to_have_url(re.compile("model_key=(?!.*show=)"))
    other = browser.new_page()
    other.goto(server)
    other.get_by_role("combobox", name="Model", exact=True).click()
    expect(other.get_by_role("option")).to_have_count(1)
    other.close()


def test_limits_are_told(page: Page):
    visit(page, "model")
    expect(page.get_by_text(f"{settings.UPLOAD_MEGABYTES}MB per file").first).to_be_visible()
