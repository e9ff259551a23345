"""Every bundled sample model loads as documented, is explained, and keeps what its card claims."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from functools import cache

import numpy as np
import pytest

import lrp_engine
from app.models import samples as catalogue
from lrp_engine import FormatError
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.formats.companions.reference import reference_file_of
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.layers import LAYERS
from lrp_engine.proof.against import against_reference, text_pipeline
from lrp_engine.proof.sheet import PASS
from sample_models.common import HELD_OUT, REFERENCE_INPUTS, key_of
from tests.reference.texts import words as slow_words

SAMPLES = {sample.name: sample for sample in catalogue.samples()}
TRAINED = [name for name in SAMPLES if name != "sentiment"]  # that has tests of its own
CARD = "README.md"
LARGEST = 3_000_000  # bytes of a committed file
LAYER_KINDS = {
    "attention": {"embedding", "lstm", "dense", "softmax", "dot", "flatten"},
    "spam": {"embedding", "bidirectional", "dense"},
    "diabetes": {"dense"},
    "addition": {"lstm", "dense"},
}


@cache
def network(name: str) -> lrp_engine.Network:
    return lrp_engine.load(**SAMPLES[name].arguments, dtype="float64")


@cache
def explained(name: str) -> dict[str, lrp_engine.Explanation]:
    """The first examples by every method, with all layers: traced once for all tests."""
    return network(name).explain_all(**inputs(name, 8), layers=True)


def metrics(name: str) -> dict:
    return json.loads((SAMPLES[name].examples.parent / "metrics.json").read_text())


def rows(path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def inputs(name: str, count: int | None = None) -> dict:
    """Arguments of `explain` for the first examples."""
    values = [one.value for one in catalogue.examples(SAMPLES[name])[:count]]
    if SAMPLES[name].input == "words":
        return {"inputs": values}
    if SAMPLES[name].input == "features":
        return {"inputs": np.array(values)}
    lengths = np.array(list(map(len, values)))
    padded = np.zeros((len(values), lengths.max(), len(values[0][0])))
    for row, value in enumerate(values):
        padded[row, : len(value)] = value
    return {"inputs": padded, "lengths": lengths}


def test_the_list_is_complete_and_in_order():
    assert list(SAMPLES) == ["sentiment", "attention", "spam", "diabetes", "addition"]
    folders = {path.parent.name for path in catalogue.FOLDER.glob("*/train.py")}
    assert folders == set(SAMPLES)
    assert {sample.input for sample in SAMPLES.values()} == set(catalogue.INPUTS)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_file_that_is_named_exists_and_is_small(name):
    sample = SAMPLES[name]
    for path in [*sample.arguments.values(), sample.examples, sample.examples.parent / CARD]:
        assert path.exists(), path
    if name in TRAINED:
        sizes = {path.name: path.stat().st_size for path in sample.examples.parent.iterdir()}
        assert max(sizes.values()) < LARGEST, sizes
    assert sample.sentence.endswith(".")
    assert len(sample.title) < 40


@pytest.mark.parametrize("name", SAMPLES)
def test_examples_are_those_of_its_classes_and_kind(name):
    found = catalogue.examples(SAMPLES[name])
    assert len(found) >= 30
    assert {one.label for one in found} == set(network(name).labels)
    assert all("label" not in one.facts for one in found)
    if SAMPLES[name].input == "features":
        assert network(name).features == SAMPLES[name].features


@pytest.mark.parametrize("name", TRAINED)
def test_its_layers_are_those_of_the_card_and_nothing_is_assumed_silently(name):
    net = network(name)
    assert {node.layer.kind for node in net.nodes} == LAYER_KINDS[name] <= set(LAYERS)
    # What the spec settles is no assumption; what is left is about padding only.
    assert all("without padding" in sentence for sentence in net.assumptions), net.assumptions


@pytest.mark.parametrize("name", TRAINED)
def test_examples_are_explained_and_the_ledger_closes(name):
    found = explained(name)
    lrp = found["lrp"]
    assert not any("explodes" in sentence for sentence in lrp.warnings)
    size = np.abs(lrp.token_relevance).sum(axis=1) + np.abs(lrp.explained_score)
    assert (np.abs(lrp.conservation_error) <= 1e-10 * size).all()
    for method in LIVE_METHODS:
        assert (np.abs(found[method].token_relevance).max(axis=1) > 0).all()


@pytest.mark.parametrize("name", TRAINED)
def test_the_claimed_accuracy_can_be_counted_again(name):
    labels, claimed = network(name).labels, metrics(name)["test"]
    held_out = rows(SAMPLES[name].examples.parent / HELD_OUT)
    scores = np.array([[float(one[f"score of {label}"]) for label in labels] for one in held_out])
    truth = np.array([labels.index(one["label"]) for one in held_out])
    confusion = np.zeros((len(labels),) * 2, int)
    np.add.at(confusion, (truth, scores.argmax(axis=1)), 1)
    assert confusion.tolist() == claimed["confusion"]
    accuracy = float((truth == scores.argmax(axis=1)).mean())
    assert claimed["accuracy"] == pytest.approx(accuracy, abs=5e-5)
    assert accuracy > np.bincount(truth).max() / len(truth) + 0.1
    card = (SAMPLES[name].examples.parent / CARD).read_text()
    assert f"{claimed['accuracy']:.1%}" in re.split("numbers -->", card)[1]


@pytest.mark.parametrize("name", TRAINED)
def test_the_committed_model_made_the_held_out_scores(name):
    held_out = {one["key"]: one for one in rows(SAMPLES[name].examples.parent / HELD_OUT)}
    if SAMPLES[name].input == "features":  # examples and held-out rows are the same, in one order
        keys = [*held_out]
    else:
        column = {"words": "text", "vectors": "vectors"}[SAMPLES[name].input]
        keys = [key_of(one[column]) for one in rows(SAMPLES[name].examples)]
    expected = [
        [float(held_out[key][f"score of {label}"]) for label in network(name).labels]
        for key in keys
    ]
    found = network(name).predict(**inputs(name))
    np.testing.assert_allclose(found, expected, atol=5e-4)
    labels = [one.label for one in catalogue.examples(SAMPLES[name])]
    assert [held_out[key]["label"] for key in keys] == labels


@pytest.mark.parametrize("name", SAMPLES)
def test_it_scores_as_the_framework_that_trained_it(name):
    """`reference.npz`: what Keras or PyTorch said of some examples with the committed weights."""
    net, path = network(name), reference_file_of(SAMPLES[name].model)
    reference = read_reference(path)
    samples = reference.samples(net)
    assert len(samples) == REFERENCE_INPUTS
    line = against_reference(net, reference)
    assert line.verdict == PASS
    assert line.error < 1e-6  # the framework computed in float32
    assert "from reference.npz" in line.detail
    examples = [one.value for one in catalogue.examples(SAMPLES[name])[:REFERENCE_INPUTS]]
    text = text_pipeline(net, reference)
    if SAMPLES[name].input != "words":
        assert text is None
        return
    # Texts become the ids that the framework was given, also by the slow version.
    assert text.verdict == PASS
    assert text.error < 1e-6
    assert list(reference.texts) == examples
    words = {word: n for n, word in enumerate(net.vocabulary.tokens)}
    for ids, text in zip(samples.ids, examples, strict=True):
        tokens = slow_words(text.lower())[: net.tokenizer.length]
        assert ids.tolist() == [words.get(token, words["<unk>"]) for token in tokens]


def test_relevance_passes_attention_and_stays_out_of_its_softmax():
    found = explained("attention")["lrp"]
    through = found.layers["context"].reshape(len(found), -1).sum(axis=1)
    kept = found.ledger.by("layer")
    np.testing.assert_allclose(through + kept["decoder"], found.explained_score, atol=1e-9)
    for silent in ("attention_hidden", "attention_scores", "attention_weights"):
        assert not found.layers[silent].any()
    assert (np.abs(found.layers["encoder"]).sum(axis=(1, 2)) > 0).all()


def test_both_layers_of_the_stack_account_for_the_score():
    found = explained("spam")["lrp"]
    kept = found.ledger.by("layer")
    upper = found.layers["gru.l1"].sum(axis=1)
    np.testing.assert_allclose(upper + kept["scores"], found.explained_score, atol=1e-9)
    states = sum(v for k, v in found.initial_states.items() if k.startswith("gru.l1"))
    lower = found.layers["gru.l0"].sum(axis=(1, 2))
    np.testing.assert_allclose(lower + states + kept["gru.l1"], upper, atol=1e-9)


def test_features_are_called_by_name_and_every_layer_shows_its_relevance():
    found = explained("diabetes")["lrp"]
    assert found.tokens[0] == network("diabetes").features
    assert "body mass index" in found.tokens[0]
    units = {name: array.shape[1] for name, array in found.layers.items()}
    assert [units[name] for name in ("hidden_1", "hidden_2", "faster")] == [32, 16, 1]


def test_relevance_of_the_addition_lies_on_the_marked_numbers():
    arguments = inputs("addition")
    x, claimed = arguments["inputs"], metrics("addition")["relevance"]
    marked = x[..., 1] == 1
    shares = {}
    for name, found in network("addition").explain_all(**arguments, target=1).items():
        size = np.abs(found.token_relevance)
        shares[name] = float(((size * marked).sum(axis=1) / size.sum(axis=1)).mean())
        # 40 examples against the 1,000 sequences of the card
        assert shares[name] == pytest.approx(claimed[name]["share"], abs=0.05)
    assert shares["lrp"] > 0.8
    assert shares["lrp"] > 2 * claimed["by_chance"]


def test_the_addition_adds():
    network_ = network("addition")
    x = np.array([[[0.5, 1], [0.9, 0], [-0.8, 0], [0.25, 1], [0.1, 0]]])
    assert network_.predict(x)[0, 1] == pytest.approx(0.75, abs=0.05)


# Names of features in a spec --------------------------------------------------------------------


def test_a_spec_names_features():
    sample = SAMPLES["diabetes"]
    names = [f"f{n}" for n in range(10)]
    spec = {**json.loads(sample.spec.read_text()), "features": names}
    assert lrp_engine.load(sample.model, spec=spec).features == tuple(names)


@pytest.mark.parametrize(
    ("name", "features", "words"),
    [
        ("diabetes", ["a", "b"], "Found 2 features"),
        ("diabetes", ["a"] * 10, "must be different"),
        ("diabetes", "age", "expected a list with one name per input"),
        ("diabetes", [1] * 10, "expected a list with one name per input"),
        ("addition", ["number", "mark"], "names 2 features, but the network reads sequences"),
    ],
)
def test_names_of_features_that_do_not_fit_are_refused(name, features, words):
    sample = SAMPLES[name]
    spec = {**json.loads(sample.spec.read_text()), "features": features}
    with pytest.raises(FormatError, match=words):
        lrp_engine.load(sample.model, spec=spec)


def test_samples_need_no_engine_and_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SAMPLES["spam"].title = "x"
