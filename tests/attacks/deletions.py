"""Sets are deleted at any moment of their explaining: nothing may be left that no list shows."""

from __future__ import annotations

import logging
import random
import tempfile
import time
from pathlib import Path

import lrp_engine
from app.review.jobs import Jobs
from app.review.sets import Sets
from tests.app import sets as files
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings
from tests.attacks.attack import Found, main

AT_LEAST = 60
PATIENCE = 60  # seconds until a part that is under way has ended


class Errors(logging.Handler):
    """What the dashboard logs of errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.logged: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.logged.append(logging.Formatter().format(record))


def run(seconds: float) -> Found:
    errors = Errors()
    logging.getLogger("lrp_lens").addHandler(errors)
    network = lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )
    network.explain_all(["good film"])  # what is traced once is no part of the moments
    chance, end = random.Random(), time.monotonic() + seconds
    found, deleted, working = Found(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        sets = Sets(Path(folder, "sets"))
        jobs = Jobs(sets, running=2, waiting=8, share=10)
        while deleted < AT_LEAST or time.monotonic() < end:
            one = files.new(network, step=1)
            sets.add(one, files.as_csv())
            job = jobs.start(one, network, owner=str(deleted))
            time.sleep(chance.uniform(0, 0.15))
            working += 0 < job.done < job.total
            jobs.delete(one)
            deleted += 1
            if sets.ids():
                found.breaches.append(f"a deleted set is still found: {sets.ids()}")
        left = _left(sets.folder)
    if left:
        found.breaches.append(f"left on the disk: {left}")
    found.breaches += errors.logged
    found.say(
        f"{deleted:,} sets deleted, {working:,} of them in the middle; "
        f"{len(left) or 'nothing'} left on the disk, "
        f"{len(errors.logged) or 'no'} errors in the log"
    )
    return found


def _left(folder: Path) -> list[str]:
    """What is in the folder when everybody who was at work has ended."""
    end = time.monotonic() + PATIENCE
    while (left := [path.name for path in folder.iterdir()]) and time.monotonic() < end:
        time.sleep(0.1)
    return left


if __name__ == "__main__":
    main(run)
