"""Uploads through a real browser: good ones explain, bad ones are a sentence."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from app import settings
from app.components.upload import GATE_ORDERS
from app.models.uploads import MORE
from tests.app.tiny import eight_arrays, npz
from tests.app.uploads import TEXT, UPLOADS
from tests.browser.steps import (
    ask,
    attach,
    choose,
    file,
    open_view,
    read_model,
    settled,
    visit,
    words,
)

# Every format is uploaded past the browser in tests/app/views/test_every_format.py; so many go
# through it, or with the variable set, all of them.
ALL = os.environ.get("LRP_LENS_ALL_FORMATS")
GATES = "Order of the LSTM's gate blocks"
SCROLLED = """place => new Promise(done => {
  place.scrollIntoView({block: "center"});
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
FORMATS = UPLOADS if ALL else ("keras with texts", "torch", "published sst model", "gates detected")
LABELS = {
    "weights": "Weights",
    "vocabulary": "Vocabulary",
    "embeddings": "Embeddings",
    "reference": "Reference outputs",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_proven_and_explained(page: Page, name: str):
    given = UPLOADS[name]
    visit(page, "model")
    for part, (filename, data) in given.files.items():
        attach(page, LABELS[part], file(filename, data))
    if given.gates or given.more:
        page.get_by_text("What the files may not say").click()
        expect(page.get_by_role("textbox", name=MORE)).to_be_visible()
        settled(page)  # a list opened while the form unfolds is closed again
    if given.gates:
        # A list closes where its page scrolls: that has to be over before it is opened.
        page.get_by_role("combobox", name=GATES, exact=True).evaluate(SCROLLED)
        choose(page, GATES, GATE_ORDERS[given.gates])
    if given.more:
        page.get_by_role("textbox", name=MORE).fill(given.more)
    read_model(page)
    expect(page.get_by_text(f"“{given.weights[0]}” is read and selected")).to_be_visible()
    shown = page.get_by_test_id("stMain")
    for words_ in (*given.says, f"{given.verdict.capitalize()}."):
        expect(shown).to_contain_text(words_)
    if ALL:
        page.screenshot(path=f"{ALL}/{name}.png", full_page=True)
    open_view(page, "Explain")
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value(given.weights[0])
    ask(page, TEXT)
    assert words(page) == TEXT.split()
    if ALL:
        page.screenshot(path=f"{ALL}/{name} explained.png", full_page=True)


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
    open_view(page, "Explain")
    expect(page.get_by_text("This model has no vocabulary")).to_be_visible()
    page.get_by_role("link", name="Add a vocabulary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("model")


def test_another_session_does_not_see_it(page: Page, browser, server):
    visit(page, "model")
    attach(page, "Weights", file("secret.npz", npz(eight_arrays(9))))
    read_model(page)
    expect(page.get_by_text("is read and selected")).to_be_visible()
    other = browser.new_page()
    other.goto(server)
    other.get_by_role("combobox", name="Model", exact=True).click()
    expect(other.get_by_role("option")).to_have_count(1)
    other.close()


def test_limits_are_told(page: Page):
    visit(page, "model")
    expect(page.get_by_text(f"{settings.UPLOAD_MEGABYTES}MB per file").first).to_be_visible()
