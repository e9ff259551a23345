"""The proof sheet: shown after every upload; a model that fails is marked where it explains."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest

import lrp_engine
from app import settings
from app.components.proof import LEAD, table
from app.components.questions import BY_REFERENCE
from app.navigation import BY_PATH, View
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.proof.sheet import FAIL, FAILED, UNVERIFIED, VERIFIED, Line, ProofSheet
from tests.app.models.test_uploads import EMBEDDINGS, VOCABULARY, answer, upload
from tests.app.reading import html, messages
from tests.app.tiny import E, eight_arrays, npz
from tests.app.uploads import UPLOADS

MARK = "The proof of this model failed"


@pytest.fixture(scope="module")
def files():
    """Weights that another program wrote as i g f o, and its scores of one document."""
    arrays, x = eight_arrays(seed=5), np.random.default_rng(2).normal(size=(1, 6, E))
    written = [reorder_gates(a, "ifgo", to="igfo") if n < 6 else a for n, a in enumerate(arrays)]
    file = io.BytesIO()
    np.savez(file, vectors=x, logits=lrp_engine.from_weights(arrays).predict(x))
    return {
        "weights": ("theirs.npz", npz(written)),
        "vocabulary": VOCABULARY,
        "embeddings": EMBEDDINGS,
        "reference": ("scores.npz", file.getvalue()),
    }


def test_a_model_that_fails_is_marked_wherever_it_explains(opened, files):
    app = upload(opened("model"), **files)
    assert not app.exception
    assert "**Failed.**" in messages(app)
    assert "✗ fail" in html(app)
    assert "Scores equal the reference given" in html(app)
    for page in ("explain", "conservation"):
        app.switch_page(BY_PATH[page].file).run()
        assert not app.exception
        assert MARK in messages(app)


def test_the_reference_finds_the_order(opened, files):
    app = answer(upload(opened("model"), **files), gate_order=BY_REFERENCE.title)
    assert "**Weights verified, text pipeline not verified.**" in messages(app)
    assert "detected from reference scores" in html(app)
    app.switch_page(View.EXPLAIN.file).run()
    assert MARK not in messages(app)


def test_finding_the_order_needs_a_reference(opened, files):
    app = upload(opened("model"), weights=files["weights"])
    order = next(one for one in app.selectbox if (one.key or "").endswith(".gate_order"))
    assert order.options[0] == "i f g o (Keras, PyTorch)"
    assert BY_REFERENCE.title not in order.options


def test_the_model_the_dashboard_opens_on_has_a_sheet_too(opened):
    app = opened("model")
    assert "**Unverified.**" in messages(app)
    assert "Gradient equals central differences" in html(app)


def test_a_reference_beside_that_model_is_found(
    opened, network, model_folder, tmp_path, monkeypatch
):
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    ids = np.array([[1, 2, 3]])
    np.savez(folder / "reference.npz", ids=ids, logits=network.predict(ids))
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(folder))
    app = opened("model")
    assert "**Weights verified, text pipeline not verified.**" in messages(app)
    assert "logits of 1 input from reference.npz" in html(app)


def test_every_page_leads_to_the_proof_until_texts_were_compared(
    opened, network, model_folder, tmp_path, monkeypatch
):
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(folder))
    for page in ("explain", "compare", "conservation", "review", "learn"):
        (link,) = (link for link in opened(page).get("page_link") if LEAD in link.proto.label)
        assert link.proto.page == View.MODEL.path
    texts = ["a good film"]
    np.savez(folder / "reference.npz", texts=texts, logits=network.predict(texts))
    assert not [link for link in opened("explain").get("page_link") if LEAD in link.proto.label]
    app = opened("model")
    assert "**Verified.**" in messages(app)
    assert "reads every compared text as the source does" in messages(app)


def test_a_reference_that_does_not_fit_is_a_sentence(opened, files):
    reference = io.BytesIO()
    np.savez(reference, vectors=np.ones((1, 2, E + 1)), logits=np.ones((1, 3)))
    app = upload(opened("model"), **{**files, "reference": ("r.npz", reference.getvalue())})
    assert not app.exception
    assert "The reference does not fit the network" in messages(app)


@pytest.mark.parametrize(
    ("name", "text"), [("keras weights", UNVERIFIED), ("h5 with texts", VERIFIED)]
)
def test_what_the_form_says_of_a_file_belongs_to_its_proof(name, text):
    """Layers given as JSON, words given as a file: without them the file cannot be read again."""
    given = UPLOADS[name].upload()
    sheet = given.prove(given.read())
    assert (sheet.weights, sheet.text) == (VERIFIED, text)


def test_the_table_escapes_what_a_file_says():
    line = Line(name="keras", title="t", verdict=FAIL, detail="<script>alert(1)</script>")
    sheet = ProofSheet(model_hash="0", source="s", dtype="float32", lines=(line,))
    assert sheet.verdict == FAILED
    assert "<script>" not in table(sheet)
    assert {VERIFIED, UNVERIFIED}.isdisjoint({sheet.verdict})
