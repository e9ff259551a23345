"""Uploads through a real browser: good ones explain, bad ones are a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import settings
from tests.app.tiny import WORDS, eight_arrays, embeddings, npy, npz
from tests.browser.steps import ask, attach, file, open_view, read_model, visit

# Another E, H and C than anywhere else; in a process of its own, as a user's would be.
KERAS = """
import sys, keras
model = keras.Sequential([
    keras.Input((None,), dtype="int32"),
    keras.layers.Embedding({words}, 7),
    keras.layers.Bidirectional(keras.layers.LSTM(4)),
    keras.layers.Dense(3, activation="softmax"),
])
model.save(sys.argv[1])
"""


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keras") / "small.keras"
    subprocess.run(
        [sys.executable, "-c", KERAS.format(words=len(WORDS)), str(path)],
        check=True,
        capture_output=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return path


VOCABULARY = file("words.txt", "\n".join(WORDS).encode())


def explains(page: Page, name: str) -> None:
    expect(page.get_by_text(f"“{name}” is read and selected")).to_be_visible()
    open_view(page, "Explain")
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value(name)
    ask(page, "good film")


def test_eight_arrays_with_vocabulary_and_embeddings(page: Page):
    visit(page, "model")
    attach(page, "Weights", file("mine.npz", npz(eight_arrays())))
    attach(page, "Vocabulary", VOCABULARY)
    attach(page, "Embeddings", file("vectors.npy", npy(embeddings())))
    read_model(page)
    explains(page, "mine.npz")


def test_a_keras_file_with_other_sizes(page: Page, keras_file: Path):
    visit(page, "model")
    attach(page, "Weights", keras_file)
    attach(page, "Vocabulary", VOCABULARY)
    read_model(page)
    expect(page.get_by_text("is read and selected")).to_be_visible()
    for fact in ("E = 7", "H = 4 and 4", "C = 3"):
        expect(page.locator(".lens-facts").last).to_contain_text(fact)
    explains(page, "small.keras")


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
    expect(page.get_by_text("cannot read words yet")).to_be_visible()
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
