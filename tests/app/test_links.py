"""The address restores a view, and nonsense in it is a notice."""

from __future__ import annotations

import pytest

from app import settings
from tests.app.reading import healthy, html, messages, widget

VIEW = {"text": "good film", "target": "1", "contrast": "0", "eps": "0.002", "bias_factor": "0.25",
        "palette": "mono"}  # fmt: skip


def test_a_link_restores_the_view(opened):
    app = opened(**VIEW)
    assert healthy(app)
    assert not messages(app)
    assert widget(app, "text").value == "good film"
    assert (widget(app, "target").value, widget(app, "contrast").value) == (1, 0)
    assert (widget(app, "eps").value, widget(app, "bias_factor").value) == (0.002, 0.25)
    assert widget(app, "palette").value == "mono"
    assert "for <b><bdi>no</bdi></b>" in html(app)


@pytest.mark.parametrize(
    ("name", "value"),
    [("target", "-1"), ("target", "x"), ("target", "9"), ("contrast", "1e3"), ("eps", "nan"),
     ("eps", "0"), ("eps", "-1"), ("bias_factor", "2"), ("palette", "*red*"), ("same_scale", "2"),
     ("text", "a" * (settings.TEXT_CHARACTERS + 1))],
)  # fmt: skip
def test_a_malformed_parameter_is_ignored_with_a_notice(opened, name, value):
    app = opened(**{name: value})
    assert healthy(app)
    assert len(app.warning) == 1
    assert "ignored" in app.warning[0].value
    app.run()
    assert not app.warning  # said once


def test_only_what_differs_stands_in_the_address(opened, network):
    app = opened()
    assert not dict(app.query_params)
    widget(app, "text").set_value("good film").run()
    widget(app, "target").set_value(1).run()
    assert dict(app.query_params) == {
        "text": "good film",
        "target": "1",
        "model": network.hash[:12],
    }


def test_a_long_text_is_left_out_of_the_address(opened):
    app = opened()
    widget(app, "text").set_value("good " * settings.LINK_CHARACTERS).run()
    assert "text" not in dict(app.query_params)
    assert any("too long for a link" in caption.value for caption in app.caption)


def test_a_link_made_with_another_model_says_so(opened, network):
    assert "another model" in messages(opened(text="good film", model="0123456789ab"))
    assert not messages(opened(text="good film", model=network.hash[:12]))
