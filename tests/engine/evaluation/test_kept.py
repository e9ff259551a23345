"""An evaluation that was stopped goes on with what its folder keeps."""

from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest

from lrp_engine import Epsilon, Gamma, InputError, evaluate, sealed
from lrp_engine.corpora.manifest import MANIFEST
from lrp_engine.errors import CancelledError
from lrp_engine.evaluation import kept, where, window
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
    assert len(list(tmp_path.glob("measured-*"))) == 2  # what was said to be done is kept

    measured.clear()
    found = evaluate(network, texts, labels, **ASKED, keep=str(tmp_path))
    assert measured == [2]
    same(found, whole)

    measured.clear()
    steps.clear()
    found = evaluate(network, iter(texts), labels, **ASKED, keep=tmp_path, progress=progress)
    assert (measured, steps) == ([], [(4, None), (8, None), (12, None)])
    same(found, whole)

    with pytest.raises(CancelledError):  # also where nothing is left to measure
        evaluate(network, texts, labels, **ASKED, keep=tmp_path, cancel=stop)


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


def test_rules_in_another_order_are_not_mixed_up(network, texts, tmp_path):
    one, other = {"a": Epsilon(), "b": Gamma()}, {"b": Gamma(), "a": Epsilon()}
    asked = {"methods": ["lrp"], "measures": ["comprehensiveness"], "keep": tmp_path}
    first, second = (evaluate(network, texts, rules=rules, **asked) for rules in (one, other))
    assert [e.rule for e in second.explainers[:2]] == ["b", "a"]
    np.testing.assert_array_equal(
        second.values["comprehensiveness"][:, [1, 0]], first.values["comprehensiveness"][:, :2]
    )


def test_kept_windows_count_as_done(network, texts, labels, measured, tmp_path):
    evaluate(network, texts, labels, **ASKED, keep=tmp_path)
    steps = []
    evaluate(network, [texts[0][::-1], *texts[1:]], labels, **ASKED, keep=tmp_path,
             progress=lambda done, total: steps.append(done))  # fmt: skip
    assert steps == [4, 8, 12]


def packed(name, **arrays):
    """A file as somebody would write it who knows how."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return sealed._digest(name, file.getvalue()) + file.getvalue()


GOOD = {"counts": np.array([0, 4, 0]), "values.sparsity": np.zeros((4, 2, 1)),
        "places.sparsity": np.arange(4)}  # fmt: skip


@pytest.mark.parametrize("change", [
    {"counts": np.array([0, 9, 0])}, {"counts": np.array([1, 4, 0])}, {"counts": np.zeros(2)},
    {"counts": np.array([0, 4, 5])}, {"counts": np.array([None])}, {"values.other": np.zeros(1)},
    {"values.sparsity": np.zeros((4, 3, 1))}, {"places.sparsity": np.arange(4.0)},
    {"values.sparsity": np.zeros((4, 2, 1), "U1")},
])  # fmt: skip
def test_a_file_that_cannot_be_of_the_window_is_measured_again(
    network, texts, measured, tmp_path, change
):
    asked = {"methods": ["lrp"], "measures": ["sparsity"], "keep": tmp_path}
    expected = evaluate(network, texts[:4], **asked)
    (file,) = tmp_path.glob("measured-*")
    file.write_bytes(packed(file.name, **GOOD))
    measured.clear()
    assert not evaluate(network, texts[:4], **asked).values["sparsity"].any()
    assert measured == []  # so far it is as good as our own
    file.write_bytes(packed(file.name, **{**GOOD, **change}))
    same(evaluate(network, texts[:4], **asked), expected)
    assert measured == [0]


def test_a_window_is_not_another_ones(network, texts, labels, whole, measured, tmp_path):
    evaluate(network, texts, labels, **ASKED, keep=tmp_path)
    one, other, _ = tmp_path.glob("measured-*")
    one.write_bytes(other.read_bytes())
    other.unlink()
    other.mkdir()  # and what is no file is not read
    measured.clear()
    with pytest.raises(InputError, match="Cannot write to"):
        evaluate(network, texts, labels, **ASKED, keep=tmp_path)
    other.rmdir()
    same(evaluate(network, texts, labels, **ASKED, keep=tmp_path), whole)


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
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / MANIFEST).write_text("{}")
    with pytest.raises(InputError, match=r"holds '_manifest.json', which is of something else"):
        evaluate(network, texts, **ASKED, keep=corpus)
    for keep in ("", 5, b"folder"):
        with pytest.raises(InputError, match=r"keep is .*, expected a folder, by path or URL"):
            evaluate(network, texts, **ASKED, keep=keep)


def test_one_at_a_time(network, texts, tmp_path):
    with (
        kept.kept_folder(tmp_path).locked(),
        pytest.raises(InputError, match="Another run is writing into"),
    ):
        evaluate(network, texts, **{**ASKED, "seed": np.int64(2)}, keep=tmp_path)
    evaluate(network, texts, **{**ASKED, "seed": np.int64(2)}, keep=tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_place_of_the_lock_is_refused(network, texts, tmp_path):
    os.mkfifo(tmp_path / "_lock")
    with pytest.raises(InputError, match=r"'_lock' in .* is no file; remove it"):
        evaluate(network, texts, **ASKED, keep=tmp_path)
