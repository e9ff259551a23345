"""Whose work is done next: sessions take turns, and each has one thing at work at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


class Turns:
    """Who is at work, and who was served when."""

    def __init__(self) -> None:
        self._at_work: set[Hashable] = set()
        self._served: dict[Hashable, int] = {}
        self._turn = 0

    def next(self, waiting: Sequence[Hashable]) -> int | None:
        """Position of the one whose turn it is, None where nobody may begin.

        Args:
            waiting: the owners of what waits, in the order in which they came.
        """
        free = [n for n, owner in enumerate(waiting) if owner not in self._at_work]
        return min(free, key=lambda n: (self._served.get(waiting[n], 0), n), default=None)

    def begin(self, owner: Hashable) -> None:
        self._at_work.add(owner)

    def end(self, owner: Hashable) -> None:
        """The owner's turn is over; everybody else who waits comes first."""
        self._at_work.discard(owner)
        self._turn += 1
        self._served[owner] = self._turn

    def forget_all_but(self, active: set[Hashable]) -> None:
        """Keep in mind only those who have something to do."""
        self._served = {owner: turn for owner, turn in self._served.items() if owner in active}
