"""Damaged and hostile inputs of every reader, as many as the time allows.

A reader may answer, or refuse with a sentence: any other exception, a crash or a long wait is a
breach. The seed is printed with it.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import lrp_engine
from app import settings
from app.cache import bundled
from app.review import trial
from app.state import session_file
from lrp_engine.corpora.cutting import shards
from lrp_engine.corpora.tables import open_table
from lrp_engine.errors import LensError
from lrp_engine.model.text import Tokenizer
from tests import hostile
from tests.app import sets
from tests.attacks.attack import Found, main
from tests.clock import computed
from tests.engine.formats import test_hostile_files as files

SLOW = 60  # seconds by the clock that one input may take on a busy machine


class Tried(NamedTuple):
    """Of one go at a reader: inputs, how many were refused, seconds of the longest."""

    inputs: int
    refused: int
    longest: float


def _damaged(kind: str) -> Callable[[int], Tried]:
    def go(seed: int) -> Tried:
        seconds, refused = files.damage(kind, 8, seed)
        return Tried(len(seconds), refused, max(seconds))

    return go


def _changed(change: Callable[[str, int, int], int], kind: str) -> Callable[[int], Tried]:
    def go(seed: int) -> Tried:
        start = time.monotonic()
        refused = change(kind, 200, seed)
        return Tried(200, refused, time.monotonic() - start)

    return go


def _each(count: int, make: Callable[[np.random.Generator], bytes],
          read: Callable[[bytes], object]) -> Callable[[int], Tried]:  # fmt: skip
    def go(seed: int) -> Tried:
        rng, refused, longest = np.random.default_rng(seed), 0, 0.0
        for _ in range(count):
            data, start = make(rng), time.monotonic()
            try:
                read(data)
            except LensError:
                refused += 1
            longest = max(longest, time.monotonic() - start)
        return Tried(count, refused, longest)

    return go


def _hostile(rng: np.random.Generator) -> bytes:
    """A file made to do harm, damaged."""
    names = sorted(hostile.HOSTILE)
    return hostile.flipped(hostile.HOSTILE[names[rng.integers(len(names))]][0](), rng)


def _session(rng: np.random.Generator) -> bytes:
    chosen = {name: one.default for name, one in session_file.ALL.items()} | {"undo": ()}
    written = session_file.write(chosen.__getitem__, "explain", bundled(), (bundled(),))
    changed = files.changed(json.loads(written), rng)
    data = json.dumps(changed).encode()
    return hostile.flipped(data, rng) if rng.random() < 0.5 else data


def _table(format: str) -> Callable[[np.random.Generator], bytes]:
    data = sets.FILES[format](sets.ROWS * 20)
    return lambda rng: hostile.flipped(data, rng)


def _read_table(format: str) -> Callable[[bytes], object]:
    """In this process, as `explain-corpus` and the server read what has passed its process."""

    def read(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "set")
            path.write_bytes(data)
            table = open_table(str(path), format=format, text_column="text")
            for _ in shards(table, settings.REVIEW_STEP):
                pass

    return read


def _tried_table(data: bytes) -> None:
    """As uploads are read first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "set")
        path.write_bytes(data)
        trial.preview(path, "set.parquet", len(data))
        trial.rows(path, "set.parquet", "parquet", "text", Tokenizer(), 2)


READERS: dict[str, Callable[[int], Tried]] = {
    **{f"damaged {kind}": _damaged(kind) for kind in files.DAMAGED},
    **{
        f"description of {kind}": _changed(files.change_description, kind)
        for kind in files.DESCRIBED
    },
    **{f"spec of {kind}": _changed(files.change_spec, kind) for kind in files.EXPLAINED},
    **{f"arrays of {kind}": _changed(files.change_arrays, kind) for kind in files.COMPUTED},
    "hostile, damaged": _each(8, _hostile, lrp_engine.load),
    "session file": _each(500, _session, session_file.read),
    "table as csv": _each(200, _table("csv"), _read_table("csv")),
    "table as jsonl": _each(200, _table("jsonl"), _read_table("jsonl")),
    "table as parquet": _each(4, _table("parquet"), _tried_table),
}


def run(seconds: float) -> Found:
    end, found = time.monotonic() + seconds, Found()
    seed = random.randrange(10**6)
    tried = dict.fromkeys(READERS, Tried(0, 0, 0.0))
    while time.monotonic() < end:
        for name in random.sample(sorted(READERS), len(READERS)):
            if time.monotonic() > end and tried[name].inputs:
                continue
            try:
                now = READERS[name](seed)
            except Exception as error:  # noqa: BLE001 - what is looked for
                found.breaches.append(f"{name}, seed {seed}: {type(error).__name__}: {error}")
                continue
            before = tried[name]
            tried[name] = Tried(before.inputs + now.inputs, before.refused + now.refused,
                                max(before.longest, now.longest))  # fmt: skip
            if now.longest > SLOW:
                found.breaches.append(f"{name}, seed {seed}: one took {now.longest:.0f} s")
        seed += 1
    inputs, refused = (sum(one[n] for one in tried.values()) for n in (0, 1))
    slowest = max(tried, key=lambda name: tried[name].longest)
    found.say(
        f"{inputs:,} inputs of {len(READERS)} readers: {refused:,} refused with a sentence, "
        f"{inputs - refused:,} read; the longest {tried[slowest].longest:.1f} s ({slowest}); "
        f"{computed():,.0f} s of computing"
    )
    return found


if __name__ == "__main__":
    main(run)
