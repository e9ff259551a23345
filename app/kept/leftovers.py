"""What servers leave that are killed while a set comes, goes or is written: found and removed."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

# Folders of a set that is not there yet, and of one that is nobody's any more, begin so.
NEW, DELETED = "_new.", "_deleted."
# Nobody is writing any more what has been half-written for so long.
ABANDONED_SECONDS = 600


def sweep(folder: Path, *, id: re.Pattern[str], listed: str) -> None:
    """Remove leftovers; never a set that is listed, and nothing that is not named like a set.

    Args:
        folder: of all sets.
        id: what their names look like.
        listed: the file without which nobody can open a set.
    """
    long_ago = time.time() - ABANDONED_SECONDS
    for path in folder.iterdir():
        if path.name.startswith(DELETED):
            shutil.rmtree(path, ignore_errors=True)
        elif id.fullmatch(path.name) and (path / listed).exists():
            for half in path.glob("_*"):
                if _changed(half) < long_ago:
                    half.unlink(missing_ok=True)
        elif id.fullmatch(path.name.removeprefix(NEW)) and _changed(path) < long_ago:
            shutil.rmtree(path, ignore_errors=True)


def _changed(path: Path) -> float:
    """When a file or folder was changed last (seconds since 1970); now where it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()
