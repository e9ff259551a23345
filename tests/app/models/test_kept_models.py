"""Uploaded models come back under their key, after a reload and a restart, until they go."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace

import pytest

from app import cache, settings
from app.kept.folders import DAY
from app.models.kept import KeptModels
from app.models.uploads import Upload
from app.navigation import View
from lrp_engine.errors import InputError, LensError
from tests.app.models.test_uploads import EMBEDDINGS, VOCABULARY, WEIGHTS, answer, upload
from tests.app.reading import component, healthy, messages, tell, widget
from tests.app.tiny import eight_arrays, npz

pytestmark = pytest.mark.usefixtures("unproven")
PARTS = {"weights": WEIGHTS[1], "vocabulary": VOCABULARY[1], "embeddings": EMBEDDINGS[1]}


def brought(opened, **more):
    return upload(opened("model"), weights=WEIGHTS, vocabulary=VOCABULARY, embeddings=EMBEDDINGS,
                  **more)  # fmt: skip


@pytest.fixture
def models(tmp_path):
    return KeptModels(tmp_path / "models")


@pytest.fixture
def one() -> Upload:
    return Upload(name="mine.npz", files=("words.txt",), spec={"labels": ["a", "b", "c"]}, **PARTS)


def test_a_reload_and_a_restart_bring_it_back(opened):
    app = brought(opened, labels="bad\nneutral\ngood")
    app.switch_page(View.EXPLAIN.file).run()
    widget(app, "text").set_value("good film").run()
    link = dict(app.query_params)
    before = app.session_state["lens.models"]
    cache.kept._kept_models.clear()  # as a new server would
    again = opened(**link)
    assert healthy(again)
    assert not messages(again)
    found = again.session_state["lens.models"]
    assert found.keys() == before.keys()
    assert [model.network.labels for model in found.values()] == [("bad", "neutral", "good")]
    assert dict(again.query_params) == link
    assert widget(again, "model").value == widget(app, "model").value


def test_answers_are_kept_under_the_same_key(opened):
    app = brought(opened)
    key = app.query_params["model_key"]
    app = answer(app, labels="no\nmaybe\nyes")
    assert app.query_params["model_key"] == key
    again = opened(**dict(app.query_params))
    (model,) = again.session_state["lens.models"].values()
    assert model.network.labels == ("no", "maybe", "yes")
    assert not messages(again)


def test_nobody_opens_it_by_its_hash_or_another_key(opened):
    link = dict(brought(opened).query_params)
    for key in ({}, {"model_key": "A" * 22}, {"model_key": "../" + link["model_key"]}):
        found = opened(**{**link, "model_key": "", **key})
        assert healthy(found)
        assert found.session_state["lens.models"] == {}
        assert "Upload it again" in messages(found)


def test_deletion_takes_the_bytes_and_the_model(opened):
    app = brought(opened)
    link, folder = dict(app.query_params), cache.kept_models().folders.folder
    assert len(list(folder.iterdir())) == 1
    next(b for b in app.button if b.label == "Delete this model for good").click().run()
    assert healthy(app)
    assert list(folder.iterdir()) == []
    assert app.session_state["lens.models"] == {}
    assert "deleted from the server" in messages(opened(**link))


def test_it_goes_when_nobody_opened_it_and_stays_where_somebody_did(models, one):
    old, read = models.keep(one), models.keep(one)
    for key, days in ((old, 1), (read, -1)):
        path = models.folders.path(key) / models.folders.listed
        then = time.time() - (settings.MODEL_DAYS + days) * DAY
        os.utime(path, (then, then))
    assert models.find(read) == one
    KeptModels(models.folders.folder)  # a server that starts
    assert models.folders.keys() == [read]
    assert not [path for path in models.folders.folder.iterdir() if path.name != read]


@pytest.mark.parametrize(
    ("limit", "says"),
    [("MODEL_KEPT_MEGABYTES", "up to 0.0001 MB are kept"), ("MODELS_KEPT_MEGABYTES", "no more"),
     ("MODELS_KEPT", "no more models")],
)  # fmt: skip
def test_what_is_kept_is_bounded_and_nothing_makes_room(models, one, monkeypatch, limit, says):
    kept = models.keep(one)
    monkeypatch.setattr(settings, limit, 1e-4)
    with pytest.raises(InputError, match=says):
        models.keep(one)
    assert models.folders.keys() == [kept]


def test_a_model_that_is_not_kept_is_there_until_the_reload_and_says_so(opened, monkeypatch):
    monkeypatch.setattr(settings, "MODELS_KEPT", 0)
    app = brought(opened)
    assert "is not kept on this server" in messages(app)
    assert "model_key" not in dict(app.query_params)
    assert len(app.session_state["lens.models"]) == 1


def test_a_damaged_file_is_said(models, one):
    key = models.keep(one)
    path = models.folders.path(key) / "vocabulary"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(LensError, match=r"damaged on the server's disk \(vocabulary\)"):
        models.find(key)


def test_another_file_and_spec_take_the_place_of_the_first(models, one):
    key = models.keep(one)
    other = replace(one, weights=npz(eight_arrays(9)), spec={}, embeddings=None)
    models.change(key, other)
    assert models.find(key) == other
    assert not (models.folders.path(key) / "embeddings").exists()


def test_what_a_browser_remembers_is_listed_and_opened(opened):
    app = brought(opened)
    key = app.query_params["model_key"]
    assert json.loads(component(app, "lens_recent").json)["used"] == [["model", key]]
    fresh = opened("model")
    said = [["model", key], ["set", "B" * 22], ["model", "../x"], ["code", key], "x", [1, 2, 3]]
    fresh = tell(fresh, "lens_recent", "listed", said)
    assert healthy(fresh)
    told = json.loads(component(fresh, "lens_recent").json)
    assert told["gone"] == [["set", "B" * 22]]
    next(b for b in fresh.button if b.key == f"lens.file.recent.{key}").click().run()
    assert healthy(fresh)
    assert fresh.query_params["model_key"] == key
    assert [model.key for model in fresh.session_state["lens.models"].values()] == [key]
