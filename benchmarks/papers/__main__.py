"""Measures and writes docs/evidence.*: `python -m benchmarks.papers [PART ...]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from app import settings
from benchmarks.papers import (
    arithmetic,
    bundled,
    comparison,
    plots,
    protocol,
    results,
    stabilizers,
)

# Part of the results -> what measures it: (folder for downloads, how many texts of each model).
PARTS: dict[str, Callable[[Path, Mapping[str, int]], Iterable[pd.DataFrame]]] = {
    comparison.PART: comparison.run,
    arithmetic.PART: lambda folder, most: arithmetic.run(),
    protocol.PART: protocol.run,
    bundled.VALIDATION: lambda folder, most: stabilizers.run(bundled.VALIDATION, folder, most),
    bundled.TEST: lambda folder, most: stabilizers.run(bundled.TEST, folder, most),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; default: all")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "lrp-lens-sample-data",
        help="folder for downloads",
    )
    usual = ", ".join(f"{n} of {name}" for name, n in bundled.TEXTS.items())
    parser.add_argument("--texts", type=int, help=f"so many of each model; default: {usual}")
    parser.add_argument("--charts-only", action="store_true", help="measure nothing")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(
            f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}"
        )
    most = dict.fromkeys(bundled.TEXTS, given.texts) if given.texts else bundled.TEXTS
    for part in [] if given.charts_only else given.parts or PARTS:
        start, used = time.monotonic(), time.process_time()
        for found in PARTS[part](given.data_dir, most):
            results.write(found)
        print(f"{part}: {time.monotonic() - start:.0f} s, {time.process_time() - used:.0f} CPU s",
              flush=True)  # fmt: skip
    subprocess.run([sys.executable, settings.REPOSITORY / "docs" / "tables.py"], check=True)
    plots.run()


if __name__ == "__main__":
    main()
