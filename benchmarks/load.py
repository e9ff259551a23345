"""Many people at once: `python -m benchmarks.load`.

Starts the dashboard and talks to it as so many browsers do, over Streamlit's own protocol: each
session types sentences of its own, two of them into models they have uploaded. Every answer is held
against what the engine says of that sentence by that model. Prints latencies and memory; ends with
an error where a page showed one, or an answer that was somebody else's.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np

import lrp_engine
from app import settings
from app.figures import heatmap_rows
from app.methods import SHOWN_METHODS
from benchmarks.dashboard import KINDS, NOUNS, dashboard
from benchmarks.session import Session
from lrp_engine import Network
from lrp_engine.render.row import method_rows
from tests.app.tiny import npy, npz

WORDS = ("<unk>", "a", "and", "film", "about", "number", *KINDS, *NOUNS[1:])


@dataclass(eq=False, kw_only=True)
class Visitor(Session):
    """A person with a model."""

    network: Network
    rng: random.Random


def own_model(seed: int) -> tuple[Network, dict[str, tuple[str, bytes]]]:
    """A model that only one session has, and its files."""
    rng = np.random.default_rng(seed)
    E, H, C = 12, 16, 3
    one = [(E, 4 * H), (H, 4 * H), (4 * H,)]
    arrays = [rng.normal(0, 0.5, shape) for shape in (*one, *one, (2 * H, C), (C,))]
    vectors = rng.normal(size=(len(WORDS), E))
    files = {
        "weights": (f"own{seed}.npz", npz(arrays)),
        "vocabulary": ("words.txt", "\n".join(WORDS).encode()),
        "embeddings": ("vectors.npy", npy(vectors)),
    }
    return lrp_engine.load(**{"path_or_bytes" if k == "weights" else k: v[1]
                              for k, v in files.items()}), files  # fmt: skip


def sentence(rng: random.Random, number: int) -> str:
    kinds = rng.sample(KINDS, 2)
    return f"a {kinds[0]} and {kinds[1]} {rng.choice(NOUNS)} about number {number}"


def visit(session: Visitor, files: dict | None, seconds: float, pause: float) -> None:
    """One session from its first page to its last sentence."""
    try:
        with session.connection() as session.socket:
            session.run()
            if files:
                session.upload(**files)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                session.type(sentence(session.rng, session.rng.randrange(10**6)))
                time.sleep(session.rng.uniform(0.5, 1.5) * pause)  # a person reads, then types
    except Exception as error:  # noqa: BLE001 - the end of a thread: it is counted and shown
        session.problems.append(f"{type(error).__name__}: {error}"[:200])


def wrong(session: Visitor) -> list[str]:
    """Answers that are not what the engine says of this text by this model."""
    mistakes = []
    for text, drawn, _ in session.answers:
        explanations = session.network.explain_all([text], methods=SHOWN_METHODS)
        rows = method_rows(explanations)
        own = heatmap_rows.component_data(rows, values_shown=True, long=False, pick=None)["rows"]
        told, expected = (
            [[(cell[0], cell[1]) for cell in row["cells"]] for row in one] for one in (drawn, own)
        )
        if told != expected:
            mistakes.append(f"{text!r}: shown {told!r:.200}, expected {expected!r:.200}")
    return mistakes


def memory(process: int) -> float:
    """Megabytes of a process at its peak."""
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=120, help="default: %(default)s")
    parser.add_argument("--pause", type=float, default=4, help="seconds between two sentences of "
                        "a session, on average; default: %(default)s")  # fmt: skip
    options = parser.parse_args()
    bundled = lrp_engine.load(settings.model_path())
    with dashboard() as (address, process):
        first = Visitor(address, network=bundled, rng=random.Random(99))
        visit(first, None, 1, 0)  # TensorFlow is loaded, programs are traced
        everybody, threads = [first], []
        for n in range(options.sessions):
            network, files = own_model(n) if n < 2 else (bundled, None)
            session = Visitor(address, network=network, rng=random.Random(n))
            everybody.append(session)
            threads.append(threading.Thread(
                target=visit, args=(session, files, options.seconds, options.pause)))  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak = memory(process)
    times = sorted(t for session in everybody[1:] for _, _, t in session.answers)
    problems = [problem for session in everybody for problem in session.problems]
    mixed = [answer for session in everybody for answer in wrong(session)]
    print(f"{options.sessions} sessions, {len(times)} sentences: median "
          f"{statistics.median(times):.2f} s, 95 % within {times[int(0.95 * len(times))]:.2f} s, "
          f"worst {times[-1]:.2f} s; server {peak:,.0f} MB at its peak")  # fmt: skip
    print(f"{len(problems)} errors, {len(mixed)} wrong answers")
    for line in (*problems[:10], *mixed[:10]):
        print(" ", line)
    if problems or mixed or min(len(s.answers) for s in everybody) < 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
