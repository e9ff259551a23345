"""The files of one folder: each appears whole or not at all, and a flipped bit in it shows.

A file's SHA-256 is noted before the file is written. The one before it stays valid: whoever is
stopped between the two leaves the earlier file, which is whole.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from app.kept import disk
from lrp_engine.corpora import durable
from lrp_engine.errors import LensError

DIGESTS = "digests.json"  # name of a file -> SHA-256 (hex): of the newest, and of the one before
_noting = threading.Lock()


class Files:
    """Files in a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Write a file, on the disk when this returns.

        Raises:
            LensError: the disk is full or cannot be written, or the folder is gone.
        """
        try:
            with disk.sentences():
                self._note({name: data})
                durable.write(self.folder / name, data)
        except LensError:
            if self.folder.exists():
                raise
            raise LensError("What this belongs to was deleted meanwhile.") from None

    def read(self, name: str) -> bytes | None:
        """The bytes that were written; None where the file is damaged or gone."""
        return self._read(name, self._noted())

    def damaged(self) -> list[str]:
        """Names of all files that are not what was written, or gone; everything is read."""
        noted = self._noted()
        return [name for name in sorted(noted or {}) if self._read(name, noted) is None]

    def drop(self, names: Sequence[str]) -> None:
        """Remove files, and what is noted of them.

        Raises:
            LensError: the disk refuses.
        """
        with disk.sentences(), _noting:
            for name in names:
                (self.folder / name).unlink(missing_ok=True)
            kept = {name: of for name, of in (self._noted() or {}).items() if name not in names}
            durable.write(self.folder / DIGESTS, json.dumps(kept, indent=1).encode())

    def adopt(self) -> None:
        """Note the files of a release that noted none, as they are.

        Raises:
            LensError: as `write`.
        """
        if self._noted() is None:
            with disk.sentences():
                self._note({})

    def _read(self, name: str, noted: Mapping[str, list[str]] | None) -> bytes | None:
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        whole = noted is None or _digest(data) in noted.get(name, [])
        return data if whole else None

    def _noted(self) -> dict[str, list[str]] | None:
        """What is noted; None where nothing is, or where the notes themselves are damaged."""
        try:
            noted = json.loads((self.folder / DIGESTS).read_bytes())
            return {name: [str(digest) for digest in digests] for name, digests in noted.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return None

    def _there(self) -> Iterator[Path]:
        """Everything but the notes, and what is half-written."""
        for path in self.folder.iterdir():
            if not path.name.startswith("_") and path.name != DIGESTS:
                yield path

    def _note(self, files: Mapping[str, bytes]) -> None:
        with _noting:
            noted = self._noted()
            if noted is None:  # of an earlier release, or new and empty
                noted = {path.name: [_digest(path.read_bytes())] for path in self._there()}
            for name, data in files.items():
                digests = [_digest(data), *noted.get(name, [])]
                noted[name] = list(dict.fromkeys(digests))[:2]
            durable.write(self.folder / DIGESTS, json.dumps(noted, indent=1).encode())


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
