"""Texts that a spreadsheet would run are made harmless, all others stay as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from app.figures.spreadsheet import harmless, harmless_csv


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@A1", "|x", "%x", "  =1", "\u3000=1", "\x00=1", "\tx", "\x7fx"),
        *("＝1", "＋1", "－1", "＠A1", "﹢1", " ＝1", " " * 99 + "＝1"),
    ],
    ids=ascii,
)
def test_an_apostrophe_stands_before_what_could_be_a_formula(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["good", "a=1", "", " ", "−1", "1", "'=1", 5, -1.5, None])
def test_all_else_stays(text):
    assert harmless(text) == text


def test_names_of_columns_are_texts_too():
    assert harmless_csv(pd.DataFrame({"＝a": ["＠b"], "n": [-1]})) == "'＝a,n\n'＠b,-1\n"
