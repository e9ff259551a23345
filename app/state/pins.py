"""Pinned texts: what the models of a session said of them, to return to and to compare with."""

from __future__ import annotations

from dataclasses import dataclass

from app import settings
from app.state import session


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A text and what a model said of it.

    Attributes:
        text: as it was explained, edits included. model: its short hash.
        said: the prediction in words, as "negative (55.5 %)".
    """

    text: str
    model: str
    said: str


def of_model(model: str) -> list[Pin]:
    """Pins of a model, the newest first."""
    pins: tuple[Pin, ...] = session.get("pins")
    return [pin for pin in reversed(pins) if pin.model == model]


def is_pinned(text: str, model: str) -> bool:
    return any(pin.text == text for pin in of_model(model))


def add(pin: Pin) -> None:
    """Callback: keep a text; beyond `settings.PINS` the oldest one is let go."""
    session.choose(pins=(*_without(pin), pin)[-settings.PINS :])


def remove(pin: Pin) -> None:
    """Callback: let a text go."""
    session.choose(pins=_without(pin))
    if session.get("beside") == pin:
        session.put("beside", None)


def place_beside(pin: Pin | None) -> None:
    """Callback: show a text beside the present one, or none."""
    session.choose(beside=pin)


def beside(text: str, model: str) -> Pin | None:
    """The pin that stands beside a text; none beside itself."""
    pin: Pin | None = session.get("beside")
    return pin if pin is not None and pin.model == model and pin.text != text else None


def _without(pin: Pin) -> tuple[Pin, ...]:
    return tuple(one for one in session.get("pins")
                 if (one.text, one.model) != (pin.text, pin.model))  # fmt: skip
