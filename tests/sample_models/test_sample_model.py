"""Golden behaviour of the bundled model: its card's numbers, and what its explanations must say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import lrp_engine
from lrp_engine import Epsilon
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.attribution.targets import selection
from tests.reference import recurrent as reference

FOLDER = Path(__file__).resolve().parents[2] / "sample_models" / "sentiment"
METRICS = json.loads((FOLDER / "metrics.json").read_text())
DEMO = "neither funny nor suspenseful nor particularly well-drawn ."


@pytest.fixture(scope="module")
def net():
    return lrp_engine.load(FOLDER)


@pytest.fixture(scope="module")
def exact():
    return lrp_engine.load(FOLDER, dtype="float64")


@pytest.fixture(scope="module")
def examples():
    with (FOLDER / "examples.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_scores_are_those_that_training_wrote_down(net):
    golden = METRICS["golden"]
    found = net.predict([one["text"] for one in golden])
    np.testing.assert_allclose(found, [one["logits"] for one in golden], atol=2e-4)
    assert list(net.labels) == METRICS["labels"]


def test_examples_are_real_and_hold_every_class_and_mistakes(net, examples):
    labels = [one["label"] for one in examples]
    assert set(labels) == set(net.labels)
    predicted = [net.labels[c] for c in net.predict([e["text"] for e in examples]).argmax(axis=1)]
    right = np.mean([a == b for a, b in zip(labels, predicted, strict=True)])
    assert 0.3 < right < 0.8
    for one in examples:  # the label is the rating's side of the cuts, ends to the outer class
        rating = float(one["rating"])
        low, high = METRICS["cuts"][:2], METRICS["cuts"][2:]
        expected = sum(rating > cut for cut in low) + sum(rating >= cut for cut in high)
        assert net.labels[expected] == one["label"]


def test_the_demo_sentence_says_what_a_reader_would(net):
    found = net.explain([DEMO])
    words = dict(zip(found.tokens[0], found.token_relevance[0], strict=True))
    assert net.labels[found.predicted[0]] == "negative"
    assert words["neither"] > 0.5
    assert words["nor"] > 0.5
    assert words["funny"] < -0.5
    assert words["suspenseful"] < -0.5
    assert not found.unknown.any()


def test_the_demo_sentence_equals_the_slow_version(exact):
    ids = exact.vocabulary.ids(exact.tokenizer(DEMO))
    x = np.asarray(exact.embedding.table)[ids]
    for rule in (Epsilon(), Epsilon(eps=0.01, bias_factor=1.0)):
        found = exact.explain([DEMO], rule=rule)
        chosen = selection(found.target, 5)[0]
        slow = reference.relevance(exact, x, chosen, rule)
        np.testing.assert_allclose(found.scores[0], slow.scores, atol=1e-12)
        np.testing.assert_allclose(found.relevance[0], slow.relevance, atol=1e-9)


def test_all_examples_close_their_ledgers_in_both_precisions(net, exact, examples):
    texts = [one["text"] for one in examples]
    for network, tolerance in ((net, 1e-4), (exact, 1e-10)):
        for rule in (Epsilon(), Epsilon(bias_factor=1.0)):
            found = network.explain(texts, rule=rule)
            size = np.abs(found.token_relevance).sum(axis=1) + np.abs(found.explained_score)
            assert (np.abs(found.conservation_error) <= tolerance * size).all()


def test_one_call_equals_one_by_one(net, examples):
    texts = [one["text"] for one in examples[:12]]
    together = net.explain_all(texts)
    for method in LIVE_METHODS:
        for n, text in enumerate(texts):
            alone = net.explain([text], method=method)
            one = together[method][n]
            assert one.tokens == alone.tokens
            scale = np.abs(alone.relevance).max()
            np.testing.assert_allclose(one.relevance, alone.relevance, atol=2e-4 * scale)
