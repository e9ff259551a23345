"""Classes in an order: told by their names; rows that are off by one; labels that name fewer."""

from __future__ import annotations

import pandas as pd
import pytest

from app.review import class_order
from app.review.outcomes import NO_CLASS

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


def summary(*rows: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["truth", "said"])


def test_rows_next_to_their_class_are_counted_where_there_is_an_order():
    rows = summary((1, 0), (3, 4), (1, 1), (1, 4), (NO_CLASS, 0), (0, NO_CLASS))
    assert class_order.off_by_one(rows, FIVE) == 2
    assert class_order.off_by_one(rows, tuple("abcde")) == 0


def test_labels_that_name_fewer_classes_are_said():
    rows = summary((1, 0), (1, 0), (3, 4), (1, 1), (1, 4), (NO_CLASS, 2))
    said = class_order.coarse_labels(rows, FIVE)
    assert "name 2 of the model's 5 classes (negative, positive)" in said
    assert "“very negative” counts as incorrect where the label is “negative”" in said
    assert said.endswith("3 rows are incorrect only in this way.")
    assert class_order.coarse_labels(rows, tuple("abcde")) == ""
    # A prediction that labels do name is a mistake like any other.
    assert class_order.coarse_labels(summary((0, 1), (1, 0)), FIVE) == ""
