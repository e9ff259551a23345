"""Relevance that is far larger than the score it divides carries a warning with its ratio."""

from __future__ import annotations

import numpy as np
import pytest

from lrp_engine import Epsilon
from lrp_engine.attribution import exploding
from lrp_engine.layers import LSTM, Dense
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.render.svg import svg
from lrp_engine.render.terminal import render

pytestmark = pytest.mark.usefixtures("untraced")
H = 8


@pytest.fixture(scope="module")
def wild() -> Network:
    """An LSTM whose weights between steps are so large that its relevance explodes over time."""
    rng = np.random.default_rng(0)
    lstm = LSTM(rng.normal(size=(1, 4 * H)), 4 * rng.normal(size=(H, 4 * H)), np.zeros(4 * H))
    out = Dense(rng.normal(size=(H, 3)), np.zeros(3))
    return Network(nodes=(Node("lstm", lstm), Node("out", out, ("lstm",))), dtype="float64")


def test_a_warning_says_how_many_times_the_score(wild):
    x = np.random.default_rng(0).normal(size=(5, 100, 1))
    e = wild.explain(x)
    sizes = np.abs(e.token_relevance).sum(axis=1)
    ratios = sizes / np.maximum(np.abs(e.scores).max(axis=1), 1)
    assert np.abs(e.conservation_error / sizes).max() < 1e-10  # the account closes all the same
    (warning,) = e.warnings
    count = int((ratios > exploding.MOST).sum())
    assert 0 < count < 5
    assert f"{ratios.max():,.0f} times a score of" in warning
    assert f"in {count} of 5 samples, most in sample {ratios.argmax()}" in warning
    for n, ratio in enumerate(ratios):
        assert bool(e[n].warnings) == (ratio > exploding.MOST)
        assert not e[n].warnings or f"{ratio:,.0f} times" in e[n].warnings[0]
    assert not wild.explain(x, "gradient_x_input").warnings  # it divides no score
    calm = wild.explain(x, rule=Epsilon(eps=1.0))
    assert not any("explodes" in sentence for sentence in calm.warnings)


def test_the_warning_is_in_every_picture(wild):
    e = wild.explain(np.random.default_rng(0).normal(size=(1, 100, 1)))
    (warning,) = e.warnings
    assert f"Warning: {warning}" in render(e)
    for drawn in (e.to_html(), svg({"lrp": e}), str(e.to_dict()["warnings"])):
        assert "Relevance explodes" in drawn


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_a_score_near_zero_is_no_explosion(output):
    """The sizes of all words are a thousand times the score, and a hundredth of what is usual."""
    net = Network(
        nodes=(Node("out", Dense(np.array([[3.0], [4.0]]), np.zeros(1))),),
        output="linear" if output == "linear" else "sigmoid",
        dtype="float64",
    )
    e = net.explain(np.array([[0.04, -0.03001]]), rule=Epsilon(eps=1e-9))
    assert np.abs(e.token_relevance).sum() > 1000 * abs(e.scores).max()
    assert not e.warnings
    assert net.explain(np.array([[400.0, -300.1]])).warnings
    assert exploding.least_scale(net) == (5 if output == "linear" else 1)


def test_values_that_do_not_count_warn_of_nothing():
    scores, zero = np.ones((1, 2)), np.zeros((1, 3))
    for relevance, expected in ((zero, 0), (zero + 1e5, 1)):
        made = exploding.warned(("kept",), relevance, scores, least=0.0, token_kind="word")
        assert len(made) == 1 + expected
    assert exploding.warned(made, zero, zero, least=0.0, token_kind="word") == ("kept",)
