"""Integrated Gradients and occlusion equal captum's on the same network; needs torch and captum.

`pip install torch captum` into an environment of its own, with this project's packages beside them.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import lrp_engine

torch = pytest.importorskip("torch")
captum = pytest.importorskip("captum.attr")

E, H, C = 5, 6, 3
LENGTHS = (7, 4)


class Classifier(torch.nn.Module):
    """A bidirectional LSTM, its last states, and class scores."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(E, H, batch_first=True, bidirectional=True)
        self.fc = torch.nn.Linear(2 * H, C)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.fc(torch.cat([h[0], h[1]], dim=-1))


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A network of torch, and the same read from its file."""
    torch.manual_seed(3)
    module = Classifier().double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(3)  # far from linear
    path = tmp_path_factory.mktemp("torch") / "model.pt"
    torch.save(module.state_dict(), path)
    return module, lrp_engine.load(str(path), dtype="float64")


@pytest.mark.parametrize("length", LENGTHS)
def test_integrated_gradients_equal_captums(both, length):
    module, network = both
    x = np.random.default_rng(length).normal(size=(2, length, E))
    np.testing.assert_allclose(network.predict(x), module(torch.tensor(x)).detach(), atol=1e-10)
    ours = network.explain(x, "integrated_gradients", 1, method_options={"tolerance": 1e-8})
    theirs = captum.IntegratedGradients(module).attribute(
        torch.tensor(x), target=1, n_steps=200, method="gausslegendre"
    )
    difference = np.abs(ours.relevance - theirs.numpy()).max()
    print(f"integrated gradients: {difference:.1e} of {np.abs(ours.relevance).max():.2f}")
    assert difference < 1e-5


@pytest.mark.parametrize("length", LENGTHS)
def test_occlusion_equals_captums(both, length):
    """Captum sets a window of all units of a step to zero, and gives each unit the difference."""
    module, network = both
    x = np.random.default_rng(length).normal(size=(2, length, E))
    ours = network.explain(x, "occlusion", 1, method_options={"removal": "zero"})
    theirs = captum.Occlusion(module).attribute(
        torch.tensor(x), target=1, sliding_window_shapes=(1, E)
    )
    difference = np.abs(ours.token_relevance - theirs.numpy()[:, :, 0]).max()
    print(f"occlusion: {difference:.1e} of {np.abs(ours.token_relevance).max():.2f}")
    assert difference < 1e-5


def test_shapley_values_equal_captums(both):
    module, network = both
    x = np.random.default_rng(1).normal(size=(1, 5, E))
    ours = network.explain(x, "shapley", 1, method_options={"removal": "zero"})
    steps = torch.arange(5).reshape(1, 5, 1).repeat(1, 1, E)
    # Every order of five steps: captum's samples of orders would only come near.
    orders = list(itertools.permutations(range(5)))
    ablation = captum.ShapleyValueSampling(module)
    ablation.permutation_generator = lambda features, samples: iter(orders)
    theirs = ablation.attribute(torch.tensor(x), target=1, feature_mask=steps, n_samples=120)
    difference = np.abs(ours.token_relevance[0] - theirs.numpy()[0, :, 0]).max()
    print(f"shapley: {difference:.1e} of {np.abs(ours.token_relevance).max():.2f}")
    assert difference < 1e-5
