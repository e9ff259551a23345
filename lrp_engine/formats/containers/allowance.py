"""What several files together may unfold to, where a caller has less room than `LIMITS` allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from .limits import LIMITS, Limits, megabytes


@dataclass
class Allowance:
    """Attributes:
    left: bytes that the next file may unfold to.
    """

    left: int

    def explains(self, refusal: str) -> bool:
        """Whether a file was refused for want of this, and not by `LIMITS`."""
        return self.left < LIMITS.output_bytes and megabytes(self.left) in refusal


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
    return replace(limits, output_bytes=min(limits.output_bytes, allowance.left))


def spend(size: int) -> None:
    """A file unfolded to so many bytes."""
    allowance = _ALLOWANCE.get()
    if allowance is not None:
        allowance.left -= size
