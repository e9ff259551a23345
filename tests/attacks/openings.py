"""Many processes open a new database at the same moment; each must be able to use it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.app import writers
from tests.attacks.attack import Found, main

PROCESSES = 24


def run(seconds: float) -> Found:
    end, rounds, found = time.monotonic() + seconds, 0, Found()
    while not rounds or time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder, 'reviews.db')}"
            problems = [told for told in writers.open_together(url, PROCESSES) if told]
        rounds += 1
        if problems:
            found.breaches.append(f"{len(problems)} of {PROCESSES} failed: {problems[0]}")
    found.say(f"{rounds:,} new databases, {PROCESSES} processes each")
    return found


if __name__ == "__main__":
    main(run)
