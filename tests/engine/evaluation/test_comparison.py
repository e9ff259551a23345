"""Two networks on the same texts: common words, rank agreement, frames, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine import InputError
from lrp_engine.evaluation.ranks import size_agreement
from lrp_engine.model.text import Tokenizer
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

WORDS = ["<unk>", "not", "good", "bad", "film", ","]
TEXTS = ["Not good, a bad film", "good film good film bad"]


@pytest.fixture(scope="module")
def nets():
    one = zoo.reader(WORDS, ["neg", "pos"], seed=1)
    other = zoo.reader(WORDS[:-1], ["pos", "neg"], seed=2)
    # The second reads no punctuation: a word less of the first text.
    return one, replace(
        other, tokenizer=Tokenizer(method="whitespace", standardize="lower_and_strip_punctuation")
    )


@pytest.fixture(scope="module")
def compared(nets):
    return lrp_engine.compare(*nets, TEXTS, names=("old", "new"))


def test_words_are_the_same_where_they_stand_at_the_same_place(compared):
    a, b = compared.a, compared.b
    for n in range(len(TEXTS)):
        assert compared.common[n]
        for i, j in compared.common[n]:
            assert a.spans[n][i] == b.spans[n][j]
            assert a.tokens[n][i].casefold() == b.tokens[n][j].casefold()
        assert len({i for i, _ in compared.common[n]}) == len(compared.common[n])
    given = [["good", "film"], ["bad", "bad"]]
    same = zoo.reader(WORDS, ["x", "y"], seed=3)
    lists = lrp_engine.compare(same, same, given)
    assert lists.common == (((0, 0), (1, 1)),) * 2
    np.testing.assert_array_equal(lists.a.token_relevance, lists.b.token_relevance)


def test_the_class_is_the_one_of_the_same_name(compared, nets):
    assert compared.same_target
    for n in range(len(TEXTS)):
        assert compared.a.target_label(n) == compared.b.target_label(n)
        assert compared.a.target[n] != compared.b.target[n]  # their labels are in another order
    agrees = [
        nets[0].labels[i] == nets[1].labels[j]
        for i, j in zip(compared.a.predicted, compared.b.predicted, strict=True)
    ]
    assert compared.agrees.tolist() == agrees
    assert f"{sum(agrees)} of 2 texts" in compared.sentence


def test_other_classes_are_each_its_own(nets):
    other = zoo.reader(WORDS, ["spam", "ham"], seed=2)
    found = lrp_engine.compare(nets[0], other, TEXTS)
    assert not found.same_target
    assert found.b.target.tolist() == found.b.predicted.tolist()
    assert "share no names" in found.sentence
    assert "names" in found._repr_html_()


def test_rank_agreement_is_of_the_common_words(compared):
    for n in range(len(TEXTS)):
        places = compared.common[n]
        one = [compared.a.token_relevance[n, i] for i, _ in places]
        other = [compared.b.token_relevance[n, j] for _, j in places]
        expected = size_agreement(np.array(one), np.array(other))
        assert compared.rank_agreement[n] == pytest.approx(expected)
    short = lrp_engine.compare(
        compared_net := zoo.reader(WORDS, ["x", "y"], seed=1), compared_net, ["good"]
    )
    assert np.isnan(short.rank_agreement).all()


def test_agreement_of_sizes_by_hand():
    assert size_agreement(np.array([1.0, -2, 3]), np.array([-10.0, 20, 30])) == 1
    assert size_agreement(np.array([1.0, 2, 3]), np.array([3.0, 2, -1])) == -1
    assert size_agreement(np.array([1.0, 2]), np.array([1.0, 2])) is None
    assert size_agreement(np.ones(4), np.arange(4.0)) is None
    assert size_agreement(np.array([1, 2, np.nan]), np.arange(3.0)) is None


def test_frames(compared):
    texts = compared.to_frame()
    assert texts["text"].tolist() == TEXTS
    assert texts["score old"].tolist() == compared.a.explained_score.tolist()
    assert texts["common words"].tolist() == [len(one) for one in compared.common]
    words = compared.to_frame("words")
    for side, e in (("old", compared.a), ("new", compared.b)):
        assert words[f"relevance {side}"].sum() == pytest.approx(e.token_relevance.sum())
        assert words[f"position {side}"].notna().sum() == e.lengths.sum()
    apart = texts["furthest apart"].iloc[0]
    mine = words[words["sample"] == 0].dropna()
    worst = (mine["relevance old"] - mine["relevance new"]).abs().idxmax()
    assert mine.loc[worst, "token"] == apart
    with pytest.raises(InputError, match="'texts', 'words'"):
        compared.to_frame("rows")


def test_what_does_not_fit_says_of_which_network(nets):
    with pytest.raises(InputError, match="Network 'b': "):
        lrp_engine.compare(nets[0], zoo.reader(WORDS, ["spam", "ham"], seed=2), TEXTS, target="pos")
    with pytest.raises(InputError, match="two different names"):
        lrp_engine.compare(*nets, TEXTS, names=("x", "x"))
