"""What every attack is: it may take so many seconds, and says in figures what it met."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Found:
    """What an attack met.

    Attributes:
        breaches: what was lost, broken, or took too long; none where everything held.
    """

    breaches: list[str] = field(default_factory=list)

    def say(self, figure: str) -> None:
        """Print what was tried and measured, at once: attacks are long."""
        print(f"  {figure}", flush=True)


def main(run: Callable[[float], Found]) -> None:
    """A module's own command: `python -m tests.attacks.NAME SECONDS`; fails on any breach."""
    try:
        found = run(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
    except Exception:  # noqa: BLE001 - an attack that cannot go on has found something
        found = Found(breaches=[traceback.format_exc()])
    for breach in found.breaches:
        print(f"  BREACH: {breach}")
    sys.exit(bool(found.breaches))
