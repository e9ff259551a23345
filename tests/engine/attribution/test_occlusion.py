"""Occlusion against its slow reference, and the ways to ask for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrp_engine import InputError, explain_stream
from lrp_engine.attribution.targets import selection
from lrp_engine.errors import OverflowInputError
from lrp_engine.layers import Dense, GlobalAveragePooling1D
from lrp_engine.model.text import Tokenizer
from lrp_engine.propagation.program import Program
from tests import zoo
from tests.reference import occlusion as reference

pytestmark = pytest.mark.usefixtures("untraced")

LENGTHS = [3, 2, 5, 4]
TEXTS = [["w2", "w5", "w3"], ["w4", "w4"], ["w9", "nothing", "w2", "w2", "w7"], ["<unk>", "w8"]]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("target", [[0, 1, 0, 1], (1, 0)], ids=["classes", "contrast"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["lstm", "bilstm_sigmoid", "gru", "convolution", "pooled_text_cnn",
                                  "attention", "dense", "dense_selu"])  # fmt: skip
def test_numbers_equal_the_reference(name, seed, target):
    network = zoo.network(name, seed)
    x = zoo.inputs(network, LENGTHS, seed + 1)
    timed = network.input_shape.time
    found = network.explain(x, "occlusion", target, lengths=LENGTHS if timed else None)
    chosen = selection(found.target, network.classes)
    assert found.relevance is None
    for n, length in enumerate(LENGTHS):
        one = x[n, :length] if timed else x[n]
        close(found[n].token_relevance[0], reference.of_numbers(network, one, chosen[n]))
        if timed:
            assert not found.token_relevance[n, length:].any()


@pytest.mark.parametrize(
    "tokenizer",
    [Tokenizer(), Tokenizer(length=2), Tokenizer(length=4, pad=True)],
    ids=["as they are", "cut", "cut and padded"],
)
@pytest.mark.parametrize("make", [zoo.words_read, zoo.averages, lambda s, **o: masked(s, **o)],
                         ids=["no mask", "mean", "mask"])  # fmt: skip
@pytest.mark.parametrize("seed", range(2))
def test_words_equal_the_reference(make, seed, tokenizer):
    network = make(seed, tokenizer=tokenizer)
    found = network.explain(TEXTS, "occlusion", (2, 0))
    chosen = selection(found.target, network.classes)
    for n, words in enumerate(TEXTS):
        assert list(found.tokens[n]) == reference.fitted(network, words)
        close(found[n].token_relevance[0], reference.of_words(network, words, chosen[n]))


def masked(seed, **options):
    return replace(zoo.network("bilstm_words", seed), **options)


@pytest.mark.parametrize("removal", ["drop", "zero", "unknown"])
@pytest.mark.parametrize("tokenizer", [Tokenizer(), Tokenizer(length=4, pad=True)],
                         ids=["as they are", "cut and padded"])  # fmt: skip
@pytest.mark.parametrize(
    "make", [zoo.averages, lambda s, **o: masked(s, **o)], ids=["mean", "mask"]
)
def test_each_way_to_leave_a_word_out_equals_the_reference(make, tokenizer, removal):
    network = make(3, tokenizer=tokenizer)
    found = network.explain(TEXTS, "occlusion", (2, 0), method_options={"removal": removal})
    chosen = selection(found.target, network.classes)
    for n, words in enumerate(TEXTS):
        count = min(len(words), tokenizer.length or len(words))
        score = reference.score_of_masks(network, words, chosen[n], removal)
        expected = [score([True] * count) - score([k != t for k in range(count)])
                    for t in range(count)]  # fmt: skip
        close(found[n].token_relevance[0, :count], expected)
        assert not found[n].token_relevance[0, count:].any()  # padding is no word


def test_ids_and_words_agree():
    network = zoo.words_read()
    words = TEXTS[0]
    ids = network.vocabulary.ids(words)
    by_words, by_ids = (network.explain(one, "occlusion") for one in ([words], ids[None]))
    np.testing.assert_array_equal(by_words.token_relevance, by_ids.token_relevance)


def test_a_single_word_is_held_against_an_empty_text():
    network = zoo.words_read()
    found = network.explain([["w3"]], "occlusion", 1)
    without = network.predict([[]])[0, 1]
    close(found.token_relevance, [[found.scores[0, 1] - without]])


def test_empty_texts_have_no_values():
    network = zoo.words_read()
    alone = network.explain([[]], "occlusion")
    assert alone.token_relevance.shape == (1, 0)
    both = network.explain([[], ["w3", "w4"]], "occlusion")
    assert not both.token_relevance[0].any()
    close(both[1].token_relevance, network.explain([["w3", "w4"]], "occlusion").token_relevance)


def test_batches_are_bounded(monkeypatch):
    """However long a text is, no pass holds more words than any other pass may."""
    network = zoo.words_read()
    words = [f"w{2 + n % 9}" for n in range(40)]
    expected = network.explain([words], "occlusion")
    sizes = []
    forward = Program.scores

    def counted(program, x, steps):
        sizes.append(steps.size)
        return forward(program, x, steps)

    monkeypatch.setattr("lrp_engine.attribution.scores.MOST_STEPS", 100)
    monkeypatch.setattr(Program, "scores", counted)
    found = network.explain([words], "occlusion")
    close(found.token_relevance, expected.token_relevance)
    assert len(sizes) == 1 + 20  # the text, and two of its variants a pass
    assert max(sizes) <= 100


def test_beside_other_methods_it_says_the_same():
    network = zoo.words_read()
    both = network.explain_all(TEXTS, methods=["occlusion", "lrp"], target=1)
    close(both["occlusion"].token_relevance,
          network.explain(TEXTS, "occlusion", 1).token_relevance)  # fmt: skip
    close(both["lrp"].relevance, network.explain(TEXTS, "lrp", 1).relevance)
    assert both["occlusion"].rule is None
    assert not both["occlusion"].ledger
    assert both.complete is both["lrp"]


def test_a_stream_of_texts():
    network = zoo.words_read()
    whole = network.explain(TEXTS, "occlusion")
    for n, one in enumerate(explain_stream(network, TEXTS, method="occlusion", window=2)):
        close(one.token_relevance, whole[n].token_relevance)


def test_what_needs_a_backward_pass_is_refused_in_a_sentence():
    network = zoo.words_read()
    with pytest.raises(InputError, match=r"Occlusion makes no backward pass.*'lrp'"):
        network.explain(TEXTS, "occlusion", layers=True)
    with pytest.raises(InputError, match=r"Occlusion makes no backward pass"):
        network.explain_all(TEXTS, methods=["lrp", "occlusion"], layers=True)
    found = network.explain(TEXTS, "occlusion")
    with pytest.raises(InputError, match=r"Occlusion gives each word one number.*'lrp'"):
        found.unit_relevance  # noqa: B018


def test_a_text_that_overflows_without_a_word_is_named():
    """3e38 times the mean: 0 of both steps, out of float32's range of either alone."""
    network = zoo._chain(GlobalAveragePooling1D(), Dense(np.array([[3e38, 0.0]])))
    single = replace(network, dtype="float32")
    x = np.array([[[0.1], [0.1]], [[2.0], [-2.0]]])
    with pytest.raises(OverflowInputError) as problem:
        single.explain(x, "occlusion", 0)
    assert problem.value.rows == (1,)
    assert np.isfinite(single.explain(x[:1], "occlusion", 0).token_relevance).all()
