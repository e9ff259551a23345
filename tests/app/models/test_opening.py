"""The stored opening answer equals a fresh one, and answers nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pytest

import lrp_engine
from app import settings
from app.models import opening
from lrp_engine.model.text.alignment import Alignment
from tests.app.reading import healthy, heatmaps, html

BUNDLED = settings.BUNDLED_MODEL / settings.OPENING_FILE


def same(one, other):
    """Numbers to rounding, everything else exactly."""
    if isinstance(other, Mapping):
        assert one.keys() == other.keys()
        for key in other:
            same(one[key], other[key])
    elif isinstance(other, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, atol=1e-5)
    elif isinstance(other, tuple):
        assert len(one) == len(other)
        for parts in zip(one, other, strict=True):
            same(*parts)
    elif isinstance(other, Alignment):
        assert [one.text(0), one.spans(0), one.left_out(0)] == [
            other.text(0), other.spans(0), other.left_out(0)
        ]  # fmt: skip
    else:
        assert one == other


def compare(stored, fresh):
    assert stored.keys() == fresh.keys()
    for name, one in stored.items():
        other = fresh[name]
        for item in fields(one):
            same(getattr(one, item.name), getattr(other, item.name))
        same(one.ledger.steps, other.ledger.steps)
        np.testing.assert_allclose(one.conservation_error, other.conservation_error, atol=1e-5)


def test_round_trip(network, tmp_path):
    opening.write(tmp_path / "opening.npz", network)
    stored = opening.read(tmp_path / "opening.npz", network)
    compare(stored, opening.answer(network))


def test_another_model_has_no_stored_answer(network, tmp_path):
    opening.write(tmp_path / "opening.npz", network)
    changed = lrp_engine.from_weights([np.ones((6, 20)), np.ones((5, 20)), np.ones(20)] * 2
                                      + [np.ones((10, 3)), np.ones(3)])  # fmt: skip
    assert opening.read(tmp_path / "opening.npz", changed) is None
    assert opening.read(tmp_path / "missing.npz", network) is None


@pytest.mark.parametrize("keep", [0, 10, 500, -20])
def test_a_damaged_file_answers_nothing(network, tmp_path, keep):
    path = tmp_path / "opening.npz"
    opening.write(path, network)
    path.write_bytes(path.read_bytes()[:keep])
    assert opening.read(path, network) is None


def test_the_dashboard_opens_on_it(opened, model_folder, tmp_path, monkeypatch, network):
    folder = tmp_path / "with_opening"
    shutil.copytree(model_folder, folder)
    opening.write(folder / settings.OPENING_FILE, network)
    fresh = opened()
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(folder))
    app = opened()
    assert healthy(app)
    assert html(app) == html(fresh)
    assert heatmaps(app) == heatmaps(fresh)


@pytest.mark.skipif(not BUNDLED.exists(), reason="no stored answer beside the bundled model")
def test_the_bundled_answer_is_fresh():
    bundled = lrp_engine.load(settings.BUNDLED_MODEL)
    stored = opening.read(BUNDLED, bundled)
    assert stored is not None, "out of date: run `python -m app.models.opening`"
    compare(stored, opening.answer(bundled))
