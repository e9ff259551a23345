"""Files of a set that are not what was written: which rows they hold, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lrp_engine.errors import LensError

PART = re.compile(r"(?:part|measured)-(\d{5,})\.parquet")
MEASURED, LABELS = "measured-", "labels-"
# What cannot be computed again begins so.
SOURCES = ("set.", "input.")
_HOLDS = {
    "set": "what this set is",
    "input": "the texts",
    "summary": "the table of decisions",
    "words": "the table of words",
}


class DamagedError(LensError):
    """Files of a set are damaged or gone.

    Args:
        names: of the files; file: as the user called it; step: rows of a part; rows: of the set.

    Attributes:
        mendable: whether they can be computed again from the others.
    """

    def __init__(self, names: Sequence[str], *, file: str, step: int, rows: int) -> None:
        self.names, self.mendable = tuple(names), not any(n.startswith(SOURCES) for n in names)
        what_to_do = (
            "It can be explained again; verdicts, tags and notes are kept."
            if self.mendable
            else "Not all of it can be computed again: bring the files back from a backup, or "
            "delete this set and begin another one with the same texts."
        )
        found = ", ".join(f"{name} ({_holds(name, step, rows)})" for name in names)
        super().__init__(
            f"The set {file!r} is damaged on the server's disk. Gone, or not as it was written "
            f"(its SHA-256 differs): {found}. {what_to_do}"
        )


def _holds(name: str, step: int, rows: int) -> str:
    part = PART.fullmatch(name)
    if name.startswith(LABELS):
        return "labels that were given later; give them again"
    if part is None:
        return _HOLDS.get(name.split(".")[0], "unknown")
    first = int(part[1]) * step
    held = f"rows {first + 1:,} to {min(first + step, rows):,}"
    return f"what was measured of {held}" if name.startswith(MEASURED) else held
