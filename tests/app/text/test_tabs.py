"""Titles of browser tabs."""

from __future__ import annotations

import pytest

from app.navigation import View
from app.text.tabs import ABOUT, title


@pytest.mark.parametrize(
    ("view", "text", "expected"),
    [
        (View.EXPLAIN, "a good film", "a good film · Explain · LRP Lens"),
        (View.COMPARE, " two\nlines ", "two lines · Compare · LRP Lens"),
        (View.LEARN, "a good film", "Mine · Learn · LRP Lens"),
        (View.EXPLAIN, "", "Mine · Explain · LRP Lens"),
    ],
)
def test_a_tab_says_what_and_where(view, text, expected):
    assert title(view, text=text, model="Mine") == expected


def test_a_long_text_ends_with_a_word():
    said, *_ = title(View.EXPLAIN, text="well drawn " * 50, model="Mine").split(" · ")
    assert said.endswith(" …")
    assert set(said.removesuffix(" …").split()) == {"well", "drawn"}
    assert len(said) <= ABOUT + 2
    assert title(View.EXPLAIN, text="x" * 500, model="").startswith("x" * ABOUT + " … · ")
