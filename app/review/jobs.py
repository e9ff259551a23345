"""Sets explained in the background: a registry of jobs, and threads that do a part at a time.

A job belongs to its set's id, not to a session: whoever has the address sees the same progress. But
the session that began it is its owner: sessions take turns, part by part (see `turns`).
What is explained is on disk at once, so a job that was stopped, or whose server was, goes on.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

from app import settings
from app.models.model import short_hash
from app.review import tables
from app.review.job import ACTIVE, DONE, FAILED, RUNNING, STOPPED, WAITING, Job
from app.review.sets import Set, Sets
from app.review.turns import Turns
from lrp_engine.corpora.shard import explain_shard
from lrp_engine.corpora.tables import open_table, shards
from lrp_engine.errors import CancelledError, InputError, LensError

if TYPE_CHECKING:
    from lrp_engine import Network

_log = logging.getLogger("lrp_lens")


class Jobs:
    """Jobs by the id of their set.

    Args:
        running: how many work at the same time; waiting: how many more may wait.
        share: how many of both one owner may have.
        seconds: of work that a job may take before it has to be begun anew.
    """

    def __init__(
        self,
        sets: Sets,
        *,
        running: int,
        waiting: int,
        share: int = settings.REVIEW_SHARE,
        seconds: float = settings.REVIEW_SECONDS,
    ) -> None:
        self.sets, self.running, self.most = sets, running, running + waiting
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
            InputError: so many sets are being explained or wait for it.
        """
        active = [job for job in list(self._jobs.values()) if job.state in ACTIVE]
        own = sum(job.owner == owner for job in active)
        if own >= self.share:
            raise InputError(
                f"{own} of your sets are being explained or wait for it, which is one visitor's "
                "share of this server. Try again when one of them is done, or cancel one."
            )
        if len(active) >= self.most:
            raise InputError(
                f"{len(active)} sets are being explained or wait for it, which is all this server "
                "takes on. Try again when one of them is done."
            )

    def start(self, one: Set, network: Network, *, owner: str = "") -> Job:
        """Explain a set, or go on with it; a set that is at work already is left alone.

        Raises:
            InputError: there is enough to do, or the network is not the set's.
        """
        _require_model(one, network)
        with self._lock:
            job = self._jobs.get(one.id)
            if job is not None and job.state in ACTIVE:
                return job
            self.require_room(owner)
            self._jobs = {key: job for key, job in self._jobs.items() if job.state in ACTIVE}
            self._turns.forget_all_but({job.owner for job in self._jobs.values()})
            job = self._jobs[one.id] = Job(one, owner, self.seconds)
            job.parts = self._explain(job, network)
            self._queue.append(job)
            if self._threads < self.running:
                self._threads += 1
                # A daemon: a server that is asked to end does not wait for it.
                threading.Thread(target=self._work, daemon=True).start()
        return job

    def mend(self, one: Set, network: Network, *, owner: str = "") -> Job:
        """Explain again what is damaged of a set, and make its tables anew.

        Raises:
            InputError, LensError: as `start`, or the disk refuses.
        """
        _require_model(one, network)
        self.require_room(owner)
        unfinished = replace(one, complete=False)
        self.sets.update(unfinished)
        return self.start(unfinished, network, owner=owner)

    def stop(self, key: str) -> None:
        """Stop a job: at once where it waits, before its next batch where it is at work."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                self._stop(job)

    def delete(self, one: Set) -> None:
        """Delete a set with everything explained of it.

        Nobody finds it any more when this returns. Its texts leave the disk at once, or, where it
        is at work just now, as soon as that has ended.

        Raises:
            LensError: the disk refuses.
        """
        with self._lock:
            job = self._jobs.get(one.id)
            if job is not None:
                self._stop(job)
            self.sets.forget(one)
            self._jobs.pop(one.id, None)
            if job is not None and job.state in ACTIVE:
                job.deleted = True  # whoever works at it removes it
                return
        self.sets.remove(one)

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
                self.sets.remove(job.set)

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
        """Explain a part of a job's set; the state of the job afterwards."""
        job.begin_turn()
        try:
            if next(job.parts, DONE) == DONE:
                return DONE
        except CancelledError:
            pass  # why, is looked at below
        except LensError as error:
            job.problem = self.sets.without_paths(job.set, str(error))
            return FAILED
        except MemoryError:
            _log.exception("No memory")
            job.problem = "There was not enough memory; go on later, or cut the set into parts."
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
        job.problem = (
            f"Explaining this set has taken {self.seconds / 60:,.0f} minutes, which is what this "
            f"server gives a set at a time. {job.done:,} of {job.set.rows:,} rows are explained "
            "and kept: Go on explains the rest."
        )
        return FAILED

    def _is_gone(self, job: Job) -> bool:
        """Whether the set of a job was deleted."""
        with self._lock:  # who deletes it holds this until all is said
            return job.deleted

    def _explain(self, job: Job, network: Network) -> Generator[None]:
        """Explain a set, a part at a time; parts that are there and whole are left as they are."""
        one, sets = job.set, self.sets
        corpus, files = one.corpus, sets.files(one)
        files.adopt()
        sets.read(one, sets.input(one).name)  # other texts than those that were given are no use
        table = open_table(str(sets.input(one)), format=one.format, text_column=corpus.text_column)
        worked = False
        for shard in shards(table, corpus.shard_rows):
            name = sets.part(one, shard.index).name
            if files.read(name) is not None:
                job.before += len(shard)
                job.done += len(shard)
                continue
            if worked:
                yield
            files.write(name, explain_shard(network, shard, corpus, job).data)
            job.done += len(shard)
            worked = True
        tables.finish(sets, one, network)


def _require_model(one: Set, network: Network) -> None:
    if network.hash != one.model_hash:
        raise InputError(
            f"The set was begun with the model {short_hash(one.model_hash)}; pick that model "
            f"in the sidebar to go on. This one is {short_hash(network.hash)}."
        )
