"""An evaluation that was stopped goes on with what its folder keeps."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from lrp_engine import InputError, evaluate
from lrp_engine.errors import CancelledError
from lrp_engine.evaluation import where, window
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced", "small_windows")

ASKED = {"methods": ["lrp"], "measures": ["comprehensiveness", "sparsity"], "seed": 2}


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(window, "TEXTS", 4)


@pytest.fixture
def measured(monkeypatch):
    """Indices of the windows that are measured."""
    indices, real = [], where.measuring

    def counted(network, one, *arguments, **options):
        indices.append(one.index)
        return real(network, one, *arguments, **options)

    monkeypatch.setattr(where, "measuring", counted)
    return indices


@pytest.fixture
def whole(network, texts, labels):
    return evaluate(network, texts, labels, **ASKED)


def same(found, expected):
    assert found.texts == expected.texts
    assert found.unexplained == expected.unexplained
    assert dict(found.settings) == dict(expected.settings)
    for measure in expected.measures:
        np.testing.assert_array_equal(found.values[measure], expected.values[measure])
        np.testing.assert_array_equal(found.places[measure], expected.places[measure])


def test_it_goes_on_where_it_was_stopped(network, texts, labels, whole, measured, tmp_path):
    stop, steps = threading.Event(), []

    def progress(done, total):
        steps.append((done, total))
        if done == 8:
            stop.set()

    with pytest.raises(CancelledError):
        evaluate(network, texts, labels, **ASKED, keep=tmp_path, progress=progress, cancel=stop)
    assert steps == [(4, 12), (8, 12)]
    first = len(list(tmp_path.iterdir()))
    assert first in (1, 2)  # the second window was measured, and may not have been kept yet

    measured.clear()
    found = evaluate(network, texts, labels, **ASKED, keep=str(tmp_path))
    assert measured == list(range(3))[first:]
    same(found, whole)

    measured.clear()
    steps.clear()
    found = evaluate(network, iter(texts), labels, **ASKED, keep=tmp_path, progress=progress)
    assert (measured, steps) == ([], [(12, None)])
    same(found, whole)


def test_only_what_is_the_same_is_taken(network, texts, labels, whole, measured, tmp_path):
    evaluate(network, texts, labels, **ASKED, keep=tmp_path)
    measured.clear()
    other = [*texts[:5], texts[5][::-1], *texts[6:]]
    found = evaluate(network, other, labels, **ASKED, keep=tmp_path)
    assert measured == [1]  # the window of the text that was changed
    same(found, evaluate(network, other, labels, **ASKED))

    for change in ({"seed": 3}, {"removal": "zero"}, {"methods": ["gradient_x_input"]},
                   {"measures": ["sparsity"]}, {"step": 2}, {"target": 1}):  # fmt: skip
        measured.clear()
        evaluate(network, texts, labels, **{**ASKED, **change}, keep=tmp_path)
        assert measured == [0, 1, 2], change
    measured.clear()
    evaluate(network, texts, [None, *labels[1:]], **ASKED, keep=tmp_path)
    assert measured == [0]
    measured.clear()
    same(evaluate(network, texts, labels, **ASKED, keep=tmp_path), whole)
    assert measured == []


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda _: b"", lambda d: b"g" + d[1:]])
def test_what_is_damaged_is_measured_again(
    network, texts, labels, whole, measured, tmp_path, damage
):
    evaluate(network, texts, labels, **ASKED, keep=tmp_path)
    file = min(tmp_path.glob("measured-*"))
    good = file.read_bytes()
    file.write_bytes(damage(good))
    measured.clear()
    same(evaluate(network, texts, labels, **ASKED, keep=tmp_path), whole)
    assert len(measured) == 1
    measured.clear()
    same(evaluate(network, texts, labels, **ASKED, keep=tmp_path), whole)
    assert measured == []


def test_arrays_and_right_relevances_are_kept_too(measured, tmp_path):
    network = zoo.network("lstm")
    x = zoo.inputs(network, [5, 6, 7, 4, 3], 1)
    answers = [np.arange(n, dtype=float) for n in (5, 6, 7, 4, 3)]
    asked = {"methods": ["lrp"], "measures": ["marked_share"], "lengths": [5, 6, 7, 4, 3]}
    expected = evaluate(network, x, answers=answers, **asked, keep=tmp_path)
    measured.clear()
    same(evaluate(network, x, answers=answers, **asked, keep=tmp_path), expected)
    assert measured == []
    answers[4][0] = 9.0
    evaluate(network, x, answers=answers, **asked, keep=tmp_path)
    assert measured == [1]


def test_no_other_file_is_touched(network, texts, tmp_path):
    other = tmp_path / "thesis.txt"
    other.write_text("mine")
    with pytest.raises(InputError, match=r"holds 'thesis.txt', which is of something else"):
        evaluate(network, texts, **ASKED, keep=tmp_path)
    with pytest.raises(InputError, match="is a file; give a folder"):
        evaluate(network, texts, **ASKED, keep=other)
    assert other.read_text() == "mine"
