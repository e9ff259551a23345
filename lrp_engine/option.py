"""Option: a number that a rule or a method has of its own, as forms and commands ask for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Option:
    """A number to choose.

    Attributes:
        name: of the field; title: for people.
        smallest, largest: its range. suggested: numbers worth comparing.
        meaning: what it does, for people.
    """

    name: str
    title: str
    smallest: float
    largest: float
    suggested: tuple[float, ...]
    meaning: str
