"""Whose turn it is: so many do something heavy at once, the others wait in the order they came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lrp_engine.errors import InputError

LOOK = 0.5  # seconds between two times that somebody is told how many are before them


class WaitingLine:
    """People in the order they came.

    Args:
        at_once: how many have their turn.
        waiting: how many may stand in line behind them.
        what: they wait for, in the plural.
    """

    def __init__(self, at_once: int, *, waiting: int, what: str = "files") -> None:
        self.at_once, self.waiting, self.what = at_once, waiting, what
        self._line: list[object] = []
        self._moved = threading.Condition()

    @contextmanager
    def take(self, tell: Callable[[int], object] = int) -> Iterator[None]:
        """Wait for the turn, and have it until the end of the block.

        Args:
            tell: called with the number of those who come before, again and again; what it raises
                leaves the line.

        Raises:
            InputError: too many wait already.
        """
        place = object()
        with self._moved:
            if len(self._line) >= self.at_once + self.waiting:
                raise InputError(
                    f"{len(self._line)} {self.what} are being read or wait for it, as many as this "
                    "server takes. Try again in a minute."
                )
            self._line.append(place)
        try:
            while before := self._before(place):
                tell(before)
                with self._moved:
                    if self._before(place) == before:
                        self._moved.wait(LOOK)
            yield
        finally:
            with self._moved:
                self._line.remove(place)
                self._moved.notify_all()

    def _before(self, place: object) -> int:
        return max(0, self._line.index(place) - self.at_once + 1)

    def __len__(self) -> int:
        return len(self._line)
