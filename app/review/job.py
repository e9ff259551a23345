"""A set being explained: how far it is, how long it may still take, whether it is to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field

from app.review.sets import Set

WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
ACTIVE = (WAITING, RUNNING)


@dataclass(eq=False)
class Job:
    """One set being explained. Written by the thread whose turn it is, read by pages.

    Attributes:
        owner: the session that began it.
        done: rows explained, those of an earlier run included; before: only those.
        since: when this run began, by `time.monotonic`.
        left: seconds of work that this run may still take.
        problem: why it failed, a sentence.
        parts: explains one part each time it is asked for the next.
        deleted: whether its set is to be removed once it has ended.
    """

    set: Set
    owner: str
    left: float
    state: str = WAITING
    done: int = 0
    before: int = 0
    since: float = field(default_factory=time.monotonic)
    problem: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    parts: Generator[None] = field(default_factory=lambda: (_ for _ in ()))
    deleted: bool = False
    _turn_ends: float = 0.0

    def begin_turn(self) -> None:
        self._turn_ends = time.monotonic() + self.left

    def end_turn(self) -> None:
        self.left = self._turn_ends - time.monotonic()

    @property
    def is_late(self) -> bool:
        """Whether the work of this run, this turn included, took longer than it may."""
        return time.monotonic() > self._turn_ends

    def is_set(self) -> bool:
        """Whether to stop: it was cancelled, or is late. Looked at between two batches."""
        return self.stop.is_set() or self.is_late

    @property
    def rate(self) -> float | None:
        """Rows a second; None where it cannot be said yet."""
        seconds, rows = time.monotonic() - self.since, self.done - self.before
        return rows / seconds if rows and seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        return (self.set.rows - self.done) / self.rate if self.rate else None
