"""Option: what a rule or a method lets people choose, as forms and commands ask for it."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp_engine.errors import InputError, choices


def plain_number(value: Any) -> Any:
    """A number of numpy as Python's own, which JSON knows; anything else as it is."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def whole_number(name: str, value: Any, *, least: int = 1, expected: str = "") -> int:
    """A number that counts something, of Python or numpy, as Python's own.

    Args:
        name: of the argument. expected: in words; empty for a whole number from `least` on.

    Raises:
        InputError: it is no whole number, or less than `least`.
    """
    found = plain_number(value)
    if isinstance(found, bool) or not isinstance(found, int) or found < least:
        expected = expected or f"a whole number from {least} on"
        raise InputError(f"{name} is {value!r:.40}, expected {expected}.")
    return found


@dataclass(frozen=True, kw_only=True)
class Option:
    """A number in a range, or one of several names.

    Attributes:
        name: of the field or argument; title: for people.
        meaning: what it does, for people.
        smallest, largest: range of a number. suggested: numbers worth comparing.
        whole: whether the number counts something.
        choices: the names to choose from, in place of a number.
        default: what it is unless chosen; None for a rule's, whose field has it.
    """

    name: str
    title: str
    meaning: str
    smallest: float = -math.inf
    largest: float = math.inf
    suggested: tuple[float, ...] = ()
    whole: bool = False
    choices: tuple[str, ...] = ()
    default: float | str | None = None

    def parsed(self, text: str) -> float | int | str:
        """The value that a text stands for.

        Raises:
            InputError: as `checked`.
        """
        value: float | str = text
        if not self.choices:
            with contextlib.suppress(ValueError):  # then `checked` says what is expected
                value = int(text) if self.whole else float(text)
        return self.checked(value)

    def checked(self, value: Any) -> float | int | str:
        """The value as a plain Python one.

        Raises:
            InputError: it is none of the choices, or no number of the range; lists what is.
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise InputError(
                    f"{self.name} is {value!r:.40}; choose from {choices(self.choices)}."
                )
            return value
        kinds: tuple[type, ...] = (int, np.integer)
        if not self.whole:
            kinds += float, np.floating
        number = isinstance(value, kinds) and not isinstance(value, bool)
        if not number or not (math.isfinite(value) and self.smallest <= value <= self.largest):
            kind = "a whole number" if self.whole else "a number"
            raise InputError(
                f"{self.name} must be {kind} from {self.smallest:g} to {self.largest:g}, found "
                f"{value!r:.40}."
            )
        return int(value) if self.whole else float(value)
