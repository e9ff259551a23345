"""Uploads: good ones are read, reported and selected; bad ones are a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import settings
from app.models.uploads import Upload
from app.navigation import BY_PATH, View
from lrp_engine import FormatError, Network
from lrp_engine.layers import Dense
from lrp_engine.model.graph import Node
from tests import hostile_saved, several_inputs
from tests.app.reading import echo, healthy, html, messages, press, told, widget
from tests.app.tiny import LABELS, WORDS, C, E, H, eight_arrays, embeddings, npy, npz

pytestmark = pytest.mark.usefixtures("unproven")


def upload(
    app: AppTest, *, labels: str = "", more: str = "", **files: tuple[str, bytes]
) -> AppTest:
    if labels:
        files["labels"] = ("labels.txt", labels.encode())
    dropped = [(*file, "application/octet-stream") for file in files.values()]
    app.file_uploader(key="lens.file.files").set_value(dropped)
    if more:
        app.text_area(key="lens.file.spec").set_value(more)
    press(app, "Read the model")
    return app


def answer(app: AppTest, **answers: str) -> AppTest:
    """Answer questions of the form by what they set in the spec, as "tokenizer_pad"."""
    for key, title in answers.items():
        end = f".{key.replace('tokenizer_', 'tokenizer.')}"
        asked = [*app.radio, *app.selectbox, *app.text_area, *app.number_input]
        next(one for one in asked if (one.key or "").endswith(end)).set_value(title)
    return press(app, "Use these answers")


WEIGHTS = ("mine.npz", npz(eight_arrays(seed=5)))
VOCABULARY = ("words.txt", "\n".join(WORDS).encode())
EMBEDDINGS = ("vectors.npy", npy(embeddings(seed=6)))


def test_the_page_says_what_the_model_is(opened):
    page = html(opened("model"))
    for fact in (f"E = {E}", f"H = {H}", f"C = {C}", f"{len(WORDS)} words", *LABELS):
        assert fact in page


def test_weights_vocabulary_and_embeddings_make_a_model(opened):
    app = upload(opened("model"), weights=WEIGHTS, vocabulary=VOCABULARY, embeddings=EMBEDDINGS,
                 labels="bad\nneutral\ngood")  # fmt: skip
    assert healthy(app)
    assert "“mine.npz” is read and selected" in messages(app)
    assert "mine.npz" in widget(app, "model").options
    app.switch_page(View.EXPLAIN.file).run()
    assert healthy(app)
    assert "The model says" in html(app)
    assert any(option.startswith("good (") for option in widget(app, "target").options)


def test_a_refused_upload_is_not_announced_by_an_earlier_good_one(opened):
    app = upload(opened("model"), weights=WEIGHTS, vocabulary=VOCABULARY, embeddings=EMBEDDINGS)
    assert "is read and selected" in messages(app)
    app = upload(app, weights=("photo.h5", b"\xff\xd8\xff\xe0 a picture"))
    assert "JPEG" in messages(app)
    assert "is read and selected" not in messages(app)


def test_a_json_vocabulary_is_read(opened):
    words = ("words.json", json.dumps({word: n for n, word in enumerate(WORDS)}).encode())
    app = upload(opened("model"), weights=WEIGHTS, vocabulary=words, embeddings=EMBEDDINGS)
    assert healthy(app)


def test_without_a_vocabulary_the_pages_say_what_to_do(opened):
    app = upload(opened("model"), weights=WEIGHTS)
    assert "No vocabulary: add one" in messages(app)
    for page in ("explain", "conservation"):
        app.switch_page(BY_PATH[page].file).run()
        assert healthy(app)
        assert "no vocabulary" in messages(app)
        assert "Text" not in [box.label for box in app.text_area]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("photo.h5", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100), "JPEG"),
        ("empty.npz", b"", "empty"),
        ("short.npz", npz(eight_arrays()[:7]), "7"),
        ("wrong.npz", npz([*eight_arrays()[:6], np.ones((3, 3)), np.ones(3)]), "(3, 3)"),
        ("text.txt", b"just words", ""),
        (
            "model.zip",
            hostile_saved.zipped({"m/saved_model.pb": b"\x08\x01"}),
            "This TensorFlow SavedModel lists no layers",
        ),
    ],
    ids=["image", "empty", "seven arrays", "wrong shape", "text", "SavedModel"],
)
def test_a_bad_file_is_a_sentence(opened, name, data, says):
    app = upload(opened("model"), weights=(name, data))
    assert not app.exception
    assert len(app.error) == 1
    assert says in app.error[0].value.replace("\\", "")
    for elsewhere in ("Drop that file", "Choose", "spec"):
        assert elsewhere not in app.error[0].value
    assert "Traceback" not in messages(app)
    assert widget(app, "model").value == "bundled"


def test_a_zip_of_a_saved_model_is_read(opened):
    app = upload(opened("model"), weights=("model.zip", hostile_saved.GENUINE.read_bytes()))
    assert healthy(app)
    assert "“model.zip” is read and selected" in messages(app)


def test_a_vocabulary_of_another_length_is_a_sentence(opened):
    words = ("words.txt", "\n".join((*WORDS, "more")).encode())
    app = upload(opened("model"), weights=WEIGHTS, vocabulary=words, embeddings=EMBEDDINGS)
    assert str(len(WORDS) + 1) in app.error[0].value


def test_a_saved_network_is_read_back(opened, network, tmp_path):
    network.save(tmp_path / "own.zip")
    app = upload(opened("model"), weights=("own.zip", (tmp_path / "own.zip").read_bytes()))
    assert healthy(app)
    app.switch_page(View.EXPLAIN.file).run()
    assert "The model says" in html(app)


def test_a_network_of_numbers_is_asked_by_number(opened, tmp_path):
    dense = Dense(np.ones((4, 2), np.float32), np.zeros(2, np.float32))
    Network(nodes=(Node("output", dense),)).save(tmp_path / "dense.zip")
    app = upload(opened("model"), weights=("dense.zip", (tmp_path / "dense.zip").read_bytes()))
    app.switch_page(View.EXPLAIN.file).run()
    assert healthy(app)
    assert [field.label for field in app.number_input] == ["x0", "x1", "x2", "x3"]


def test_a_network_of_several_inputs_leads_to_what_explains_it(opened, tmp_path):
    several_inputs.two_texts().save(tmp_path / "two.zip")
    app = upload(opened("model"), weights=("two.zip", (tmp_path / "two.zip").read_bytes()))
    assert not app.exception
    (said,) = (error.value for error in app.error)
    for part in ("'question', 'answer'", "explain({name: values, ...})", "--input NAME=VALUE"):
        assert part in said.replace("\\", "")


def test_asking_without_a_file(opened):
    assert "Choose a file" in messages(upload(opened("model")))


def test_a_second_session_does_not_see_the_upload(opened):
    upload(opened("model"), weights=("secret.npz", WEIGHTS[1]), vocabulary=VOCABULARY,
           embeddings=EMBEDDINGS)  # fmt: skip
    assert "secret.npz" not in widget(opened("model"), "model").options


def test_a_list_of_models_that_is_gone_takes_nothing_back(opened, network):
    app = opened("model")
    earlier = told(app)
    upload(app, weights=("mine.npz", npz(eight_arrays(4))))
    mine = widget(app, "model").value
    assert mine not in ("bundled", network.hash)
    assert widget(echo(app, earlier), "model").value == mine


def test_a_session_keeps_a_few_models(opened):
    app = opened("model")
    for seed in range(settings.MODELS_PER_SESSION + 1):
        app = upload(app, weights=(f"{seed}.npz", npz(eight_arrays(seed))))
    assert "0.npz" in messages(app)
    assert "0.npz" not in widget(app, "model").options


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def test_what_a_file_leaves_open_is_written_as_json(opened):
    weights = ("lstm.pt", (FIXTURES / "torch" / "lstm.pt").read_bytes())
    assert "ReLU" in " ".join(Upload(name="x", weights=weights[1]).read().assumptions)
    given = Upload(name="x", weights=weights[1], more='{"activation": "tanh"}')
    assert "ReLU" not in " ".join(given.read().assumptions)
    assert healthy(upload(opened("model"), weights=weights, more=given.more))
    app = upload(opened("model"), weights=weights, more='{"activation": "celu"}')
    assert "choose from" in app.error[0].value


def test_keras_weights_get_their_layers_as_json(opened):
    weights = ("w.h5", (FIXTURES / "keras2" / "bilstm.weights.h5").read_bytes())
    assert "without the layers" in upload(opened("model"), weights=weights).error[0].value
    model = (FIXTURES / "keras2" / "bilstm.json").read_text()
    assert healthy(upload(opened("model"), weights=weights, more=model))


@pytest.mark.parametrize(
    ("more", "says"),
    [("{", "not valid JSON"), ("[1]", "expected an object"), ('{"colour": 1}', "unknown key")],
)
def test_json_that_does_not_fit_is_a_sentence(more, says):
    given = Upload(name="x", weights=WEIGHTS[1], spec={"gate_order": "ifgo"}, more=more)
    with pytest.raises(FormatError, match=says):
        given.read()


@pytest.mark.parametrize(
    "other",
    [{"weights": b"2"}, {"vocabulary": b"1"}, {"embeddings": b"1"}, {"labels": b"1"},
     {"tokenizer": b"1"}, {"more": "{}"}, {"spec": {"gate_order": "igfo"}}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_everything_that_matters_is_in_the_digest(other):
    base = {"name": "x", "weights": b"1"}
    assert Upload(**base).upload_hash != Upload(**{**base, **other}).upload_hash
    assert Upload(**base).upload_hash == Upload(**{**base, "name": "y"}).upload_hash
