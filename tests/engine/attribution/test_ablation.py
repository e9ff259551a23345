"""What leaving words out does, against slow loops over `predict`."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lrp_engine import InputError
from lrp_engine.attribution.ablation import (
    DROPPED,
    ZERO,
    against_random,
    deletion,
    without_one,
)
from lrp_engine.attribution.padding import merged_padding
from lrp_engine.model.text import Tokenizer
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

WORDS = ["w2", "w5", "w3", "w9", "w4", "w7", "w2"]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def share(network, words, target):
    return network.to_output(network.predict([words]))[0, target]


@pytest.mark.parametrize("padded", [False, True], ids=["any length", "padded"])
def test_the_strongest_go_together_and_random_ones_are_every_other_set(padded):
    tokenizer = Tokenizer(length=10, pad="post") if padded else Tokenizer()
    network = zoo.averages(tokenizer=tokenizer)
    one = network.explain([WORDS])
    shown = merged_padding(one)
    made = against_random(network, [WORDS], shown, draws=100)
    relevance = one.token_relevance[0, : len(WORDS)]
    top = np.argsort(-relevance, kind="stable")[:3].tolist()
    target = int(one.target[0])

    def without(out):
        return share(network, [w for n, w in enumerate(WORDS) if n not in out], target)

    assert made.positions == tuple(top)
    close(made.before, share(network, WORDS, target))
    close(made.after, without(top))
    others = [s for s in combinations(range(len(WORDS)), 3) if set(s) != set(top)]
    close(made.random, np.mean([without(s) for s in others]))
    assert (made.draws, made.all_sets, made.how) == (34, True, DROPPED)
    drawn = against_random(network, [WORDS], one)
    assert (drawn.draws, drawn.all_sets) == (20, False)
    assert drawn == against_random(network, [WORDS], one)  # the line does not flicker
    assert drawn.random != against_random(network, [WORDS], one, seed=1).random


def test_words_go_one_after_the_other_by_each_method_and_at_random():
    network = zoo.words_read()
    both = network.explain_all([WORDS], methods=["lrp", "sensitivity"])
    made = deletion(network, [WORDS], both, most=4, draws=3)
    target = int(both["lrp"].target[0])
    for name, one in both.items():
        order = np.argsort(-one.token_relevance[0], kind="stable")[:4].tolist()
        assert made.order[name] == tuple(order)
        left = [[w for n, w in enumerate(WORDS) if n not in order[:k]] for k in range(5)]
        close(made.figures[name], [share(network, words, target) for words in left])
    assert made.random.shape == (3, 5)
    assert np.ptp(made.random[:, 0]) == 0
    again = deletion(network, [WORDS], both, most=4, draws=3)
    np.testing.assert_array_equal(made.random, again.random)
    whole = deletion(network, [WORDS], both, most=99)
    assert whole.random.shape == (20, len(WORDS))  # one word always stays
    assert deletion(network, [["w2"]], network.explain_all([["w2"]])) is None


def test_of_a_short_text_one_word_goes_and_of_a_single_word_none():
    network = zoo.words_read()
    words = WORDS[:5]
    one = network.explain([words], target=(1, 0))
    made = against_random(network, [words], one)
    top = int(one.token_relevance[0].argmax())

    def score(words):
        scores = network.predict([words])[0]
        return scores[1] - scores[0]

    assert (made.positions, made.draws, made.all_sets) == ((top,), 4, True)
    lost = [score(words[:n] + words[n + 1 :]) for n in range(5)]
    close([made.before, made.after], [score(words), lost[top]])
    close(made.random, np.mean([value for n, value in enumerate(lost) if n != top]))
    change = without_one(network, [words], one, 2)
    close(change.score, [score(words), lost[2]])
    assert change.share is None  # a contrast has no probability
    alone = network.explain([["w2"]])
    assert against_random(network, [["w2"]], alone) is None
    assert without_one(network, [["w2"]], alone, 0) is None


def test_padding_cannot_be_left_out():
    network = zoo.averages(tokenizer=Tokenizer(length=10, pad="pre"))
    one = merged_padding(network.explain([WORDS]))
    assert without_one(network, [WORDS], one, 0) is None
    target = int(one.target[0])
    change = without_one(network, [WORDS], one, 1)
    close(change.share, [share(network, WORDS, target), share(network, WORDS[1:], target)])


def test_features_are_set_to_zero():
    network = zoo.network("dense")
    x = zoo.inputs(network, [1])
    one = network.explain(x)
    made = against_random(network, x, one)
    emptied = x.copy()
    emptied[0, list(made.positions)] = 0
    target = int(one.target[0])
    assert made.how == ZERO
    close(made.after, network.to_output(network.predict(emptied))[0, target])


def test_the_explanation_is_of_the_input():
    network = zoo.words_read()
    with pytest.raises(InputError, match="The input has 2 words, the explanation 7"):
        against_random(network, [WORDS[:2]], network.explain([WORDS]))
    with pytest.raises(InputError, match="Found 1 inputs and 2 explained ones"):
        against_random(network, [WORDS], network.explain([WORDS, WORDS]))
