"""Samples without some of their steps, as arrays: what samples made of them would be."""

from __future__ import annotations

import numpy as np
import pytest

from lrp_engine.model import inputs
from lrp_engine.model.text import Tokenizer
from lrp_engine.model.variants import only_shorter, shortened
from tests import zoo

TEXTS = [["w2", "w5", "w3"], ["w4", "w4"], ["w9", "nothing", "w2", "w2", "w7"]]
KEPT = [(0, [1, 0, 1]), (2, [0, 1, 1, 0, 1]), (1, [0, 0]), (0, [0, 0, 1]), (2, [1, 1, 1, 1, 1])]
CHOSEN = [(row, np.array(kept, bool)) for row, kept in KEPT]


def of_words(**options):
    return inputs.read(zoo.words_read(3, tokenizer=Tokenizer(**options)), TEXTS)


def of_numbers():
    network = zoo.network("lstm")
    return inputs.read(network, zoo.inputs(network, [3, 2, 5]), [3, 2, 5])


@pytest.mark.parametrize(
    "make",
    [of_words, lambda: of_words(length=5), lambda: of_words(unknown="zero"), of_numbers],
    ids=["words", "cut", "zero vectors", "numbers"],
)
def test_they_are_those_of_the_samples_made_of_them(make):
    samples = make()
    assert only_shorter(samples)
    x, steps = shortened(samples, CHOSEN)
    made = samples.variants(CHOSEN)
    expected_x, expected_steps = made.padded(np.arange(len(CHOSEN)))
    np.testing.assert_array_equal(x, expected_x)
    np.testing.assert_array_equal(steps, expected_steps)


def test_what_is_marked_or_padded_again_is_not_only_shorter():
    assert not only_shorter(of_words(length=4, pad=True))
    samples = of_words()
    assert not only_shorter(samples.zeroed([(0, np.ones(3, bool))]))
    network = zoo.network("dense")
    assert not only_shorter(inputs.read(network, zoo.inputs(network, [1])))
