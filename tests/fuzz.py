"""Thousands of damaged files: python tests/fuzz.py KIND [ROUNDS] [SEED]; without KIND lists them.

Prints how many were refused and the longest time; anything but FormatError ends it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from tests.engine.formats.test_hostile_files import DAMAGED, LONGEST, damage  # noqa: E402


def main(kind: str = "", rounds: str = "2000", seed: str = "0") -> None:
    if kind not in DAMAGED:
        raise SystemExit(f"Kinds: {', '.join(DAMAGED)}")
    seconds, refused = damage(kind, int(rounds), int(seed))
    print(
        f"{kind}: {len(seconds)} damaged files, {refused} refused, {len(seconds) - refused} read; "
        f"longest {max(seconds):.1f} s, allowed {LONGEST} s"
    )
    raise SystemExit(max(seconds) >= LONGEST)


if __name__ == "__main__":
    main(*sys.argv[1:])
