"""Folders by key: nobody can guess one, and nothing else opens what lies under it.

<key>/...                 files, with their SHA-256 (`Files`); one of them says what the rest is
_new.<key>, _deleted.<key>  what comes or goes; what a killed server leaves of it is removed
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app import settings
from app.kept import disk
from app.kept.files import Files
from app.kept.leftovers import DELETED, NEW, sweep
from lrp_engine.corpora import durable
from lrp_engine.errors import InputError

KEY = re.compile(r"[A-Za-z0-9_-]{22}")
DAY = 86_400  # seconds


def new_key() -> str:
    """A key of 128 random bits."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much is kept at most.

    Attributes:
        most: folders. megabytes: of all files together; None for any.
        full: the sentence where there is more.
    """

    most: int
    full: str
    megabytes: float | None = None


class Folders:
    """The folders in a folder, which is made where it does not exist; leftovers are removed.

    Args:
        listed: the file that says what the others are; without it there is nothing.
        days: after which goes what nobody opened; None where each is kept until it is deleted.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(self, folder: Path, *, listed: str, days: float | None = None) -> None:
        self.folder, self.listed, self.days = folder, listed, days
        self._adding = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                f"The server's folder for {folder.name} cannot be made ({error.strerror}); whoever "
                "runs it names another one in the environment variable "
                f"{settings.DATA_VARIABLE}."
            ) from None
        self.sweep()

    def sweep(self) -> None:
        """Remove what has expired, and what killed servers left."""
        if self.days is not None:
            for key in self.keys():
                if self._expired(key):
                    self.delete(key)
        sweep(self.folder, id=KEY, listed=self.listed)

    def keys(self) -> list[str]:
        """Of everything that is kept."""
        return sorted(path.name for path in self.folder.iterdir() if KEY.fullmatch(path.name))

    def facts(self, key: str) -> bytes | None:
        """The file that says what lies under a key; None where nothing does."""
        if not KEY.fullmatch(key):
            return None
        if self._expired(key):
            self.delete(key)
        try:
            return (self.path(key) / self.listed).read_bytes()
        except OSError:
            return None

    def last_opened(self, key: str) -> float:
        """Seconds since 1970; of what is not there, now."""
        try:
            return (self.path(key) / self.listed).stat().st_mtime
        except OSError:
            return time.time()

    def opened(self, key: str) -> None:
        """Note that somebody opened it: its days begin anew."""
        with contextlib.suppress(OSError):
            os.utime(self.path(key) / self.listed)

    def add(self, key: str, files: Mapping[str, bytes], room: Room) -> None:
        """Keep new files, `listed` among them. Nothing else ever makes room for them.

        Raises:
            InputError: the server keeps no more.
            LensError: its disk is full, or cannot be written; nothing is left of them then.
        """
        self.sweep()
        with self._adding:
            if not self._fits(files, room):
                raise InputError(room.full)
            new = self.folder / f"{NEW}{key}"
            with disk.sentences():
                try:
                    new.mkdir(mode=0o700)
                    for name in sorted(files, key=lambda name: name == self.listed):
                        Files(new).write(name, files[name])
                    durable.rename(new, self.path(key))
                except BaseException:
                    shutil.rmtree(new, ignore_errors=True)
                    raise

    def files(self, key: str) -> Files:
        """Its files, to read and write."""
        return Files(self.path(key))

    def forget(self, key: str) -> None:
        """From now on nobody opens it or writes into it; `remove` frees the disk.

        Raises:
            LensError: the disk refuses.
        """
        with disk.sentences(), contextlib.suppress(FileNotFoundError):
            durable.rename(self.path(key), self.folder / f"{DELETED}{key}")

    def remove(self, key: str) -> None:
        """Remove what is left of what was forgotten."""
        shutil.rmtree(self.folder / f"{DELETED}{key}", ignore_errors=True)

    def delete(self, key: str) -> None:
        """Both at once.

        Raises:
            LensError: the disk refuses.
        """
        self.forget(key)
        self.remove(key)

    def path(self, key: str) -> Path:
        return self.folder / key

    def _expired(self, key: str) -> bool:
        if self.days is None:
            return False
        return self.last_opened(key) < time.time() - self.days * DAY

    def _fits(self, files: Mapping[str, bytes], room: Room) -> bool:
        if len(self.keys()) >= room.most:
            return False
        if room.megabytes is None:
            return True
        held = sum(map(len, files.values()))
        for path in self.folder.glob("*/*"):
            with contextlib.suppress(OSError):
                held += path.stat().st_size
        return held <= room.megabytes * 2**20
