"""Days in words."""

from __future__ import annotations

from datetime import date


def day(when: date) -> str:
    """A day, or the day of a time, as "7 March 2026"."""
    return f"{when.day} {when:%B %Y}"
