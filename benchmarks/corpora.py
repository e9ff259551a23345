"""What rows of a corpus cost: the rates that the plan in docs/corpora.md is made from.

    python benchmarks/corpora.py [ROWS_OF_SENTENCES]

Sentences, reviews and documents are put together from `sentences.txt.xz` and explained by the
bundled sentiment model, LRP only. First on one thread of one process; then on a Dask cluster of two
workers on this machine, which says what the command, its scheduler and a worker take each. Times
are processor times, so that a busy machine changes them little; those of one process leave out its
first part, which loads and traces. Memory is the highest resident size that Linux counted (VmHWM).
"""

from __future__ import annotations

import contextlib
import json
import lzma
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# Name -> words of a text, 0 for sentences as they are; share of the rows that are measured.
KINDS = {"sentences of 22 words": (0, 1.0), "reviews of 300 words": (300, 0.1),
         "documents of 1,000 words": (1_000, 0.04)}  # fmt: skip
ROWS, WORKERS = 40_000, 2
ONE_THREAD = os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def write_table(path: Path, words: int, rows: int) -> None:
    """A table of `rows` texts; their lengths differ by a quarter, as those of people's texts do."""
    with lzma.open(ROOT / "benchmarks" / "sentences.txt.xz", "rt") as file:
        sentences = file.read().splitlines()
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(rows):
            text = draw.choice(sentences)
            most = round(words * draw.uniform(0.75, 1.25))
            while len(text.split()) < most:
                text += " " + draw.choice(sentences)
            file.write(text + "\n")


def measure(source: str, output: str, scheduler: str | None) -> dict:
    """Explain a table in this process, or on a cluster, and say what this process took."""
    import lrp_engine
    from lrp_engine.corpora.shard import peak_memory

    network = lrp_engine.load("sentiment")
    began = time.process_time()
    after: list[tuple[int, float]] = []

    def progress(rows: int, total: int, before: bool) -> None:
        after.append((rows, time.process_time()))

    summary = lrp_engine.explain_corpus(
        network, source, output, scheduler=scheduler, progress=progress
    )
    rows = sum(count for count, _ in after[1:])
    return {
        "rows": summary.rows,
        "parts": len(after),
        "first": after[0][1] - began,
        "rate": rows / max(1e-9, after[-1][1] - after[0][1]),
        "cpu": after[-1][1] - began,
        "peak": peak_memory() / 1e6,
        "size": sum(path.stat().st_size for path in Path(output).iterdir()) / summary.rows / 1e3,
        "padding": summary.padding_waste,
    }


def in_child(source: Path, output: Path, scheduler: str | None = None) -> dict:
    command = [sys.executable, __file__, "--measure", str(source), str(output)]
    found = subprocess.run(
        [*command, *([scheduler] if scheduler else [])],
        check=True, stdout=subprocess.PIPE, cwd=ROOT, env=ONE_THREAD,
    )  # fmt: skip
    return json.loads(found.stdout)


@contextlib.contextmanager
def cluster() -> Iterator[tuple[str, subprocess.Popen, list[subprocess.Popen]]]:
    """The address of a scheduler, its process, and those of its workers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    address, local = f"tcp://127.0.0.1:{port}", ("--host", "127.0.0.1", "--dashboard-address",
                                                 "127.0.0.1:0")  # fmt: skip
    with contextlib.ExitStack() as ended:

        def started(what: str, *options: str) -> subprocess.Popen:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *options, *local],
                stderr=subprocess.DEVNULL, cwd=ROOT, env=ONE_THREAD,
            )  # fmt: skip
            ended.callback(process.wait)
            ended.callback(process.kill)
            return process

        scheduler = started("scheduler", "--port", port)
        options = (address, "--no-nanny", "--nthreads", "1")
        workers = [started("worker", *options) for _ in range(WORKERS)]
        time.sleep(10)
        yield address, scheduler, workers


def peak_of(process: subprocess.Popen) -> float:
    """Of a running process, in MB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def cpu_of(process: subprocess.Popen) -> float:
    """Processor time of a running process, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(rows: int) -> None:
    print(
        "| texts | rows | parts | rows per second of a core | first part, s | peak, MB "
        "| result, kB a row | padding |\n|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, (words, share) in KINDS.items():
            write_table(folder / f"{kind}.txt", words, round(rows * share))
            one = in_child(folder / f"{kind}.txt", folder / kind)
            print(
                f"| {kind} | {one['rows']:,} | {one['parts']} | {one['rate']:,.0f} | "
                f"{one['first']:.1f} | {one['peak']:,.0f} | {one['size']:.2f} | "
                f"{one['padding']:.1%} |",
                flush=True,
            )
        print(
            "\n| texts | the command: s for 1,000 rows | its peak, MB "
            "| scheduler: s for 1,000 rows | its peak, MB | a worker's peak, MB |\n"
            "|---|---|---|---|---|---|"
        )
        for kind in KINDS:
            with cluster() as (address, scheduler, workers):
                before = cpu_of(scheduler)
                one = in_child(folder / f"{kind}.txt", folder / f"{kind} on Dask", address)
                spent = cpu_of(scheduler) - before
                print(
                    f"| {kind} | {one['cpu'] / one['rows'] * 1e3:.2f} | {one['peak']:,.0f} | "
                    f"{spent / one['rows'] * 1e3:.2f} | {peak_of(scheduler):,.0f} | "
                    f"{max(map(peak_of, workers)):,.0f} |",
                    flush=True,
                )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{used.ru_utime + used.ru_stime:,.0f} s of processor time in all.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(*sys.argv[2:4], sys.argv[4] if sys.argv[4:] else None)))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
