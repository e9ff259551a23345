"""Who does tasks in the background: a registry of jobs, and threads that do a part at a time.

A job belongs to the key of its task, not to a session: whoever has it sees the same progress. But
the session that began it is its owner: sessions take turns, part by part (see `turns`).
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator

from app.work.job import ACTIVE, DONE, FAILED, RUNNING, STOPPED, WAITING, Job, Task
from app.work.turns import Turns
from lrp_engine.errors import CancelledError, InputError, LensError

_log = logging.getLogger("lrp_lens")


class Workers:
    """Jobs by the key of their task.

    Args:
        running: how many work at the same time; waiting: how many more may wait.
        share: how many of both one owner may have.
        seconds: of work that a job may take before it has to be begun anew.
    """

    def __init__(self, *, running: int, waiting: int, share: int, seconds: float) -> None:
        self.running, self.most = running, running + waiting
        self.share, self.seconds = share, seconds
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []  # active, and not at work just now
        self._turns = Turns()
        self._threads = 0

    def find(self, key: str) -> Job | None:
        return self._jobs.get(key)

    def require_room(self, owner: str) -> None:
        """Stop where the server, or this owner, has enough to do.

        Raises:
            InputError: so many sets are at work or wait for it.
        """
        active = [job for job in list(self._jobs.values()) if job.state in ACTIVE]
        own = sum(job.owner == owner for job in active)
        if own >= self.share:
            raise InputError(
                f"{own} of your sets are being explained or measured or wait for it, which is one "
                "visitor's share of this server. Try again when one of them is done, or cancel one."
            )
        if len(active) >= self.most:
            raise InputError(
                f"{len(active)} sets are being explained or measured or wait for it, which is all "
                "this server takes on. Try again when one of them is done."
            )

    def start(self, task: Task, parts: Callable[[Job], Generator[None]], *, owner: str) -> Job:
        """Do a task, or go on with it; one that is at work already is left alone.

        Args:
            parts: what does a part each time it is asked for the next, and counts in `Job.done`.

        Raises:
            InputError: there is enough to do.
        """
        with self._lock:
            job = self._jobs.get(task.key)
            if job is not None and job.state in ACTIVE:
                return job
            self.require_room(owner)
            self._jobs = {key: job for key, job in self._jobs.items() if job.state in ACTIVE}
            self._turns.forget_all_but({job.owner for job in self._jobs.values()})
            job = self._jobs[task.key] = Job(task, owner, self.seconds)
            job.parts = parts(job)
            self._queue.append(job)
            if self._threads < self.running:
                self._threads += 1
                # A daemon: a server that is asked to end does not wait for it.
                threading.Thread(target=self._work, daemon=True).start()
        return job

    def stop(self, key: str) -> None:
        """Stop a job: at once where it waits, before its next batch where it is at work."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                self._stop(job)

    def delete(self, task: Task, forget: Callable[[], None]) -> None:
        """Stop the job of a task and forget it; `Task.remove` is called once it has ended.

        Args:
            forget: done before anybody else hears of it; what it raises is raised.
        """
        with self._lock:
            job = self._jobs.get(task.key)
            if job is not None:
                self._stop(job)
            forget()
            self._jobs.pop(task.key, None)
            if job is not None and job.state in ACTIVE:
                job.deleted = True  # whoever works at it removes it
                return
        task.remove()

    def _stop(self, job: Job) -> None:
        job.stop.set()
        if job in self._queue:
            self._queue.remove(job)
            job.parts.close()
            job.state = STOPPED

    def _work(self) -> None:
        """Do turns as long as there are some."""
        while (job := self._next()) is not None:
            state = self._turn(job)
            with self._lock:
                self._turns.end(job.owner)
                job.state = state
                if state in ACTIVE:
                    self._queue.append(job)
                    if job.stop.is_set():  # since the turn ended
                        self._stop(job)
            if job.deleted:
                job.task.remove()

    def _next(self) -> Job | None:
        with self._lock:
            position = self._turns.next([job.owner for job in self._queue])
            if position is None:
                self._threads -= 1
                return None
            job = self._queue.pop(position)
            self._turns.begin(job.owner)
            if job.state == WAITING:
                job.state, job.since = RUNNING, time.monotonic()
            return job

    def _turn(self, job: Job) -> str:
        """Do a part of a job; the state of the job afterwards."""
        job.begin_turn()
        try:
            if next(job.parts, DONE) == DONE:
                return DONE
        except CancelledError:
            pass  # why, is looked at below
        except LensError as error:
            job.problem = job.task.readable(str(error))
            return FAILED
        except MemoryError:
            _log.exception("No memory")
            job.problem = "There was not enough memory; try again later, or with fewer texts."
            return FAILED
        except Exception:  # noqa: BLE001 - the end of a job: logged with its traceback
            if self._is_gone(job):
                return STOPPED  # its files are no more: whatever came of that
            number = secrets.token_hex(4)
            _log.exception("Error %s", number)
            job.problem = f"Something went wrong; it is in the log as error {number}."
            return FAILED
        finally:
            job.end_turn()
        if not job.is_set():
            return RUNNING
        job.parts.close()
        if job.stop.is_set():
            return STOPPED
        job.problem = job.task.late(job, self.seconds / 60)
        return FAILED

    def _is_gone(self, job: Job) -> bool:
        """Whether the task of a job was deleted."""
        with self._lock:  # who deletes it holds this until all is said
            return job.deleted
