"""Classes in an order: told by their names; rows that are off by one; labels that name fewer."""

from __future__ import annotations

from itertools import islice, product
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from app.review import class_order, coarse
from app.review.outcomes import NO_CLASS, confusion, outcomes
from app.review.quality import Share, quality
from app.review.true_classes import TrueClasses, meaning

FIVE = ("very negative", "negative", "neutral", "positive", "very positive")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (FIVE, True),
        (FIVE[::-1], True),
        (("negative", "Neutral", "positive"), True),
        (("low", "medium", "high"), True),
        (("1 star", "2 stars", "3 stars", "4 stars"), True),
        (("5", "4", "3", "2", "1"), True),
        (("bad", "slightly_bad", "good", "other"), True),
        (("negative", "positive"), False),
        (("class 0", "class 1", "class 2"), False),
        (("0", "1", "2"), False),
        (("sport", "politics", "culture"), False),
        (("neutral", "anger", "joy"), False),
        (("very bad", "good", "bad", "other"), False),
    ],
)
def test_an_order_is_told_by_names(labels, expected):
    assert class_order.in_order(labels) is expected


def test_the_sides_of_an_order_have_a_middle_between_them():
    assert [class_order.same_side(FIVE, c) for c in range(5)] == [(1,), (0,), (), (4,), (3,)]
    stars = ("1 star", "2 stars", "3 stars", "4 stars")
    assert [class_order.same_side(stars, c) for c in range(4)] == [(1,), (0,), (3,), (2,)]
    assert class_order.same_side(("sport", "politics", "culture"), 0) == ()


PLAIN = TrueClasses(FIVE)


def summary(*rows: tuple[int, int], classes: TrueClasses = PLAIN) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["truth", "said"])
    return found.assign(off=classes.distances(found["truth"].to_numpy(), found["said"].to_numpy()))


def test_rows_next_to_their_class_are_counted_where_there_is_an_order():
    rows = summary((1, 0), (3, 4), (1, 1), (1, 4), (NO_CLASS, 0), (0, NO_CLASS))
    assert class_order.off_by_one(rows, FIVE) == 2
    assert class_order.off_by_one(rows, tuple("abcde")) == 0


def test_labels_that_name_fewer_classes_are_said():
    rows = summary((1, 0), (1, 0), (3, 4), (1, 1), (1, 4), (NO_CLASS, 2))
    said = class_order.coarse_labels(rows, TrueClasses(FIVE))
    assert said.startswith("Your labels use only 2 of the model's 5 classes, so “very negative”")
    assert "counts as incorrect when the label is “negative”" in said
    assert said.endswith("This is the only reason 3 rows count as incorrect.")
    assert class_order.coarse_labels(rows, TrueClasses(tuple("abcde"))) == ""
    # A prediction that labels do name is a mistake like any other.
    assert class_order.coarse_labels(summary((0, 1), (1, 0)), TrueClasses(FIVE)) == ""


STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
POLES = {"negative": (0, 1), "positive": (3, 4)}


@pytest.mark.parametrize(
    ("found", "labels", "expected"),
    [
        (["positive", "negative"], FIVE, POLES),
        (["Positive", " neg"], FIVE, {" neg": (0, 1), "Positive": (3, 4)}),
        (["positive", "negative", "neutral"], FIVE, POLES),
        (["positive", "very positive", "negative"], FIVE, {"negative": (0, 1)}),
        (["very positive", "very negative"], FIVE,
         {"very negative": (0, 1), "very positive": (3, 4)}),
        (["1 star", "5 stars"], STARS, {"1 star": (0, 1), "5 stars": (3, 4)}),
        (["positive", "negative"], STARS, POLES),
        (["pos", "neg"], STARS[::-1], {"neg": (3, 4), "pos": (0, 1)}),
        (["bad", "good"], ("awful", "bad", "neutral", "good", "great"),
         {"bad": (0, 1), "good": (3, 4)}),
        # Nothing to group: all named, no scale, a part of a scale that is no pole, other labels.
        (list(FIVE), FIVE, {}),
        (["positive", "negative"], ("negative", "neutral", "positive"), {}),
        (["b", "d"], tuple("abcde"), {}),
        (["2 stars", "4 stars"], STARS, {}),
        (["positive", "negative", "other"], STARS, {}),
        (["1", "0"], FIVE, {}),
        ([], FIVE, {}),
    ],
)  # fmt: skip
def test_coarse_labels_stand_for_several_classes(found, labels, expected):
    assert coarse.groups(found, labels) == expected


def test_the_sentence_names_what_each_label_counts_as():
    said = coarse.sentence(POLES, FIVE, dict.fromkeys(POLES, 9), {})
    assert "coarser than the model's 5 classes" in said
    assert "“negative” for “very negative” or “negative”, “positive” for “positive” or" in said
    assert "alone" not in said


def test_a_finer_label_that_makes_another_strict_is_named_with_its_rows():
    counts = {"positive": 9, "Negative": 8, "Very Negative": 1}
    groups = coarse.groups(list(counts), FIVE)
    assert groups == {"positive": (3, 4)}
    finer = coarse.strict(list(counts), FIVE)
    assert finer == {"Negative": ["Very Negative"]}
    assert coarse.sentence(groups, FIVE, counts, finer).endswith(
        "stands for it: “positive” for “positive” or “very positive”, “Negative” for “negative” "
        "alone, because “Very Negative” (1 row) is told from it."
    )


def spelled_in_ways(word: str, count: int) -> list[str]:
    ways = product(*((letter, letter.upper()) for letter in word))
    return list(dict.fromkeys("".join(way) for way in islice(ways, count)))


def test_many_spellings_are_named_by_the_first_ones_and_cost_no_more_each(monkeypatch):
    finer, plain = spelled_in_ways("very negative", 1_000), spelled_in_ways("negative", 256)
    found = ["positive", *plain, *finer, *(f"note {i}" for i in range(1_000))]
    counts = dict.fromkeys(found, 1) | {finer[7]: 2_000}
    compared = Mock(side_effect=class_order.is_degree_of)
    monkeypatch.setattr(coarse, "is_degree_of", compared)
    alone = coarse.strict(found, FIVE)
    assert alone == dict.fromkeys(plain, finer)
    assert compared.call_count < 3_000
    groups = coarse.groups(found, FIVE)
    assert coarse.sentence(groups, FIVE, counts, alone).endswith(
        "stands for it: “positive” for “positive” or “very positive”; “negative”, “negativE”, "
        "“negatiVe” and 253 more for “negative” alone, because “very negatIVE” (2,000 rows), "
        "“very negative” (1 row), “very negativE” (1 row) and 509 more are told from them."
    )
    three = {"negative": 4, "Very Negative": 1, "very negative": 3, "positive": 9}
    said = coarse.sentence(POLES, FIVE, three, coarse.strict(list(three), FIVE))
    assert said.endswith("because “very negative” (3 rows) and “Very Negative” (1 row) are told "
                         "from it.")  # fmt: skip


def test_a_label_that_stands_for_several_classes_is_right_for_each():
    classes = TrueClasses.of(FIVE, POLES | {"x": (2,), "none": ()})
    low, high = classes.number((0, 1)), classes.number((3, 4))
    assert (low, high, len(classes)) == (5, 6, 7)
    assert (classes.name(high), classes.name(2), classes.name(NO_CLASS)) == (
        "positive + very positive", "neutral", "")  # fmt: skip
    rows = summary(
        (high, 4), (high, 3), (high, 1), (low, 0), (low, 2), (NO_CLASS, 0), (low, NO_CLASS),
        classes=classes,
    )  # fmt: skip
    assert rows["off"].tolist() == [0, 0, 2, 0, 1, NO_CLASS, NO_CLASS]
    said = ["right", "right", "wrong", "right", "wrong", "", "not explained"]
    assert outcomes(rows).tolist() == said
    judged = rows[rows["off"] != NO_CLASS]
    truth, predicted = judged["truth"].to_numpy(), judged["said"].to_numpy()
    found = quality(truth, predicted, classes)
    assert (found.accuracy, found.within_one) == (Share(3, 5), Share(4, 5))
    # "neutral" was said, and no label names it.
    assert [(c.label, c.texts, c.predicted, c.hits) for c in found.classes] == [
        (low, 2, 2, 1), (2, 0, 1, 0), (high, 3, 2, 2)]  # fmt: skip
    table = confusion(rows, classes)
    assert (table.down, table.across) == ([low, high, NO_CLASS], [0, 1, 2, 3, 4])
    assert table.counts.tolist() == [[1, 0, 1, 0, 0], [0, 1, 0, 1, 1], [1, 0, 0, 0, 0]]
    assert np.argwhere(table.right).tolist() == [[0, 0], [0, 1], [1, 3], [1, 4]]
    assert class_order.coarse_labels(rows, classes) == ""


def test_a_set_of_an_earlier_release_has_one_class_a_label():
    assert [meaning(one) for one in (2, NO_CLASS, [4, 3, 3], [])] == [(2,), (), (3, 4), ()]
