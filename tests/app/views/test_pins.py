"""Pinned texts on the page Explain: kept, opened again, side by side, let go."""

from __future__ import annotations

from html import escape

from app import settings
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
    app = press(app, "good film")
    assert healthy(app)
    assert widget(app, "text").value == "good film"
    assert not [s for s in app.subheader if s.value == "Pinned"]  # none stands beside itself


def test_pins_are_let_go(opened, monkeypatch):
    monkeypatch.setattr(settings, "PINS", 2)
    app = press(opened(text="good film"), "Pin this text")
    widget(app, "text").set_value("bad film").run()
    app = press(press(app, "Side by side"), "Remove")
    assert healthy(app)
    assert pinned(app) == []
    assert not [h for h in app.header if h.value == "Pinned texts"]
    for n in range(4):
        widget(app, "text").set_value(f"film {n}").run()
        app = press(app, "Pin this text")
    assert [pin.text for pin in pinned(app)] == ["film 2", "film 3"]
