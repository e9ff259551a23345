"""Central differences: kinks at any distance are told from slopes, and no wrong slope is hidden."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lrp_engine.layers import Conv1D, Dense, GlobalMaxPooling1D
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.proof import checks
from lrp_engine.proof.differences import STEPS, central
from lrp_engine.proof.probes import probes
from lrp_engine.proof.sheet import FAIL, PASS
from lrp_engine.propagation.program import Program
from tests.zoo import Draw, network

ALLOWED = 1e-5


def smooth(x: np.ndarray) -> np.ndarray:
    """Of (m, 3): every coordinate bent, none by a corner."""
    return np.tanh(x[:, 0]) * np.sin(x[:, 1]) + np.exp(x[:, 2]) * x[:, 0]


def test_smooth_slopes_are_those_of_calculus():
    x = np.array([0.3, -0.7, 0.2])
    expected = [
        np.sin(x[1]) / np.cosh(x[0]) ** 2 + np.exp(x[2]),
        np.tanh(x[0]) * np.cos(x[1]),
        np.exp(x[2]) * x[0],
    ]
    np.testing.assert_allclose(central(smooth, x, np.arange(3), ALLOWED), expected, rtol=1e-7)


@pytest.mark.parametrize("jump", [1e-7, 3e-5, 1e-3, 1.0, 1e4])
def test_a_corner_anywhere_within_the_step_is_seen_or_harmless(jump):
    """Every distance of a corner, the worst one for the bound (2/7 of the step) included."""
    distances = np.array([0, 1e-3, *np.linspace(0.01, 1.2, 120), 2 / 7, 1 / 3, 0.5]) * STEPS[0]

    def bent(x: np.ndarray) -> np.ndarray:
        return smooth(x) + jump * np.maximum(x[:, 0] - corner, 0)

    for side in (1, -1):
        slopes = []
        for distance in distances:
            corner = side * distance  # of x = 0, where the smooth part has slope 1 + sin(0.5)
            (slope,) = central(bent, np.array([0, 0.5, 0]), np.array([0]), ALLOWED)
            slopes.append(slope - (jump if side < 0 else 0))
        off = np.abs(np.array(slopes) - (1 + np.sin(0.5)))
        assert (off[~np.isnan(slopes)] <= ALLOWED).all()
        far = distances > STEPS[0]
        assert not np.isnan(slopes)[far].any()
        if jump > 1e-3:
            assert np.isnan(slopes[0])  # a corner in the point itself has no slope
            # Beyond the shorter step that one finds the slope.
            assert np.isnan(slopes).sum() < 15


def text_cnn(seed: int) -> Network:
    draw = Draw(seed)
    return Network(
        nodes=(
            Node("conv", Conv1D(0.1 * draw(3, 6, 24), 0 * draw(24), activation="relu"), ("input",)),
            Node("max", GlobalMaxPooling1D(), ("conv",)),
            Node("out", Dense(draw(24, 2), draw(2)), ("max",)),
        ),
        dtype="float64",
    )


def test_the_gradient_of_a_text_cnn_is_checked_past_its_kinks():
    """Convolution, ReLU and the largest over time: small inputs lie close to many kinks."""
    kinks = 0
    exact = Program(text_cnn(0), traced=False)
    for seed in range(12):
        samples = probes(exact.network, seed=seed)
        shrunk = [_shrunk(probe, 3e-4) for probe in samples]
        line = checks.gradient(exact, shrunk, seed=seed)
        kinks += "at a kink" in line.detail
        assert line.verdict == PASS, line
        assert line.error < checks.GRADIENT_TOLERANCE
    assert kinks  # these inputs are what this test is about


def _shrunk(probe, factor):
    """The probe's numbers times a factor."""
    chunks = [(chunk, factor * x, steps) for chunk, x, steps in probe.arrays()]
    return SimpleNamespace(arrays=lambda: iter(chunks), name=probe.name, samples=probe.samples)


@pytest.mark.parametrize("name", ["bilstm_sigmoid", "dense"])
def test_a_wrong_gradient_still_fails(name, monkeypatch):
    """What is excluded depends on the scores alone, never on the derivative that is tested."""
    exact = Program(network(name), traced=False)
    tried = probes(exact.network)
    assert checks.gradient(exact, tried).verdict == PASS
    right = checks.derived

    def wrong(*arguments):
        found = right(*arguments)
        return replace(found, message=found.message * (1 + 1e-4))

    monkeypatch.setattr(checks, "derived", wrong)
    assert checks.gradient(exact, tried).verdict == FAIL
