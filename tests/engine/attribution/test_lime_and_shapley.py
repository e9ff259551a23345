"""LIME and Shapley values against slow references, on the same masks and orders of words."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lrp_engine import InputError
from lrp_engine.attribution.methods import METHODS, lime, shapley
from lrp_engine.attribution.targets import selection
from lrp_engine.layers import Dense
from lrp_engine.model.text import Tokenizer
from lrp_engine.propagation.program import Program
from tests import zoo
from tests.reference import lime as lime_reference
from tests.reference import shapley as shapley_reference
from tests.reference.occlusion import score_of_masks
from tests.reference.recurrent import scores

pytestmark = pytest.mark.usefixtures("untraced")

TEXTS = [["w2", "w5", "w3"], ["w4", "w4"], ["w9", "nothing", "w2", "w2", "w7"], []]
LONG = [f"w{2 + n % 9}" for n in range(12)]
PIPELINES = [Tokenizer(), Tokenizer(length=4, pad=True)]
words_read = partial(zoo.words_read, 3)
over_pipelines = pytest.mark.parametrize("tokenizer", PIPELINES, ids=["as they are", "padded"])
over_removals = pytest.mark.parametrize("removal", ["drop", "zero", "unknown"])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@over_removals
@over_pipelines
def test_lime_equals_the_reference(tokenizer, removal):
    network = words_read(tokenizer=tokenizer)
    options = {"samples": 40, "width": 0.4, "ridge": 0.5, "removal": removal, "seed": 7}
    found = network.explain(TEXTS, "lime", (2, 0), method_options=options)
    chosen = selection(found.target, network.classes)
    for n, words in enumerate(TEXTS):
        count = min(len(words), tokenizer.length or len(words))
        assert not found.token_relevance[n, count:].any()
        if not count:
            continue
        score = score_of_masks(network, words, chosen[n], removal)
        masks = lime.drawn(count, options)
        weights, r2 = lime_reference.of_masks(score, masks, width=0.4, ridge=0.5)
        close(found.token_relevance[n, :count], weights)
        close(found.checks["r2"][n], r2)


def test_what_lime_draws():
    """The input first; then each number of words left out, and each word, equally often."""
    options = METHODS["lime"].options_with({"samples": 20_001})
    masks = lime.drawn(5, options)
    assert masks.shape == (20_001, 5)
    assert masks[0].all()
    left_out = (~masks[1:]).sum(axis=1)
    assert set(left_out) == {1, 2, 3, 4, 5}
    np.testing.assert_allclose(np.bincount(left_out)[1:], 4000, rtol=0.06)
    np.testing.assert_allclose((~masks[1:]).mean(axis=0), 0.6, atol=0.02)  # mean of 1..5, of 5
    np.testing.assert_array_equal(masks, lime.drawn(5, options))
    assert (masks != lime.drawn(5, {**options, "seed": 1})).any()


def test_texts_that_differ_in_their_target_alone_are_computed_once(monkeypatch):
    network, rows = words_read(), []
    forward = Program.scores

    def counted(program, x, steps):
        rows.append(len(x))
        return forward(program, x, steps)

    options = {"samples": 40}
    alone = [network.explain([TEXTS[2]], "lime", target, method_options=options).token_relevance
             for target in (0, 2)]  # fmt: skip
    monkeypatch.setattr(Program, "scores", counted)
    network.explain([TEXTS[2]], "lime", 0, method_options=options)
    once = sum(rows) - 1  # besides the text itself
    rows.clear()
    both = network.explain([TEXTS[2], TEXTS[2]], "lime", [0, 2], method_options=options)
    close(both.token_relevance, np.concatenate(alone))
    assert sum(rows) - 2 == once > 10


def test_lime_says_where_its_model_does_not_fit():
    """A score that is high with one or two of four features: no linear model is near it."""
    network = zoo._chain(
        Dense(np.full((4, 2), 40.0), np.array([-20.0, -100.0]), activation="sigmoid"),
        Dense(np.array([[1.0, 0.0], [-1.0, 0.0]])),
    )
    found = network.explain(np.array([[1.0, 1, 1, 1], [1, 0, 0, 0]]), "lime", 0,
                            method_options={"width": 100})  # fmt: skip
    assert (found.checks["r2"] < 0.5).tolist() == [True, False]
    assert "less than half" in found.warnings[0]
    assert found[1].warnings == ()


@over_removals
@over_pipelines
def test_few_words_have_exact_shapley_values(tokenizer, removal):
    network = words_read(tokenizer=tokenizer)
    found = network.explain(TEXTS, "shapley", (2, 0), method_options={"removal": removal})
    chosen = selection(found.target, network.classes)
    for n, words in enumerate(TEXTS):
        count = min(len(words), tokenizer.length or len(words))
        score = score_of_masks(network, words, chosen[n], removal)
        assert not found.token_relevance[n, count:].any()
        if count:
            close(found.token_relevance[n, :count], shapley_reference.exact(score, count))
            close(found.checks["baseline_score"][n], score([False] * count))
    close(found.checks["completeness_error"], 0)
    assert not found.standard_error.any()
    assert not found.checks["permutations"].any()


@pytest.mark.parametrize("name", ["lstm", "dense"])
def test_steps_and_features_have_shapley_values(name):
    network = zoo.network(name, 1)
    x = zoo.inputs(network, [4])
    found = network.explain(x, "shapley", 0)
    one, count = x[0], len(found.tokens[0])

    def score(mask):
        rest = one[np.array(mask)] if one.ndim == 2 else one * np.array(mask)
        return float(scores(network, rest)[0])

    close(found.token_relevance[0], shapley_reference.exact(score, count))


@over_removals
def test_many_words_are_sampled(removal):
    network = words_read()
    options = {"permutations": 6, "removal": removal, "seed": 3}
    found = network.explain([LONG, TEXTS[0]], "shapley", 1, method_options=options)
    orders = np.concatenate(list(shapley.drawn(len(LONG), options)))
    score = score_of_masks(network, LONG, np.eye(3)[1], removal)
    mean, error = shapley_reference.sampled(score, orders.tolist())
    close(found.token_relevance[0], mean)
    close(found.standard_error[0], error)
    assert found.checks["permutations"].tolist() == [6, 0]
    close(found.checks["completeness_error"], 0)  # every order adds up by itself
    close(found.to_frame()["standard_error"], [*error, 0, 0, 0])
    assert found[0].to_dict()["standard_error"] == found.standard_error[0].tolist()


def test_what_shapley_draws(monkeypatch):
    options = METHODS["shapley"].options_with({"permutations": 3000})
    orders = np.concatenate(list(shapley.drawn(12, options)))
    assert (np.sort(orders, axis=1) == np.arange(12)).all()
    np.testing.assert_array_equal(orders[::2], orders[1::2, ::-1])
    np.testing.assert_allclose(np.bincount(orders[::2, 0], minlength=12), 125, atol=45)
    monkeypatch.setattr(shapley, "MASKS", 1)
    in_parts = list(shapley.drawn(12, options))
    assert len(in_parts) == 1500
    np.testing.assert_array_equal(np.concatenate(in_parts), orders)


def test_standard_errors_are_honest():
    """Exact values lie within two standard errors of most estimates, for a text just too long."""
    network, words = words_read(), [*LONG[:11]]
    sampled = network.explain([words], "shapley", 1, method_options={"permutations": 40})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapley, "EXACT", 11)
        exact = network.explain([words], "shapley", 1)
    assert (sampled.standard_error > 0).all()
    away = np.abs(sampled.token_relevance - exact.token_relevance) / sampled.standard_error
    assert np.median(away) < 1.5
    assert away.max() < 4


@pytest.mark.parametrize("method", ["occlusion", "lime", "shapley"])
def test_only_words_become_unknown_and_the_ways_are_listed(method):
    for network in (zoo.network("lstm"), zoo.network("dense")):
        with pytest.raises(InputError, match="choose from 'drop', 'zero'"):
            network.explain(zoo.inputs(network, [2]), method, method_options={"removal": "unknown"})
