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


class CancelledError(Exception):
    """Work was given up before its end, as somebody asked; nothing of it is kept."""


class RowsError(InputError):
    """Some of several inputs do not fit; the others would.

    Attributes:
        rows: positions of the inputs that this happens to, perhaps not all of them.
        reason: of one of them, without its number.
    """

    def __init__(self, sentence: str, rows: Sequence[int], reason: str) -> None:
        super().__init__(sentence)
        self.rows, self.reason = tuple(rows), reason


class OverflowInputError(RowsError):
    """Numbers on the way to a result leave the range of the network's dtype.

    Args:
        gates: the gate rules that may be the cause, as the scores themselves are finite.
    """

    def __init__(self, rows: Sequence[int], dtype: str, gates: Sequence[str] = ()) -> None:
        why, whose = "weights, inputs or eps are too extreme", "its words or eps are too extreme"
        mend = ""
        if gates:
            rule = f"the gate rule {choices(gates)} makes relevance too large"
            why = whose = rule
            mend = " Choose the gate rule 'all'."
        super().__init__(
            f"The numbers of input {rows[0]} overflow: {why} for {dtype}.{mend}",
            rows,
            f"Its numbers overflow: {whose} for {dtype}.{mend}",
        )


def choices(names: object) -> str:
    """List valid choices for an error message: ``'a', 'b', 'c'``."""
    return ", ".join(repr(name) for name in names)  # type: ignore[attr-defined]
