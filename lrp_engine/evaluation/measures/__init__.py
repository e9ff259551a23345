"""The table of measures. Whoever measures explanations, or shows what was measured, reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lrp_engine.errors import InputError, choices
from lrp_engine.evaluation.measures import (
    conciseness,
    drops,
    erasure,
    flipping,
    known,
    pointing,
    sanity,
)
from lrp_engine.evaluation.measures.base import Measure

__all__ = ["FAST_MEASURES", "MEASURES", "Measure", "measures_named"]

# Name -> measure, in the order in which people see them.
MEASURES: dict[str, Measure] = {
    measure.name: measure
    for module in (erasure, flipping, pointing, drops, conciseness, known, sanity)
    for measure in module.MEASURES
}

# What is measured unless others are asked for.
FAST_MEASURES = {name: measure for name, measure in MEASURES.items() if measure.fast}


def measures_named(names: Sequence[str] | None) -> tuple[Measure, ...]:
    """The measures of these names, the fast ones where there is no list.

    Raises:
        InputError: there is none of a name; lists them.
    """
    asked: object = FAST_MEASURES if names is None else names
    if not isinstance(asked, Iterable):
        raise InputError(f"measures is {asked!r:.60}; list some of {choices(MEASURES)}.")
    names = [asked] if isinstance(asked, str) else list(asked)
    if not names:
        raise InputError(f"There is no measure; choose from {choices(MEASURES)}.")
    for name in names:
        if not isinstance(name, str) or name not in MEASURES:
            raise InputError(f"There is no measure {name!r:.40}; choose from {choices(MEASURES)}.")
    return tuple(MEASURES[name] for name in dict.fromkeys(names))
