"""Sets explained in the background, a part at a time (see `app.work`).

What is explained is on disk at once, so a job that was stopped, or whose server was, goes on.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from app import settings
from app.models.model import short_hash
from app.review import measuring, tables
from app.review.damage import LABELS, MEASURED
from app.review.labelling import without
from app.review.sets import Set, Sets
from app.work.job import Job, Task
from app.work.workers import Workers
from lrp_engine.corpora.cutting import shards
from lrp_engine.corpora.shard import explain_shard
from lrp_engine.corpora.tables import open_table
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine import Network


class Explaining(Task):
    """A set to be explained."""

    def __init__(self, sets: Sets, one: Set) -> None:
        super().__init__(one.id, one.rows)
        self.sets, self.set = sets, one

    def late(self, job: Job, minutes: float) -> str:
        return (
            f"Explaining this set has taken {minutes:,.0f} minutes, which is what this server "
            f"gives a set at a time. {job.done:,} of {job.total:,} rows are explained and kept: "
            "Go on explains the rest."
        )

    def readable(self, sentence: str) -> str:
        return self.sets.without_paths(self.set, sentence)

    def remove(self) -> None:
        self.sets.remove(self.set)


class Measuring(Explaining):
    """A set whose explanations are to be measured; it goes with the set."""

    def late(self, job: Job, minutes: float) -> str:
        return (
            f"Measuring this set has taken {minutes:,.0f} minutes, which is what this server gives "
            f"at a time. {job.done:,} of {job.total:,} rows were done; whole parts of "
            f"{self.set.step:,} rows are kept: measuring again does the rest."
        )


class Jobs:
    """Jobs by the id of their set; others may give the same workers other tasks.

    Args:
        running, waiting, share, seconds: as of `Workers`.
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
        self.sets = sets
        self.workers = Workers(running=running, waiting=waiting, share=share, seconds=seconds)
        self.find, self.stop = self.workers.find, self.workers.stop
        self.require_room = self.workers.require_room

    def start(self, one: Set, network: Network, *, owner: str = "") -> Job:
        """Explain a set, or go on with it; a set that is at work already is left alone.

        Raises:
            InputError: there is enough to do, or the network is not the set's.
        """
        _require_model(one, network)
        return self.workers.start(
            Explaining(self.sets, one), partial(self._explain, one, network), owner=owner
        )

    def measure(self, one: Set, network: Network, *, owner: str = "") -> Job:
        """Measure how far the explanations of a set may be believed, or go on with it.

        Raises:
            InputError: there is enough to do, or the network is not the set's.
        """
        _require_model(one, network)
        return self.workers.start(
            Measuring(self.sets, one),
            partial(measuring.measure, self.sets, one, network),
            owner=owner,
        )

    def mend(self, one: Set, network: Network, *, owner: str = "") -> Job:
        """Explain again what is damaged of a set, and make its tables anew.

        Raises:
            InputError, LensError: as `start`, or the disk refuses.
        """
        _require_model(one, network)
        self.require_room(owner)
        files = self.sets.files(one)
        damaged = files.damaged()
        # It is measured, and given labels, again where somebody asks for it.
        lost = [name for name in damaged if name.startswith(MEASURED)]
        unlabelled = [name for name in damaged if name.startswith(LABELS)]
        if lost or unlabelled:
            files.drop([*lost, *unlabelled])
        unfinished = replace(one, complete=False, measured=one.measured and not lost)
        if one.labels_file in unlabelled:
            unfinished = without(unfinished)
        self.sets.update(unfinished)
        return self.start(unfinished, network, owner=owner)

    def delete(self, one: Set) -> None:
        """Delete a set with everything explained of it.

        Nobody finds it any more when this returns. Its texts leave the disk at once, or, where it
        is at work just now, as soon as that has ended.

        Raises:
            LensError: the disk refuses.
        """
        self.workers.delete(Explaining(self.sets, one), lambda: self.sets.forget(one))

    def _explain(self, one: Set, network: Network, job: Job) -> Generator[None]:
        """Explain a set, a part at a time; parts that are there and whole are left as they are."""
        sets = self.sets
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
