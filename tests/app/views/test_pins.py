"""Pinned texts on the page Explain: kept, opened again, side by side, let go."""

from __future__ import annotations

from html import escape

import pytest

from app import cache, settings
from app.state.pins import Pin
from lrp_engine.render.said import said
from tests.app.reading import healthy, html, press, widget

HOSTILE = "<img src=x onerror=alert(1)> film"


def pinned(app) -> list[Pin]:
    return list(app.session_state["lens.pins"])


def test_texts_are_kept_with_what_the_model_said(opened, network):
    app = press(opened(text="good film"), "Pin this text")
    widget(app, "text").set_value(HOSTILE).run()
    app = press(app, "Pin this text")
    assert healthy(app)
    assert [pin.text for pin in pinned(app)] == ["good film", HOSTILE]
    (one,) = said(network.explain(["good film"]))
    assert pinned(app)[0].said == f"{one.label} ({one.figure})"
    assert not [b for b in app.button if b.label == "Pin this text"]  # it is pinned
    assert "<img" not in html(app)


def test_a_pinned_text_opens_again_and_stands_beside_another(opened, network):
    app = press(opened(text="good film"), "Pin this text")
    widget(app, "text").set_value("bad film").run()
    app = press(app, "Side by side")
    assert healthy(app)
    assert [s.value for s in app.subheader if s.value in ("This text", "Pinned")] == [
        "This text", "Pinned"]  # fmt: skip
    for text in ("good film", "bad film"):
        (one,) = said(network.explain([text]))
        assert f"The model says <b><bdi>{escape(one.label)}</bdi></b> ({one.figure})." in html(app)
    assert dict(app.query_params)["beside"] == "good film"
    again = opened(text="bad film", beside="good film")  # a link, in a session without pins
    assert healthy(again)
    assert [s.value for s in again.subheader if s.value == "Pinned"] == ["Pinned"]
    app = press(app, "good film")
    assert healthy(app)
    assert widget(app, "text").value == "good film"
    assert not [s for s in app.subheader if s.value == "Pinned"]  # none stands beside itself


def test_each_text_is_explained_for_what_the_model_says_of_it(opened, network):
    texts = ["good film", "bad film"]

    def asked(app) -> list[tuple]:
        calls.clear()
        assert healthy(app.run())
        return [target for text, target in calls if text == texts[1]]

    calls: list[tuple] = []
    real = cache.explained

    def noted(model, text, target, *more):
        calls.append((text, target))
        return real(model, text, target, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "explained", noted)
        assert asked(opened(text=texts[0], beside=texts[1])) == [None]  # the class predicted
        app = opened(text=texts[0], beside=texts[1], target="1")
        assert asked(app) == [1]
    differs = [text for text in texts if int(network.explain([text]).predicted[0]) != 1]
    sentence = f"Explained: <b><bdi>{network.labels[1]}</bdi></b>."
    assert differs
    assert html(app).count(sentence) == len(differs)


def test_pins_are_let_go(opened, monkeypatch):
    monkeypatch.setattr(settings, "PINS", 2)
    app = press(opened(text="good film"), "Pin this text")
    widget(app, "text").set_value("bad film").run()
    app = press(press(app, "Side by side"), "Remove")
    assert healthy(app)
    assert pinned(app) == []
    assert not [s for s in app.subheader if s.value == "Pinned"]
    assert "beside" not in dict(app.query_params)
    for n in range(4):
        widget(app, "text").set_value(f"film {n}").run()
        app = press(app, "Pin this text")
    assert [pin.text for pin in pinned(app)] == ["film 2", "film 3"]
