"""The two exceptions a user of the library meets; their text is a sentence to show as it is."""

from __future__ import annotations

from collections.abc import Sequence


class LensError(ValueError):
    """Base of both, for callers that show any of them the same way."""


class FormatError(LensError):
    """A file is malformed, hostile or not supported."""


class InputError(LensError):
    """A text, target, option or array given by the caller does not fit the network."""


class CostError(InputError):
    """A pass over an input would cost more than passes may; nothing was computed."""


class OutOfTimeError(CostError):
    """The time for passes is over; the one that would have come next did not begin."""


class OverflowInputError(InputError):
    """Numbers on the way to a result leave the range of the network's dtype.

    Attributes:
        rows: positions of the inputs that this happens to, perhaps not all of them.
    """

    def __init__(self, rows: Sequence[int], dtype: str) -> None:
        super().__init__(
            f"The numbers of input {rows[0]} overflow: weights, inputs or eps are too extreme for "
            f"{dtype}."
        )
        self.rows = tuple(rows)


def choices(names: object) -> str:
    """List valid choices for an error message: ``'a', 'b', 'c'``."""
    return ", ".join(repr(name) for name in names)  # type: ignore[attr-defined]
