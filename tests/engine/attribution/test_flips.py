"""The single word that changes the class, against slow loops over `predict`."""

from __future__ import annotations

import numpy as np
import pytest

from lrp_engine.attribution.flips import single_word
from lrp_engine.model.text import Tokenizer
from lrp_engine.model.text.vocabulary import is_mark
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

SEEDS = range(10)


def text_of(seed, count=5):
    rng = np.random.default_rng(seed)
    return [f"w{n}" for n in rng.integers(2, zoo.V, count)]


def scored(network, texts):
    """Of each text the class, and the probabilities."""
    scores = network.predict(texts)
    return list(zip(scores.argmax(axis=1).tolist(), network.to_output(scores), strict=True))


def dropped(network, words):
    """For each word what the text is without it."""
    return scored(network, [words[:n] + words[n + 1 :] for n in range(len(words))])


def replaced(network, words):
    """(how far the vector moves, place, word) -> what the text is with it, over all of them."""
    vocabulary, table = network.vocabulary, network.embedding.table
    listed = [word for word in vocabulary.tokens if not is_mark(word)]
    keys, texts = [], []
    for n, old in enumerate(words):
        for word in listed:
            if word != old:
                moved = table[vocabulary.index[word]] - table[vocabulary.index[old]]
                keys.append((float(np.linalg.norm(moved)), n, word))
                texts.append([*words[:n], word, *words[n + 1 :]])
    return dict(zip(keys, scored(network, texts), strict=True))


@pytest.mark.parametrize(
    ("make", "others"), [(zoo.words_read, 0), (zoo.averages, 0), (zoo.averages, 1)]
)
def test_the_word_is_the_one_that_trying_all_finds(make, others):
    """The vocabulary is so small that the gradient leaves nothing out."""
    kinds = set()
    for seed in SEEDS:
        network, words = make(seed), text_of(seed)
        one = network.explain([words])
        ((before, shares),) = scored(network, [words])
        alike = [(before + 1) % network.classes][:others]
        same = [before, *alike]
        found = single_word(network, [words], one, alike=alike)
        assert found.classes[0] == before
        np.testing.assert_allclose(found.shares[0], shares[before], atol=1e-9)
        assert found.every
        drops, swaps = dropped(network, words), replaced(network, words)
        if any(c not in same for c, _ in drops):
            kinds.add("dropped")
            best = min((n for n, (c, _) in enumerate(drops) if c not in same),
                       key=lambda n: drops[n][1][same].sum())  # fmt: skip
            # A word that occurs twice is the same without its order.
            assert (words[found.position], found.replacement) == (words[best], None)
            after, probabilities = drops[best]
        elif any(c not in same for c, _ in swaps.values()):
            kinds.add("replaced")
            nearest = min(key for key, (c, _) in swaps.items() if c not in same)
            assert (found.position, found.replacement) == nearest[1:]
            after, probabilities = swaps[nearest]
        else:
            kinds.add("none")
            assert not found.flips
            after, probabilities = min([*drops, *swaps.values()], key=lambda cp: cp[1][same].sum())
        assert found.classes[1] == after
        assert found.flips == (after not in same)
        np.testing.assert_allclose(found.shares[1], probabilities[before], atol=1e-9)
    assert "dropped" in kinds
    assert kinds & {"replaced", "none"}


def test_values_and_single_words_have_none():
    network = zoo.words_read()
    assert single_word(network, [["w2"]], network.explain([["w2"]])) is None
    values = zoo.words_read(output="linear")
    assert single_word(values, [text_of(0)], values.explain([text_of(0)])) is None


def test_a_class_explained_on_request_changes_nothing():
    network, words = zoo.words_read(1), text_of(1)
    made = [
        single_word(network, [words], network.explain([words], target=target))
        for target in (None, 0, (2, 1))
    ]
    assert made[0] == made[1] == made[2]


def test_of_a_padded_text_only_words_change():
    network = zoo.averages(2, tokenizer=Tokenizer(length=12, pad="pre"))
    words = text_of(2)
    one = network.explain([words])
    found = single_word(network, [words], one)
    assert 12 - len(words) <= found.position < 12


def test_features_are_put_to_zero():
    network = zoo.network("dense")
    x = zoo.inputs(network, [0])
    found = single_word(network, x, network.explain(x))
    assert (found.replacement, found.how) == (None, "zero")


def test_of_long_texts_the_strongest_words_are_tried(monkeypatch):
    from lrp_engine.attribution import flips

    monkeypatch.setattr(flips, "TOKENS", 100)
    network, words = zoo.averages(3), text_of(3, 25)
    one = network.explain([words])
    found = single_word(network, [words], one)
    assert (found.tried[0], found.every) == (8, False)
    strongest = np.argsort(-np.abs(one.token_relevance[0]), kind="stable")[:8]
    assert found.position in strongest
