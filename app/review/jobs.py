"""Sets explained in the background: a registry of jobs, each a thread that asks whether to stop.

A job belongs to its set's id, not to a session: whoever has the address sees the same progress.
What is explained is on disk at once, so a job that was stopped, or whose server was, goes on.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.models.model import short_hash
from app.review import tables
from app.review.sets import Set, Sets
from lrp_engine.corpora.shard import explain_shard
from lrp_engine.corpora.tables import open_table, shards
from lrp_engine.errors import InputError, LensError

if TYPE_CHECKING:
    from lrp_engine import Network

WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
ACTIVE = (WAITING, RUNNING)
_log = logging.getLogger("lrp_lens")


@dataclass
class Job:
    """One set being explained. Written by its thread, read by pages.

    Attributes:
        done: rows explained, those of an earlier run included; before: only those.
        since: when this run began, by `time.monotonic`.
        problem: why it failed, a sentence.
    """

    set: Set
    state: str = WAITING
    done: int = 0
    before: int = 0
    since: float = field(default_factory=time.monotonic)
    problem: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def rate(self) -> float | None:
        """Rows a second; None where it cannot be said yet."""
        seconds, rows = time.monotonic() - self.since, self.done - self.before
        return rows / seconds if rows and seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        return (self.set.rows - self.done) / self.rate if self.rate else None


class Jobs:
    """Jobs by the id of their set.

    Args:
        running: how many work at the same time; waiting: how many more may wait.
    """

    def __init__(self, sets: Sets, *, running: int, waiting: int) -> None:
        self.sets, self.most = sets, running + waiting
        self._slots = threading.BoundedSemaphore(running)
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def find(self, key: str) -> Job | None:
        return self._jobs.get(key)

    @property
    def active(self) -> set[str]:
        """Ids of the sets that are being explained or wait for it."""
        return {key for key, job in list(self._jobs.items()) if job.state in ACTIVE}

    def require_room(self) -> None:
        """Stop where the server has enough to do.

        Raises:
            InputError: so many sets are being explained or wait for it.
        """
        active = len(self.active)
        if active >= self.most:
            raise InputError(
                f"{active} sets are being explained or wait for it, which is all this server "
                "takes on. Try again when one of them is done."
            )

    def start(self, one: Set, network: Network) -> Job:
        """Explain a set, or go on with it; a set that is at work already is left alone.

        Raises:
            InputError: the server has enough to do, or the network is not the set's.
        """
        if network.hash != one.model_hash:
            raise InputError(
                f"The set was begun with the model {short_hash(one.model_hash)}; pick that model "
                f"in the sidebar to go on. This one is {short_hash(network.hash)}."
            )
        with self._lock:
            job = self._jobs.get(one.id)
            if job is not None and job.state in ACTIVE:
                return job
            self.require_room()
            self._jobs = {key: job for key, job in self._jobs.items() if job.state in ACTIVE}
            job = self._jobs[one.id] = Job(one)
        # A daemon: a server that is asked to end does not wait for it.
        threading.Thread(target=self._work, args=(job, network), daemon=True).start()
        return job

    def stop(self, key: str) -> None:
        """Ask a job to stop; it does so before its next rows."""
        job = self._jobs.get(key)
        if job is not None:
            job.stop.set()

    def delete(self, one: Set) -> None:
        """Delete a set with everything explained of it."""
        self.stop(one.id)
        self._jobs.pop(one.id, None)
        self.sets.delete(one)

    def _work(self, job: Job, network: Network) -> None:
        with self._slots:
            try:
                job.state = RUNNING
                job.since = time.monotonic()
                self._explain(job, network)
                job.state = STOPPED if job.stop.is_set() else DONE
            except LensError as error:
                job.problem = self.sets.without_paths(job.set, str(error))
            except Exception:  # noqa: BLE001 - the end of a thread: logged with its traceback
                number = secrets.token_hex(4)
                _log.exception("Error %s", number)
                job.problem = f"Something went wrong; it is in the log as error {number}."
            finally:
                if job.state == RUNNING:
                    job.state = FAILED

    def _explain(self, job: Job, network: Network) -> None:
        one, sets = job.set, self.sets
        corpus = one.corpus
        table = open_table(str(sets.input(one)), format=one.format, text_column=corpus.text_column)
        for shard in shards(table, corpus.shard_rows):
            if job.stop.is_set():
                return
            path = sets.part(one, shard.index)
            if path.exists():  # explained by an earlier run
                job.before += len(shard)
            else:
                sets.write(one, path.name, explain_shard(network, shard, corpus).data)
            job.done += len(shard)
        if not job.stop.is_set():
            tables.finish(sets, one, network)
