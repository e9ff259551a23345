"""Several reviewers: what each says, and how far they agree."""

from __future__ import annotations

import pytest

from app.review.reviewers import (
    agreement_sentence,
    agreements,
    choices_in,
    kappa,
    newest_of,
    reviewers_in,
)
from app.review.verdicts import VERDICTS, Review, Verdict, contradiction


def said(version: int, choice: str, reviewer: str) -> Review:
    return Review(verdict=Verdict(choice=choice, reviewer=reviewer), version=version)


GIVEN = {
    0: {"Ana": said(1, "agree", "Ana"), "Ben": said(2, "agree", "Ben")},
    1: {"Ana": said(2, "wrong", "Ana"), "Ben": said(1, "agree", "Ben")},
    2: {"Ana": said(1, "agree", "Ana"), "Ben": said(3, "", "Ben")},  # taken back
    3: {"Ana": said(1, "wrong", "Ana"), "Ben": said(2, "wrong", "Ben"), "": said(3, "wrong", "")},
}


def test_the_newest_of_each_and_of_all():
    assert choices_in(GIVEN)[2] == {"Ana": "agree"}
    assert {row: one.version for row, one in newest_of(GIVEN).items()} == {0: 2, 1: 2, 2: 3, 3: 3}
    assert reviewers_in(GIVEN) == ["", "Ana", "Ben"]


def test_agreement_is_of_rows_that_both_judged():
    found = {(one.one, one.other): one for one in agreements(GIVEN)}
    ana = found["Ana", "Ben"]
    assert (ana.rows, ana.same) == (3, 2)
    # p = 2/3, e = (1/3 * 2/3) + (2/3 * 1/3) = 4/9
    assert ana.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert agreement_sentence(ana) == (
        "Ana and Ben agree on 2 of the 3 rows that both judged "
        "(66.7\N{NO-BREAK SPACE}%; Cohen’s κ 0.40)."
    )
    assert found["", "Ana"].kappa is None
    assert "unnamed and Ana agree on 1 of the 1 rows" in agreement_sentence(found["", "Ana"])
    assert agreements({0: {"Ana": said(1, "agree", "Ana")}}) == []


def test_kappa_of_the_source():
    """The worked example of Cohen 1960, table 1, as frequencies of 200."""
    counts = {("a", "a"): 88, ("a", "b"): 14, ("a", "c"): 18, ("b", "a"): 10, ("b", "b"): 40,
              ("b", "c"): 10, ("c", "a"): 2, ("c", "b"): 6, ("c", "c"): 12}  # fmt: skip
    pairs = [pair for pair, count in counts.items() for _ in range(count)]
    # p = 140 / 200 = .70, e = .60 * .50 + .30 * .30 + .10 * .20 = .41
    assert kappa(pairs) == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    assert kappa([("a", "b"), ("b", "a")]) == pytest.approx(-1)


@pytest.mark.parametrize("right", [True, False, None])
@pytest.mark.parametrize("choice", VERDICTS)
def test_what_contradicts_a_row(choice, right):
    doubted = {("agree", False), ("wrong", True), ("reasons", False)}
    assert bool(contradiction(choice, right)) == ((choice, right) in doubted)
