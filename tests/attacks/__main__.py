"""All attacks, one after the other: `make attack`, or `python -m tests.attacks [NAME ...]`.

Each is a process of its own and has its share of LRP_ATTACK_MINUTES (30). Ends with an error where
anything did not hold.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MINUTES = float(os.environ.get("LRP_ATTACK_MINUTES") or 30)
GRACE = 1_200  # seconds over its share after which an attack hangs: a first round on a busy machine


class Attack(NamedTuple):
    """What is attacked, and the share of the time."""

    title: str
    share: float


# By module of this folder.
ATTACKS = {
    "fuzzing": Attack("Damaged and hostile inputs of every reader", 7),
    "corpus_kills": Attack("explain-corpus killed (kill -9) and begun again", 5),
    "verdict_kills": Attack("Writers of verdicts killed (kill -9), two at a time", 3),
    "load": Attack("A hostile visitor among honest ones, a server that may take 4 GB", 10),
    "openings": Attack("24 processes open a new SQLite at the same moment", 1),
    "deletions": Attack("Sets deleted while they are explained", 2),
}


def main(*names: str) -> None:
    if unknown := set(names) - set(ATTACKS):
        raise SystemExit(f"No attack {', '.join(unknown)}. Attacks: {', '.join(ATTACKS)}.")
    chosen = {name: attack for name, attack in ATTACKS.items() if not names or name in names}
    shares = sum(attack.share for attack in chosen.values())
    fallen, load = [], os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} before the first attack", flush=True)
    for name, attack in chosen.items():
        seconds = 60 * MINUTES * attack.share / shares
        print(f"{attack.title} ({name}, {seconds:,.0f} s)", flush=True)
        start = time.monotonic()
        if not _held(name, seconds):
            fallen.append(name)
        print(f"  took {time.monotonic() - start:,.0f} s", flush=True)
    if fallen:
        raise SystemExit(f"Did not hold: {', '.join(fallen)}")
    print(f"All {len(chosen)} attacks held.")


def _held(name: str, seconds: float) -> bool:
    command = [sys.executable, "-m", f"tests.attacks.{name}", str(seconds)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    # A group of its own: whatever it has started ends with it.
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        return process.wait(seconds + GRACE) == 0
    except subprocess.TimeoutExpired:
        print(f"  BREACH: no end {GRACE} s after its time")
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
