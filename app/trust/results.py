"""Results on disk: a file each, named by the key of its plan. The oldest make room: any of them can
be measured again."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from app import settings
from app.kept import disk
from app.trust.plan import KEY
from app.trust.result import Result, from_bytes, to_bytes
from lrp_engine.corpora import durable

_ENDING = ".measured"


class Results:
    """The results in a folder, which is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keeping = threading.Lock()

    def has(self, key: str) -> bool:
        return bool(KEY.fullmatch(key)) and self._path(key).exists()

    def find(self, key: str) -> Result | None:
        """The result of this key; None where there is none, or not as it was written."""
        if not KEY.fullmatch(key):
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # what is read stays longest
        return from_bytes(data)

    def keep(self, key: str, result: Result) -> None:
        """Keep a result; those that nobody looked at for longest go where there are too many.

        Raises:
            LensError: the disk is full, or cannot be written.
        """
        data = to_bytes(result)
        with self._keeping, disk.sentences():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            durable.write(self._path(key), data)
            self._make_room(key)

    def _make_room(self, key: str) -> None:
        stamped = sorted(
            (path.stat().st_mtime_ns, path.stat().st_size, path)
            for path in self.folder.glob(f"*{_ENDING}")
            if path != self._path(key)
        )
        most, held = settings.TRUST_KEPT_MEGABYTES * 2**20, self._path(key).stat().st_size
        held += sum(size for _, size, _ in stamped)
        for n, (_, size, path) in enumerate(stamped):
            if len(stamped) - n < settings.TRUST_KEPT and held <= most:
                return
            path.unlink(missing_ok=True)
            held -= size

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_ENDING}"
