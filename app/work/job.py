"""Tasks, and a task at work: how far it is, how long it may still take, whether it is to stop."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass, field

WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
ACTIVE = (WAITING, RUNNING)


class Task(ABC):
    """Something that is done a part at a time; it is kept when it is done, and holds nothing large.

    Args:
        key: whoever knows it finds the job.
        total: rows, or texts.

    Attributes:
        made_of: a sentence where the total is of more than one kind; empty elsewhere.
    """

    made_of = ""

    def __init__(self, key: str, total: int) -> None:
        self.key, self.total = key, total

    @abstractmethod
    def late(self, job: Job, minutes: float) -> str:
        """What is said where it has taken so long, which is all it may take."""

    def readable(self, sentence: str) -> str:
        """An error's sentence as a user may read it."""
        return sentence

    def remove(self) -> None:  # noqa: B027 - most leave nothing
        """Called when the job of a task that was deleted meanwhile has ended."""


@dataclass(eq=False)
class Job:
    """One task at work. Written by the thread whose turn it is, read by pages.

    Attributes:
        owner: the session that began it.
        done: rows that are done, those of an earlier run included; before: only those.
        since: when this run began, by `time.monotonic`.
        left: seconds of work that this run may still take.
        problem: why it failed, a sentence.
        parts: does one part each time it is asked for the next.
        deleted: whether its task is to be removed once it has ended.
    """

    task: Task
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

    @property
    def total(self) -> int:
        """Rows of the task."""
        return self.task.total

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
        return (self.total - self.done) / self.rate if self.rate else None
