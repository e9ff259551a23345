"""Names of the classes, as a list or by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.files import plain_list, read_json


def read_labels(value: Any) -> tuple[str, ...] | None:
    """One name per class: a list, a dictionary number -> name or name -> number, or JSON.

    Raises:
        FormatError: the names are no texts, or their numbers leave gaps.
        InputError: the value is of a type that cannot be meant.
    """
    value = read_json(value, "The list of labels")
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = _by_number(value)
    value = plain_list(value)
    if not isinstance(value, Sequence):
        raise InputError(f"labels is {type(value).__name__}; give one name per class.")
    names = tuple(value)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong or not names:
        raise FormatError(f"labels must be one text per class, found {wrong[:1] or 'none'}.")
    return tuple(map(str, names))


def _by_number(value: Mapping[Any, Any]) -> list[Any]:
    """{0: "no", 1: "yes"}, {"0": "no", ...} or {"no": 0, ...} as a list."""
    by_number = {str(key): name for key, name in value.items()}
    if all(type(number) is int for number in value.values()):
        by_number = {str(number): name for name, number in value.items()}
    if set(by_number) != {str(n) for n in range(len(value))}:
        raise FormatError(f"labels must number the classes from 0 to {len(value) - 1}, each once.")
    return [by_number[str(n)] for n in range(len(value))]
