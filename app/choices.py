"""What a user can set: default, and how an address says it. Addresses are read with suspicion."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import settings
from lrp_engine import palettes

PREDICTED = "predicted"  # the target that follows the model
NOTHING = "nothing"  # no contrast


# Python also reads "1_0" and the digits of other scripts.
_WHOLE = re.compile("[0-9]{1,4}")
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e[-+]?[0-9]{1,3})?")


def _class(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _class_or(word: str) -> Callable[[str], int | str]:
    return lambda text: word if text == word else _class(text)


def _between(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(text)
        number = float(text)
        if not math.isfinite(number) or not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def digits(number: float) -> str:
    """As few digits as say exactly this number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _text(text: str) -> str:
    if len(text) > settings.TEXT_CHARACTERS:
        raise ValueError("too long")
    return text


def _position(text: str) -> int | None:
    return _class(text) if text else None


def _switch(text: str) -> bool:
    return {"1": True, "0": False}[text]


def _palette(text: str) -> str:
    if text not in palettes.PALETTES:
        raise ValueError(text)
    return text


@dataclass(frozen=True)
class Choice:
    """One thing a user sets; `read` makes it of a query parameter or raises."""

    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    expected: str = ""


# By name, which is also the name of the query parameter.
CHOICES: dict[str, Choice] = {
    "text": Choice(settings.DEFAULT_TEXT, _text, expected="a shorter text"),
    "edited": Choice("", _text, expected="a shorter text"),
    "pick": Choice(None, _position, expected="the position of a word"),
    "target": Choice(PREDICTED, _class_or(PREDICTED), expected="the number of a class"),
    "contrast": Choice(NOTHING, _class_or(NOTHING), expected="the number of a class"),
    "eps": Choice(
        settings.EPS_DEFAULT,
        _between(settings.EPS_SMALLEST, settings.EPS_LARGEST),
        digits,
        f"a number from {settings.EPS_SMALLEST:g} to {settings.EPS_LARGEST:g}",
    ),
    "bias_factor": Choice(
        settings.BIAS_FACTOR_DEFAULT, _between(0, 1), digits, "a number from 0 to 1"
    ),
    "palette": Choice(palettes.DEFAULT, _palette, expected=" or ".join(palettes.PALETTES)),
    "same_scale": Choice(False, _switch, lambda value: str(int(value)), "0 or 1"),
    "values": Choice(True, _switch, lambda value: str(int(value)), "0 or 1"),
}
