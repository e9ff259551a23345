"""Sample models by name, and folders with a manifest, hostile ones included."""

from __future__ import annotations

import json

import pytest

import lrp_engine
from app.models.samples import samples
from lrp_engine import FormatError, shipped


def test_a_sample_loads_by_its_name_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folders = shipped.sample_folders()
    assert [*folders] == [*lrp_engine.samples()] == [sample.name for sample in samples()]
    assert lrp_engine.load("diabetes").hash == lrp_engine.load(folders["diabetes"]).hash


def test_a_file_of_that_name_comes_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spam").write_text("no model")
    with pytest.raises(FormatError, match="This is a text, not a weight file"):
        lrp_engine.load("spam")


def test_what_the_caller_gives_comes_before_the_manifest():
    words = [f"w{n}" for n in range(8_000)]
    assert lrp_engine.load("spam", vocabulary=words).vocabulary.tokens[5] == "w5"


def test_the_proof_of_a_sample_knows_what_goes_with_it():
    sheet = lrp_engine.parity("diabetes", reference=None)
    assert sheet.weights == "unverified"  # nothing to compare with, and nothing that fails


def test_the_manifest_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "lrp_engine"
    inside = package.parent / "lrp_lens" / "sample_models" / "tiny"
    inside.mkdir(parents=True)
    (inside / shipped.MANIFEST).write_text(json.dumps({"model": ".", "order": 1}))
    monkeypatch.setattr(shipped, "__file__", str(package / "shipped.py"))
    assert shipped.samples() == ("tiny",)
    assert shipped.dashboard() is None
