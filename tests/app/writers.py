"""Processes that use a database of verdicts at the same time, and are killed at it.

    python -m tests.app.writers open URL COUNT     COUNT processes open it at the same moment
    python -m tests.app.writers kill URL ROUNDS    two writers at a time, killed at random moments

It prints JSON: what went wrong for each process; or every save that was acknowledged.
Processes are forked from one that has imported everything and opened nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa

from app.review.store import ConflictError, Store
from app.review.verdicts import VERDICTS, Verdict

SET = "A" * 22
ROWS = 4  # few, so that the writers get in each other's way
NAME = "lrp-lens-writer"  # by which PostgreSQL knows what a writer has connected
PATIENCE = 60  # seconds until PostgreSQL has ended what killed writers began
_context = multiprocessing.get_context("fork")


def verdict(writer: int, number: int) -> Verdict:
    """A verdict whose parts all say which one it is."""
    name = f"{writer}-{number}"
    return Verdict(
        choice=sorted(VERDICTS)[number % len(VERDICTS)],
        tags=(name, f"also {name}"),
        note=f"{name} " * 300 + "end",
        reviewer=name,
    )


def open_together(url: str, count: int) -> list[str]:
    """Of each process, "" or why it could not open and use the database."""
    start = _context.Barrier(count)
    ends = [_context.Pipe(duplex=False) for _ in range(count)]
    for number, (_, send) in enumerate(ends):
        _context.Process(target=_open, args=(url, number, start, send)).start()
    return [receive.recv() for receive, _ in ends]


def _open(url: str, number: int, start: Barrier, answer: Connection) -> None:
    start.wait()
    try:
        Store(sa.create_engine(url)).save(SET, number, verdict(number, 0), seen=0)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is told
        answer.send(f"{error} {error.__cause__}")
    else:
        answer.send("")


def killed(url: str, rounds: int) -> list[tuple[int, int, int, int]]:
    """Row, version, writer and number of every save that a writer was told of.

    Nothing of a writer is under way any more when this returns.
    """
    told: list[tuple[int, int, int, int]] = []
    chance = random.Random(0)
    for begun in range(0, 2 * rounds, 2):
        writers: dict[Any, Any] = {}
        for writer in (begun, begun + 1):
            receive, send = _context.Pipe(duplex=False)
            process = _context.Process(target=_write, args=(url, writer, send))
            process.start()
            send.close()
            writers[receive] = process
        _kill(writers, told, chance)
    _wait_for_backends(url)
    return told


def _wait_for_backends(url: str) -> None:
    """Wait till PostgreSQL's processes for killed writers have ended too.

    Each first does what it was sent: a COMMIT that nobody hears of is kept. Whoever empties the
    table before that finds the version in it afterwards.
    """
    engine = sa.create_engine(url)
    left = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
    end = time.monotonic() + PATIENCE
    while engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            if not connection.execute(left, {"name": NAME}).scalar():
                break
        if time.monotonic() > end:
            raise TimeoutError(f"writers killed {PATIENCE} s ago are still connected")
        time.sleep(0.01)
    engine.dispose()


def lost(store: Store, told: list, *, killed: int) -> list[str]:
    """What is not as writers were told, or half-written; nothing where all held.

    Args:
        told: rows, versions, writers, numbers. killed: how many writers were.
    """
    kept: dict[tuple[int, int], tuple[int, int]] = {}
    wrong = []
    for row in range(ROWS):
        history = store.history(SET, row)
        if [review.version for review in history] != list(range(len(history), 0, -1)):
            wrong.append(f"row {row} has the versions {[review.version for review in history]}")
        for review in history:
            writer, number = map(int, review.verdict.reviewer.split("-"))
            if review.verdict != verdict(writer, number):
                wrong.append(f"row {row}, version {review.version} is half-written")
            kept[row, review.version] = (writer, number)
    for row, version, writer, number in told:
        if kept.get((row, version)) != (writer, number):
            wrong.append(f"row {row}, version {version} of writer {writer} is lost")
    # A writer may be killed between a save and the word of it: once each.
    if len(kept) > len(told) + killed:
        wrong.append(f"{len(kept)} versions are kept, of {len(told)} somebody was told")
    return wrong


def _kill(writers: dict[Any, Any], told: list, chance: random.Random) -> None:
    """Hear what writers say, and kill each a random time after it has begun to save."""
    ends: dict[Any, float] = {}
    while writers:
        for receive in wait(list(writers), 0.005):
            try:
                told.append(receive.recv())
            except EOFError:  # it is dead, and everything it said was heard
                writers.pop(receive).join()
                continue
            ends.setdefault(receive, time.monotonic() + chance.uniform(0.02, 0.25))
        for receive, process in writers.items():
            if time.monotonic() > ends.get(receive, float("inf")):
                os.kill(process.pid, signal.SIGKILL)


def _write(url: str, writer: int, told: Connection) -> None:
    os.environ["PGAPPNAME"] = NAME
    store = Store(sa.create_engine(url))
    chance, number = random.Random(writer), 0
    while True:
        row, number = chance.randrange(ROWS), number + 1
        newest = store.of(SET).get(row)
        try:
            saved = store.save(
                SET, row, verdict(writer, number), seen=newest.version if newest else 0
            )
        except ConflictError:
            continue
        told.send((row, saved.version, writer, number))


if __name__ == "__main__":
    _, what, url, count = sys.argv
    print(json.dumps({"open": open_together, "kill": killed}[what](url, int(count))))
