"""Names around a network: of classes or values, their units, features and words, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrp_engine.errors import FormatError

if TYPE_CHECKING:
    from lrp_engine.model.outputs import HasOutput


def named(attribute: str, given: Sequence[str], default: tuple[str, ...]) -> tuple[str, ...]:
    """The names given, one for each of the default's; the default where there are none.

    Raises:
        FormatError: they are too many or too few, no texts, or one stands twice.
    """
    names, count = tuple(given), len(default)
    if not names:
        return default
    if len(names) != count:
        raise FormatError(
            f"Found {len(names)} {attribute} {names}, expected {count}: one for each, in the order "
            "of the network."
        )
    if not all(isinstance(name, str) for name in names) or len(set(names)) != count:
        raise FormatError(f"The {attribute} must be different texts, found {names}.")
    return names


def value_units(given: Sequence[str], of: HasOutput, count: int) -> tuple[str, ...]:
    """The unit of each of so many values; one stands for all.

    Raises:
        FormatError: there are classes, or not as many units.
    """
    units = tuple(given) * (count if len(given) == 1 else 1)
    if units and of.has_classes:
        raise FormatError(
            f"value_units are units of values, but the output is {of.output!r}, which has "
            "classes; leave them out, or say output 'linear'."
        )
    if units and len(units) != count:
        raise FormatError(f"Found {len(units)} value_units {units}, expected {count}.")
    return units


def unit_names(given: Sequence[str], count: int) -> tuple[str, ...]:
    """The name of each of so many numbers of a step; none where nobody says them.

    Args:
        count: 0 where steps are no vectors.

    Raises:
        FormatError: they are too many or too few, no texts, or one stands twice.
    """
    if given and not count:
        raise FormatError(
            f"Found {len(given)} names of units, but the network reads no steps of numbers; name "
            "the inputs of a network without a time axis by `features`."
        )
    return named("units", given, tuple(map(str, range(count)))) if given else ()


def require_rows(words: int, rows: int | None, offset: int, units: int) -> None:
    """Stop where so many words of a vocabulary have no rows of an embedding.

    Args:
        rows: None where there is no embedding; offset: of the ids of words; units: of a step.

    Raises:
        FormatError: there is no embedding, or it is too small.
    """
    if rows is None:
        raise FormatError(
            f"There is a vocabulary of {words} words but no embedding layer; pass "
            f"`embeddings`, an array of shape ({words}, {units})."
        )
    if words + offset > rows:
        shifted = f", shifted by {offset}" if offset else ""
        raise FormatError(
            f"The vocabulary has {words} words{shifted}, but the embedding has only {rows} rows."
        )
