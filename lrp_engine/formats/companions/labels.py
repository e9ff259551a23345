"""Names of the classes, as a list or by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.files import plain_list, read_json, unpickled
from lrp_engine.formats.containers.pickle_objects import LABEL_ENCODER, ONE_HOT_ENCODER
from lrp_engine.formats.containers.pickle_tree import PickledObject

_WHAT = "The list of labels"


def read_labels(value: Any) -> tuple[str, ...] | None:
    """One name per class: a list, a dictionary number -> name or name -> number, or JSON; or a
    pickled LabelEncoder or OneHotEncoder.

    Raises:
        FormatError: the names are no texts, or their numbers leave gaps.
        InputError: the value is of a type that cannot be meant.
    """
    value = _from_file(value)
    if value is None:
        return None
    if isinstance(value, PickledObject):
        value = _of_encoder(value)
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


def _from_file(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):  # a text, no path
        return read_json(value, _WHAT)
    return read_json(unpickled(value, _WHAT), _WHAT)


def _of_encoder(value: PickledObject) -> list[Any]:
    """The classes of a LabelEncoder, or the only feature's categories of a OneHotEncoder."""
    if value.title == LABEL_ENCODER:
        names = value.state["classes_"]
    elif value.title == ONE_HOT_ENCODER:
        features = value.state["categories_"]
        if not isinstance(features, list) or len(features) != 1:
            raise FormatError(
                "The OneHotEncoder encodes more than one column; give one name per class."
            )
        names = features[0]
    else:
        raise FormatError(f"{_WHAT} is {value.title}; give it as `vocabulary`.")
    names = plain_list(names)
    if not isinstance(names, list):
        raise FormatError(f"The classes of {value.title} are no list; the file is damaged.")
    # Classes may be numbers, which were the author's names for them.
    return [str(name) if isinstance(name, int | float) else name for name in names]


def _by_number(value: Mapping[Any, Any]) -> list[Any]:
    """{0: "no", 1: "yes"}, {"0": "no", ...} or {"no": 0, ...} as a list."""
    by_number = {str(key): name for key, name in value.items()}
    if all(type(number) is int for number in value.values()):
        by_number = {str(number): name for name, number in value.items()}
    if set(by_number) != {str(n) for n in range(len(value))}:
        raise FormatError(f"labels must number the classes from 0 to {len(value) - 1}, each once.")
    return [by_number[str(n)] for n in range(len(value))]
