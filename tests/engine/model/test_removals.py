"""Words left out in each of the ways, against inputs in which somebody else left them out."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lrp_engine import InputError
from lrp_engine.attribution.scores import scores_of_variants
from lrp_engine.model import inputs
from lrp_engine.model.removals import REMOVAL_MEANINGS, REMOVALS
from lrp_engine.model.text import Tokenizer
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

TEXTS = [["w2", "w5", "w3"], ["w4", "w4"], ["w9", "nothing", "w2", "w2", "w7"]]
KEPT = [(0, [1, 0, 1]), (2, [0, 1, 1, 0, 1]), (1, [1, 1]), (0, [0, 0, 1]), (2, [1, 1, 0, 1, 0])]
words_read = partial(zoo.words_read, 3)
CHOSEN = [(row, np.array(kept, bool)) for row, kept in KEPT]


def found(network, removal, given=TEXTS, chosen=CHOSEN):
    samples = inputs.read(network, given)
    return scores_of_variants(samples, iter(chosen), removal=removal)


def test_a_dropped_word_is_a_shorter_text():
    network = words_read()
    expected = network.predict([[w for w, k in zip(TEXTS[r], kept, strict=True) if k]
                                for r, kept in KEPT])  # fmt: skip
    np.testing.assert_allclose(found(network, "drop"), expected, rtol=0, atol=1e-12)


def test_the_unknown_word_takes_the_place_of_a_word():
    network = words_read()
    expected = network.predict([[w if k else "<unk>" for w, k in zip(TEXTS[r], kept, strict=True)]
                                for r, kept in KEPT])  # fmt: skip
    np.testing.assert_allclose(found(network, "unknown"), expected, rtol=0, atol=1e-12)
    zeros = words_read(tokenizer=Tokenizer(unknown="zero"))
    np.testing.assert_allclose(found(zeros, "unknown"), found(zeros, "zero"), rtol=0, atol=1e-12)
    dropped = words_read(tokenizer=Tokenizer(unknown="drop"))
    given = TEXTS[:2]
    chosen = [(row, kept) for row, kept in CHOSEN if row < 2]
    np.testing.assert_allclose(
        found(dropped, "unknown", given, chosen), found(dropped, "drop", given, chosen),
        rtol=0, atol=1e-12,
    )  # fmt: skip


def test_a_zeroed_word_keeps_its_place():
    network = words_read()
    samples = inputs.read(network, TEXTS)
    x = np.zeros((len(KEPT), 5, zoo.E))
    for n, (row, kept) in enumerate(KEPT):
        x[n, : len(kept)] = network.embedding.rows(samples.ids[row]) * np.array(kept)[:, None]
    expected = network.predict(x, lengths=[len(kept) for _, kept in KEPT])
    np.testing.assert_allclose(found(network, "zero"), expected, rtol=0, atol=1e-12)


def test_a_zeroed_feature_is_zero():
    network = zoo.network("dense", 0)
    x = zoo.inputs(network, [1, 1], 1)
    chosen = [(1, np.arange(x.shape[1]) != 2), (0, np.arange(x.shape[1]) > 0)]
    expected = network.predict(x[[1, 0]] * np.array([kept for _, kept in chosen]))
    np.testing.assert_allclose(found(network, "zero", x, chosen), expected, rtol=0, atol=1e-12)


def test_only_words_become_unknown_and_the_ways_are_listed():
    network = zoo.network("lstm", 0)
    x = zoo.inputs(network, [3, 2], 1)
    with pytest.raises(InputError, match="choose from 'drop', 'zero'"):
        found(network, "unknown", x, [(0, np.ones(3, bool))])
    with pytest.raises(InputError, match="'drop', 'zero', 'unknown'"):
        found(network, "swap", x, [])
    assert set(REMOVAL_MEANINGS) == set(REMOVALS)
