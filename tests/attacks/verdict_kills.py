"""Writers of verdicts are killed, two at a time: what a writer was told is saved stays saved."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.review.store import Store
from tests.app import writers
from tests.app.databases import postgresql
from tests.attacks.attack import Found, main

ROUNDS = 6  # each kills two writers


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder, 'reviews.db')}"


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}


def run(seconds: float) -> Found:
    found = Found()
    for name, database in DATABASES.items():
        try:
            with database() as url:
                _attack(name, url, seconds / len(DATABASES), found)
        except pytest.skip.Exception as missing:
            found.say(f"{name}: not attacked, {missing}")
    return found


def _attack(name: str, url: str, seconds: float, found: Found) -> None:
    url = url.replace("postgresql://", "postgresql+psycopg://")
    end, killed, saved, lost = time.monotonic() + seconds, 0, 0, []
    while not killed or time.monotonic() < end:
        told = writers.killed(url, ROUNDS)
        engine = sa.create_engine(url)
        store = Store(engine)
        lost += writers.lost(store, told, killed=2 * ROUNDS)
        store.delete(writers.SET)
        engine.dispose()
        killed, saved = killed + 2 * ROUNDS, saved + len(told)
    found.breaches += [f"{name}: {one}" for one in lost]
    found.say(
        f"{name}: {killed:,} writers killed, {saved:,} verdicts acknowledged, "
        f"{len(lost) or 'none'} lost or half-written"
    )


if __name__ == "__main__":
    main(run)
