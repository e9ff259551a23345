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
    if session.get("beside") == pin.text:
        session.put("beside", "")


def place_beside(text: str) -> None:
    """Callback: show a text beside the present one, "" for none."""
    session.choose(beside=text)


def beside(text: str) -> str:
    """The text that stands beside another one, which an address says, too; none beside itself."""
    other: str = session.get("beside")
    return "" if other == text else other


def _without(pin: Pin) -> tuple[Pin, ...]:
    return tuple(one for one in session.get("pins")
                 if (one.text, one.model) != (pin.text, pin.model))  # fmt: skip
