"""Explanations: a mapping by method that says once what the methods share."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from lrp_engine import Explanations, InputError
from lrp_engine.attribution.methods import LIVE_METHODS
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

TEXTS = [["good", "film"], ["bad"], ["not", "a", "good", "film"]]
SHARED = ("tokens", "unknown", "lengths", "padded_lengths", "scores", "probabilities", "predicted",
          "labels", "target", "explained_score", "token_kind", "model_hash", "dtype", "substitute",
          "warnings")  # fmt: skip


@pytest.fixture(scope="module")
def network():
    return zoo.reader(["<unk>", "not", "good", "bad", "film"], ["neg", "pos"], seed=1)


@pytest.fixture(scope="module")
def explanations(network):
    return network.explain_all(TEXTS)


def test_it_is_a_mapping_by_method(explanations):
    assert list(explanations) == list(LIVE_METHODS)
    assert len(explanations) == len(LIVE_METHODS)
    for name, one in explanations.items():
        assert explanations[name] is one
        assert one.method == name
    assert "magic" not in explanations
    assert explanations.get("magic") is None
    with pytest.raises(KeyError, match="no explanation by 'magic'; choose from 'lrp'"):
        explanations["magic"]


@pytest.mark.parametrize("name", SHARED)
def test_what_the_methods_share_is_said_once(explanations, name):
    for one in explanations.values():
        shared, own = getattr(explanations, name), getattr(one, name)
        assert shared is own or np.array_equal(shared, own)
    assert explanations.target_label(1) == explanations["lrp"].target_label(1)


def test_one_sample_of_all(network, explanations):
    one = explanations.sample(2)
    assert one.tokens == (tuple(TEXTS[2]),)
    for name, explanation in one.items():
        np.testing.assert_array_equal(
            explanation.token_relevance, explanations[name][2].token_relevance
        )
    with pytest.raises(IndexError):
        explanations.sample(3)


def test_the_method_that_accounts_for_the_score(network, explanations):
    assert explanations.complete is explanations["lrp"]
    assert network.explain_all(TEXTS, methods=["sensitivity"]).complete is None


def test_it_cannot_be_changed_and_travels(explanations):
    with pytest.raises(AttributeError, match="cannot be changed"):
        explanations.scores = None
    with pytest.raises(TypeError):
        explanations["lrp"] = None
    other = pickle.loads(pickle.dumps(explanations))  # noqa: S301
    assert list(other) == list(explanations)
    np.testing.assert_array_equal(other["lrp"].relevance, explanations["lrp"].relevance)
    assert repr(explanations).startswith(f"Explanations({', '.join(LIVE_METHODS)}; 3 samples, ")


def test_explanations_of_different_samples_are_refused(network, explanations):
    other = network.explain(["film"], "sensitivity")
    with pytest.raises(InputError, match="different samples"):
        Explanations({"lrp": explanations["lrp"], "sensitivity": other})
    with pytest.raises(InputError, match="no explanation"):
        Explanations({})


def test_some_samples_are_those_samples(network):
    texts = [*TEXTS, ["good"] * 6]
    e = network.explain(texts, layers=True)
    for rows in (
        slice(1, 3),
        slice(None, None, -1),
        slice(0, 1),
        slice(None, None, 2),
        slice(2, 9),
    ):
        some, places = e[rows], range(len(e))[rows]
        assert len(some) == len(places)
        assert some.token_relevance.shape[1] == max(len(texts[place]) for place in places)
        assert some.ledger.total.shape == (len(places),)
        for n, place in enumerate(places):
            one, same = some[n], e[place]
            assert one.tokens == same.tokens
            for name in ("token_relevance", "scores", "explained_score", "conservation_error"):
                np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
            assert one.warnings == same.warnings
            for layer, array in same.layers.items():
                np.testing.assert_array_equal(one.layers[layer], array)
    assert [one.tokens[0] for one in e] == [tuple(text) for text in texts]
    assert not e[1:3].scores.flags.writeable
    with pytest.raises(IndexError, match="no samples in"):
        e[9:]


def test_layers_are_kept_by_name(network):
    names = [node.name for node in network.nodes]
    whole = network.explain(TEXTS, layers=True)
    assert [*whole.layers] == names
    for asked in ([names[0]], names[-1], tuple(names[:2])):
        some = network.explain(TEXTS, layers=asked)
        assert set(some.layers) == {asked} if isinstance(asked, str) else set(asked)
        for name, array in some.layers.items():
            np.testing.assert_array_equal(array, whole.layers[name])
    for none in (False, None, [], ()):
        assert not network.explain(TEXTS, layers=none).layers
    with pytest.raises(InputError, match=f"no layer 'magic'; choose from '{names[0]}'"):
        network.explain(TEXTS, layers=["magic"])
    with pytest.raises(InputError, match="names of layers"):
        network.explain(TEXTS, layers=3)
