"""The Conservation page: the verdict and where the score goes."""

from __future__ import annotations

import pytest

from tests.app.reading import healthy, html, messages, widget


@pytest.mark.parametrize("bias_factor", [0.0, 1.0])
def test_everything_adds_up(opened, bias_factor):
    app = opened("conservation")
    widget(app, "bias_factor").set_value(bias_factor).run()
    assert healthy(app)
    assert "Passed" in messages(app)
    assert "the words carry" in html(app)


def test_the_ledger_ends_in_the_score(opened):
    table = opened("conservation").dataframe[0].value
    parts, total = table[:-1], table.iloc[-1]
    assert total["kind"] == "total"
    assert parts["relevance"].sum() == pytest.approx(total["relevance"], abs=1e-5)
