"""What is measured for the page Trust: which texts, under which key, how it is kept and said."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from app import settings
from app.figures import trust_charts
from app.models.model import Example, Model
from app.trust import measuring
from app.trust.evaluations import Evaluations, Measuring
from app.trust.plan import Plan
from app.trust.results import Results
from app.trust.shown import RANDOM_CALLED, shown
from app.trust.texts import drawn
from app.work.job import ACTIVE, DONE, FAILED, STOPPED
from app.work.workers import Workers
from lrp_engine import Epsilon, Gamma, InputError
from lrp_engine.render.palettes import NEUTRAL
from tests.app.tiny import WORDS

RNG = np.random.default_rng(3)
TEXTS = tuple(" ".join(RNG.choice(WORDS[1:], 6)) for _ in range(24))
METHODS = ("lrp", "sensitivity", "occlusion")


@pytest.fixture(scope="module")
def model(network) -> Model:
    labels = network.predict(list(TEXTS)).argmax(axis=1).tolist()
    examples = tuple(Example(text, int(label)) for text, label in zip(TEXTS, labels, strict=True))
    return Model(network.hash, "Tiny", network, examples)


@pytest.fixture(scope="module")
def plan(model) -> Plan:
    texts = drawn("examples of Tiny", TEXTS, [e.label for e in model.examples], count=20,
                  length=lambda text: len(text.split()), longest=9, most_words=1000)  # fmt: skip
    return Plan.of(model, texts, METHODS, [Epsilon(), Gamma()])


def workers(**changes) -> Workers:
    return Workers(**{"running": 1, "waiting": 2, "share": 2, "seconds": 60.0} | changes)


def until(condition, seconds: float = 240.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)  # between two looks at another thread


def ended(job):
    until(lambda: job.state not in ACTIVE)
    return job


@pytest.fixture(scope="module")
def kept(plan, model, tmp_path_factory) -> Results:
    there = Evaluations(workers(), Results(tmp_path_factory.mktemp("measured")))
    job = ended(there.start(plan, model, owner="somebody"))
    assert (job.state, job.problem, job.done) == (DONE, "", 40)
    return there.results


def test_texts_are_drawn_within_limits_and_always_the_same():
    texts = ["a b", "", "c", "d e f g", "h", "i j"]
    labels = [0, 1, None, 1, 0, 1]

    def draw(**changes):
        asked = {"count": 9, "longest": 3, "most_words": 99} | changes
        return drawn("x", texts, labels, length=lambda text: len(text.split()), **asked)

    assert draw().texts == ("a b", "c", "h", "i j")  # neither empty nor too long
    assert draw().labels == (0, None, 0, 1)
    assert (draw().found, draw().long, draw().labelled) == (6, 1, 3)
    assert len(draw(count=2).texts) == 2
    assert draw(count=2) == draw(count=2)
    few = draw(most_words=3)
    assert sum(len(text.split()) for text in few.texts) == 3
    assert few.most_words
    assert not draw().most_words


def test_the_key_is_of_everything_that_decides_the_numbers(plan):
    others = [
        replace(plan, model_hash="other"), replace(plan, methods=("lrp",)),
        replace(plan, rules=(Epsilon(eps=0.1),)), replace(plan, checked=False),
        replace(plan, target=1), replace(plan, texts=replace(plan.texts, texts=TEXTS[:20])),
        replace(plan, texts=replace(plan.texts, labels=(None,) * 20)),
    ]  # fmt: skip
    assert len({plan.key, *(one.key for one in others)}) == 1 + len(others)
    assert replace(plan, model_name="another name").key == plan.key
    assert plan.explainers == 4


def test_what_is_kept_is_what_the_engine_says_and_holds_no_text(plan, model, kept):
    found = kept.find(plan.key)
    assert found is not None
    network = model.network
    expected = lrp_engine.evaluate(
        network, list(plan.texts.texts), plan.texts.labels, METHODS, [Epsilon(), Gamma()]
    )
    assert found.evaluation.sentence == expected.sentence
    for measure in expected.measures:
        np.testing.assert_allclose(
            found.evaluation.values[measure], expected.values[measure], atol=1e-6, equal_nan=True
        )
    assert dict(found.evaluation.left_out) == dict(expected.left_out)
    assert found.check.measures == ("randomized_signed", "randomized_absolute")
    assert {one.method for one in found.check.explainers} == {"lrp", "sensitivity", "random"}
    assert not [key for key in network.compiled if str(key).startswith("random weights")]
    (path,) = kept.folder.iterdir()
    data = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0 or kept.folder.stat().st_mode & 0o077 == 0
    assert not any(text.encode() in data for text in TEXTS)


def test_a_damaged_or_foreign_key_is_no_result(plan, kept, tmp_path):
    data = (kept.folder / f"{plan.key}.measured").read_bytes()
    there = Results(tmp_path)
    path = tmp_path / f"{plan.key}.measured"
    path.write_bytes(data)
    assert there.find(plan.key) is not None
    for at in (3, 200, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert there.find(plan.key) is None
    for key in ("", "../x", plan.key[:-1], f"../{tmp_path.name}/{plan.key}"):
        assert there.find(key) is None
        assert not there.has(key)


def test_results_on_disk_are_bounded_and_the_one_unread_for_longest_goes(
    plan, kept, tmp_path, monkeypatch
):
    result, there = kept.find(plan.key), Results(tmp_path)
    monkeypatch.setattr(settings, "TRUST_KEPT", 2)
    first, second, third = ("0" * 32, "1" * 32, "2" * 32)
    for at, key in enumerate((first, second)):  # of clocks that tick in milliseconds, too
        there.keep(key, result)
        os.utime(there._path(key), (at, at))
    assert there.find(first) is not None  # read: it stays
    there.keep(third, result)
    assert [there.has(key) for key in (first, second, third)] == [True, False, True]
    monkeypatch.setattr(settings, "TRUST_KEPT_MEGABYTES", 1e-6)
    there.keep(second, result)
    assert [there.has(key) for key in (first, second, third)] == [False, True, False]


def test_the_page_is_told_what_is_best_what_ties_and_why_some_is_missing(plan, kept):
    said = shown(kept.find(plan.key))
    assert said.sentence.startswith("For this model and these 20 texts, ")
    names = [name for name, _, _ in said.table.rows]
    assert names[-1] == "random order"
    assert len(names) == plan.explainers + 1
    titles = [title for _, title, _ in said.table.rows]
    assert titles[-2:] == ["Occlusion", ""]
    for at in range(len(said.table.columns)):
        marks = [cells[at].mark for _, _, cells in said.table.rows if cells[at] is not None]
        assert sum(mark.startswith("best") for mark in marks) == 1
    assert {"deletion", "insertion"} <= set(said.curves)
    assert set(said.curves["deletion"].points["explainer"]) == set(names)
    missing = dict(said.left_out)
    assert any("takes long" in why for why in missing.values())
    assert not any("Random weights" in titles for titles in missing)
    assert "when all weights are random" in said.check
    assert len(said.check_curves) == 2
    assert "20 of 24 texts, drawn at random" in said.facts
    assert not said.doubts


def test_what_a_total_is_made_of_is_said(plan):
    said = "40 are 20 texts, and 20 of them once more with random weights."
    assert Measuring(plan).made_of == said
    assert Measuring(plan).total == 40
    assert Measuring(replace(plan, checked=False)).made_of == ""


def test_few_texts_and_short_ones_are_said(model, tmp_path):
    texts = drawn("x", ["good film", "bad"], [None, None], count=9, length=lambda text: 2,
                  longest=9, most_words=99)  # fmt: skip
    plan = Plan.of(model, texts, ("lrp",), [Epsilon()], checked=False)
    there = Evaluations(workers(), Results(tmp_path))
    assert ended(there.start(plan, model, owner="")).problem == ""
    said = shown(there.results.find(plan.key))
    assert "These are 2 texts: too few" in said.doubts[0]
    assert "No text is long enough" in said.doubts[1]
    assert said.sentence.startswith("Nothing was measured")
    assert "It needs the true classes of the texts." in dict(map(reversed, said.left_out))


def test_it_is_cancelled_between_two_steps_and_keeps_nothing(plan, model, tmp_path, monkeypatch):
    there = Evaluations(workers(), Results(tmp_path / "none"))
    monkeypatch.setattr(settings, "TRUST_STEP", 1)
    job = there.start(plan, model, owner="me")
    assert there.start(plan, model, owner="somebody else") is job  # not twice at the same time
    until(lambda: job.done > 0)
    there.workers.stop(plan.key)
    assert ended(job).state == STOPPED
    assert 0 < job.done < job.total
    assert not there.results.has(plan.key)


def test_it_has_its_time_and_a_session_its_share(plan, model, tmp_path):
    there = Evaluations(workers(seconds=0.0, share=1), Results(tmp_path / "none"))
    job = ended(there.start(plan, model, owner="me"))
    assert job.state == FAILED
    assert "Measuring has taken" in job.problem
    assert "nothing of it is kept" in job.problem
    slow = Evaluations(workers(share=1), Results(tmp_path / "none"))
    first = slow.start(plan, model, owner="me")
    with pytest.raises(InputError, match="one visitor's share"):
        slow.start(replace(plan, checked=False), model, owner="me")
    slow.workers.stop(plan.key)
    ended(first)


def test_memory_is_bounded_by_classes_and_by_the_copies_with_random_weights(
    plan, model, monkeypatch
):
    steps = measuring._group(plan, model.network)
    assert steps == settings.TRUST_STEP
    each = plan.explainers * measuring.VARIANTS * model.network.classes * measuring.NUMBER
    monkeypatch.setattr(settings, "TRUST_MEGABYTES", 2.5 * each / 2**20)
    assert measuring._group(plan, model.network) == 2
    monkeypatch.setattr(settings, "TRUST_MEGABYTES", 0.5 * each / 2**20)
    with pytest.raises(InputError, match=r"3 classes.*Choose fewer methods"):
        measuring._group(plan, model.network)
    monkeypatch.setattr(settings, "TRUST_MEGABYTES", 0.001)
    with pytest.raises(InputError, match="networks with random weights would take"):
        measuring._require_room(model.network)


def test_curves_have_a_colour_and_dashes_each_and_random_orders_are_grey(plan, kept):
    curve = shown(kept.find(plan.key)).curves["deletion"]

    def layers(points):
        chart = trust_charts.curve(points, title=curve.title, axis=curve.axis, value="mean",
                                   random=RANDOM_CALLED, named=curve.named)  # fmt: skip
        return chart.to_dict()["layer"]

    band, line = layers(curve.points)
    assert (band["mark"]["type"], line["mark"]["type"]) == ("area", "line")
    names = line["encoding"]["color"]["scale"]["domain"]
    colours = line["encoding"]["color"]["scale"]["range"]
    dashes = line["encoding"]["strokeDash"]["scale"]["range"]
    assert len(names) == plan.explainers + 1
    assert colours[names.index(RANDOM_CALLED)] == NEUTRAL
    assert len({(c, *d) for c, d in zip(colours, dashes, strict=True)}) == len(names)
    assert line["encoding"]["x"]["axis"]["tickMinStep"] == 0.1
    counted = curve.points.assign(point=(10 * curve.points["point"]).round().astype(int))
    assert layers(counted)[1]["encoding"]["x"]["axis"]["tickMinStep"] == 1
