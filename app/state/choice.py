"""One thing that a user sets, and how parts of an address are read: with suspicion."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.navigation import View

# Python also reads "1_0" and the digits of other scripts.
_WHOLE = re.compile("[0-9]{1,4}")
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e[-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Choice:
    """One thing a user sets; `read` makes it of a query parameter or raises.

    A choice of one `view` stands only in the address of that page.
    """

    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    expected: str = ""
    view: View | None = None


def class_number(text: str) -> int:
    """A whole number of up to four digits."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def between(low: float, high: float) -> Callable[[str], float]:
    """Reads a number of a range."""

    def read(text: str) -> float:
        if not _DECIMAL.fullmatch(text.removeprefix("-") if low < 0 else text):
            raise ValueError(text)
        number = float(text)
        if not math.isfinite(number) or not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def shortest(number: float) -> str:
    """As few digits as say exactly this number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def switch(text: str) -> bool:
    """Reads 0 or 1."""
    return {"1": True, "0": False}[text]


def one_of(*words: str) -> Callable[[str], str]:
    """Reads one of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Reads what a pattern matches as a whole."""

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return read
