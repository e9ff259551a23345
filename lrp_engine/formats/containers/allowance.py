"""What several files together may unfold to, where a caller has less room than `LIMITS` allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from lrp_engine.errors import FormatError

from .limits import LIMITS, Limits, megabytes

NUMBER = 4  # bytes that a number of fewer counts as: a network holds so many
WORD = 40  # bytes that a value or word of a text counts as, besides its characters


class NoRoomError(FormatError):
    """Files unfold to more than the caller has room for."""


@dataclass
class Allowance:
    """Attributes:
    left: bytes that the next array or text may take.
    told: the limit that the reader of the last file was told, for people.
    """

    left: int
    told: str = megabytes(LIMITS.output_bytes)

    def refused(self, error: FormatError) -> bool:
        """Whether a file was refused for want of this, and not by `LIMITS`."""
        if isinstance(error, NoRoomError):
            return True
        return self.told in str(error) and self.told != megabytes(LIMITS.output_bytes)

    def take(self, size: int) -> None:
        if size > self.left:
            raise NoRoomError(
                f"The file unfolds to {megabytes(size)} more where {megabytes(self.left)} are left."
            )
        self.left -= size


_ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def unfolding(at_most: int) -> Iterator[Allowance]:
    """Allow the files that this thread reads in the block so many bytes, all of them together."""
    allowance = Allowance(at_most)
    token = _ALLOWANCE.set(allowance)
    try:
        yield allowance
    finally:
        _ALLOWANCE.reset(token)


def within(limits: Limits) -> Limits:
    """The limits of the next file, cut to what is left of an allowance."""
    allowance = _ALLOWANCE.get()
    if allowance is None:
        return limits
    limits = replace(limits, output_bytes=min(limits.output_bytes, allowance.left))
    allowance.told = megabytes(limits.output_bytes)
    return limits


def take_numbers(count: int, itemsize: int) -> None:
    """An array is about to be taken in; NoRoomError where it would become too large."""
    if (allowance := _ALLOWANCE.get()) is not None:
        allowance.take(count * max(itemsize, NUMBER))


def take_text(text: bytes) -> None:
    """A text is about to be read: a list of words takes many times its characters.

    Raises:
        NoRoomError: it would take too much.
    """
    if (allowance := _ALLOWANCE.get()) is not None:
        allowance.take(len(text) + WORD * (text.count(b"\n") + text.count(b",")))
