"""Small numbers as a sentence writes them."""

from __future__ import annotations

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve")  # fmt: skip


def spelled(count: int) -> str:
    """A count as a word; from 13 on in digits."""
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}"
