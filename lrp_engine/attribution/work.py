"""What methods compute on request: counted before it runs, told while it runs, given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lrp_engine.errors import CancelledError, InputError


class Cancel(Protocol):
    """Whether to stop, for example a `threading.Event`."""

    def is_set(self) -> bool: ...


def require_callbacks(progress: Any = None, cancel: Any = None) -> None:
    """Stop before anything is computed, where nobody could be told or asked.

    Raises:
        InputError: `progress` cannot be called, or `cancel` has no `is_set`.
    """
    if progress is not None and not callable(progress):
        raise InputError(f"progress is {progress!r:.60}, expected a function that is told of it.")
    if cancel is not None and not callable(getattr(cancel, "is_set", None)):
        raise InputError(
            f"cancel is {cancel!r:.60}, expected an object with is_set(), as threading.Event()."
        )


@dataclass(frozen=True)
class PassCount:
    """How many times a network runs over one input, at most.

    Attributes:
        forward: forward passes alone.
        backward: backward passes, each with its forward pass.
    """

    forward: int = 0
    backward: int = 0

    def __add__(self, other: PassCount) -> PassCount:
        return PassCount(self.forward + other.forward, self.backward + other.backward)

    @property
    def total(self) -> int:
        return self.forward + self.backward

    def __str__(self) -> str:
        kinds = (("backward", self.backward), ("forward", self.forward))
        said = [f"{count:,} {kind} pass{'es' * (count != 1)}" for kind, count in kinds if count]
        return " and ".join(said) or "no pass"


class Work:
    """Passes of an explanation that methods ask for, besides those that all methods share.

    Args:
        expected: how many there are, at most.
        progress: called with (passes done, `expected`) after each batch of passes.
        cancel: looked at before each batch.
    """

    def __init__(
        self,
        expected: int,
        progress: Callable[[int, int], object] | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        self.expected, self.passed = expected, 0
        self._progress, self._cancel = progress, cancel

    def begin(self) -> None:
        """Before a batch.

        Raises:
            CancelledError: it was cancelled.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise CancelledError("The explanation was cancelled.")

    def done(self, rows: int) -> None:
        """After a batch of so many passes."""
        self.passed += rows
        if self._progress is not None:
            self._progress(min(self.passed, self.expected), self.expected)
