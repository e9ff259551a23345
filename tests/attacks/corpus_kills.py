"""`explain-corpus` is killed again and again: its parts are those of one run, byte by byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lrp_engine import CorpusSettings, explain_corpus
from tests import corpora
from tests.attacks.attack import Found, main

TEXTS, PART = 3_000, 5
OPTIONS = ("--shard-rows", str(PART), "--dtype", "float64")
# Most are killed at work, so many seconds after their first part at most, some before it.
AT_WORK, BEFORE, OF_FOUR = 2.0, 5.0, 1


def run(seconds: float) -> Found:
    found, chance = Found(), random.Random()
    end, kills, runs = time.monotonic() + seconds, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model"
        source = corpora.write_csv(folder / "in.csv", {"text": corpora.texts(TEXTS)})
        network = corpora.network()
        network.save(model)
        explain_corpus(
            network, source, str(folder / "whole"), settings=CorpusSettings(shard_rows=PART)
        )
        whole = corpora.parts(folder / "whole")
        while not runs or time.monotonic() < end:
            out, done = folder / f"run {runs}", False
            while not done:
                done = _killed(model, source, out, chance, last=time.monotonic() > end)
                kills += not done
                parts = corpora.parts(out)
                if not parts.items() <= whole.items():
                    found.breaches.append(f"after kill {kills} a part is not what it must be")
            runs += 1
            if len(parts) != len(whole):
                found.breaches.append(f"run {runs} gave {len(parts)} parts, not {len(whole)}")
            if left := [path.name for path in out.glob("*.tmp")]:
                found.breaches.append(f"run {runs} left {left}")
    found.say(
        f"{kills:,} kills, {runs:,} runs of {TEXTS:,} rows in {len(whole):,} parts finished, "
        f"{'not ' if found.breaches else ''}byte by byte as without"
    )
    return found


def _killed(model: Path, source: str, out: Path, chance: random.Random, *, last: bool) -> bool:
    """Begin or go on, and kill at a random moment; whether it had ended by itself."""
    workers = chance.choice((1, 2))
    command = [sys.executable, "-m", "lrp_engine", "explain-corpus", str(model), source, str(out),
               *OPTIONS, "--workers", str(workers)]  # fmt: skip
    running = subprocess.Popen(command, cwd=corpora.ROOT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip
    had, end = len(corpora.parts(out)), float("inf")
    if not last and chance.randrange(4) < OF_FOUR:
        end = time.monotonic() + chance.uniform(0, BEFORE)
    while running.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
        if not last and end == float("inf") and len(corpora.parts(out)) > had:
            end = time.monotonic() + chance.uniform(0, AT_WORK)
    if running.poll() is None:
        # Of some only the parent: its workers have to notice.
        chance.choice((os.kill, os.killpg))(running.pid, signal.SIGKILL)
        running.communicate()
        return False
    if running.returncode:
        raise RuntimeError(running.communicate()[1].decode()[-2000:])
    return True


if __name__ == "__main__":
    main(run)
