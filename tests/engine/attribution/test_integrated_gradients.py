"""Integrated Gradients against its slow reference; how it refines, and the error it states."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lrp_engine import InputError
from lrp_engine.attribution.methods.integrated_gradients import PIECES, POINTS
from lrp_engine.attribution.targets import selection
from lrp_engine.layers import Dense, GlobalAveragePooling1D, Masking
from lrp_engine.model.text import Tokenizer
from tests import zoo
from tests.conftest import traced
from tests.reference import integrated_gradients as reference

pytestmark = pytest.mark.usefixtures("untraced")

NAME = "integrated_gradients"
EXACT = {"tolerance": 1e-11, "steps": 2000}
LENGTHS = [3, 2]
words_read = partial(zoo.averages, 3)
TEXTS = [["w2", "w5", "w3"], ["w9", "nothing", "w2", "w2", "w7"], []]


@pytest.mark.parametrize("target", [1, (1, 0)], ids=["class", "contrast"])
@pytest.mark.parametrize("name", ["lstm", "bilstm_sigmoid", "attention", "dense_softplus"])
def test_numbers_equal_the_reference(name, target):
    network = zoo.network(name, 1)
    x = zoo.inputs(network, LENGTHS, 2)
    timed = network.input_shape.time
    found = network.explain(x, NAME, target, lengths=LENGTHS if timed else None,
                            method_options=EXACT)  # fmt: skip
    chosen = selection(found.target, network.classes)
    for n, length in enumerate(LENGTHS):
        one = x[n, :length] if timed else x[n]
        expected, low = reference.of_numbers(network, one, np.zeros_like(one), chosen[n])
        np.testing.assert_allclose(found[n].relevance[0], expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found[n].checks["baseline_score"], low, rtol=0, atol=1e-12)


@pytest.mark.parametrize("baseline", ["zero", "padding", "unknown"])
def test_words_begin_at_the_baseline_and_padding_stays_where_it_is(baseline):
    network = traced(words_read(tokenizer=Tokenizer(length=4, pad=True)))
    found = network.explain(TEXTS, NAME, 1, method_options={**EXACT, "baseline": baseline})
    table = network.embedding.table
    vector = {"zero": 0 * table[0], "padding": table[0], "unknown": table[1]}[baseline]
    for n, ids in enumerate(found.ids):
        x = table[ids]
        start = np.where(found.padding[n][:, None], x, vector)
        expected, low = reference.of_numbers(network, x, start, np.eye(3)[1])
        np.testing.assert_allclose(found[n].relevance[0], expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found[n].checks["baseline_score"], low, rtol=0, atol=1e-12)
        assert not found.relevance[n][found.padding[n]].any()
    assert found.checks["relative_error"][2] == 0  # nothing but padding


def test_a_linear_network_needs_no_more_than_the_first_points():
    """A linear network has one slope: two pieces of five points, and no error."""
    network = zoo._chain(GlobalAveragePooling1D(), Dense(zoo.Draw(0)(zoo.E, 2)))
    found = network.explain(zoo.inputs(network, [3]), NAME)
    assert found.checks["steps"].tolist() == [PIECES * POINTS]
    assert found.checks["completeness_error"] == pytest.approx(0, abs=1e-12)
    assert found.warnings == ()


def steep(height=1.0):
    """A score that rises all at once, at a tenth of the way to 1."""
    layers = [Dense(np.array([[4000.0]]), np.array([-1237.0]), activation="sigmoid"),
              Dense(np.array([[height, 0.0]]))]  # fmt: skip
    return zoo._chain(*layers)


def test_it_refines_where_the_score_is_steep():
    found = steep().explain(np.array([[1.0]]), NAME, 0)
    assert found.checks["relative_error"][0] <= 0.01
    assert found.relevance[0, 0] == pytest.approx(1, abs=0.01)
    # Equal pieces would need to be as small as the rise: thousands of points.
    assert PIECES * POINTS < found.checks["steps"][0] < 300


def test_the_cap_ends_it_and_the_error_is_said():
    network = steep()
    x = np.array([[1.0], [1.0], [0.0]])
    found = network.explain(x, NAME, 0, method_options={"steps": 20})
    assert (found.checks["steps"] <= 20).all()
    assert (found.checks["relative_error"] > 0.05).tolist() == [True, True, False]
    np.testing.assert_allclose(
        found.checks["baseline_score"] + found.token_relevance.sum(axis=1)
        + found.checks["completeness_error"], found.explained_score, rtol=0, atol=1e-12,
    )  # fmt: skip
    assert len(found.warnings) == 1
    assert "by more than 5 %" in found.warnings[0]
    assert found.warnings[0].endswith("in 2 of 3 inputs.")
    assert "inputs" not in found[0].warnings[0]
    assert "by more than 5 %" in found[0].warnings[0]
    assert found[2].warnings == ()
    assert found[0].to_dict()["checks"]["relative_error"] == found.checks["relative_error"][0]


@pytest.mark.parametrize("tolerance", [0.3, 1e-3])
@pytest.mark.parametrize("name", ["dense_selu", "pooled_text_cnn", "stack"])
def test_the_error_is_below_what_was_asked_for(name, tolerance):
    network = zoo.network(name, 2)
    x = zoo.inputs(network, [3, 5, 2, 4], 1)
    lengths = [3, 5, 2, 4] if network.input_shape.time else None
    found = network.explain(x, NAME, 0, lengths=lengths,
                            method_options={"tolerance": tolerance, "steps": 2000})  # fmt: skip
    assert (found.checks["relative_error"] <= tolerance).all()


def test_steps_that_the_network_skips_by_their_value_stay_skipped():
    """On the way to zeros, steps of the value that is skipped, 0.5, would be read."""
    draw = zoo.Draw(0)
    for value in (0.5, 0.0):
        network = zoo._chain(Masking(value), draw.lstm(), Dense(draw(zoo.H, 2)))
        x = zoo.inputs(network, [4])
        rest = network.explain(x[:, [0, 2, 3]], NAME, 0, method_options=EXACT)
        x[:, 1] = value
        found = network.explain(x, NAME, 0, method_options=EXACT)
        np.testing.assert_allclose(found.relevance[:, [0, 2, 3]], rest.relevance, atol=1e-9)
        assert not found.relevance[:, 1].any()
        assert found.checks["relative_error"][0] < 1e-9


def test_many_points_are_passes_of_bounded_size(monkeypatch):
    network = words_read()
    words = [f"w{2 + n % 9}" for n in range(40)]
    expected = network.explain([words, words[:30]], NAME, 1)
    module = "lrp_engine.attribution.methods.integrated_gradients"
    monkeypatch.setattr(f"{module}.CHUNK_TOKENS", 100)
    monkeypatch.setattr(f"{module}.HELD", 1)
    found = network.explain([words, words[:30]], NAME, 1)
    np.testing.assert_allclose(found.relevance, expected.relevance, rtol=0, atol=1e-12)


@pytest.mark.parametrize("baseline", ["padding", "unknown"])
def test_baselines_that_a_network_lacks_are_refused_and_the_others_listed(baseline):
    for network in (zoo.network("lstm"), zoo.network("dense")):
        with pytest.raises(InputError, match=f"no baseline '{baseline}'.*choose from 'zero'"):
            network.explain(zoo.inputs(network, [2]), NAME, method_options={"baseline": baseline})
    network = words_read(tokenizer=Tokenizer(unknown="drop"))
    with pytest.raises(InputError, match=r"no baseline 'unknown'.*'zero', 'padding'"):
        network.explain([["w2"]], NAME, method_options={"baseline": "unknown"})
