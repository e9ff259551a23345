"""The folder of the result: Parquet parts and a manifest, each either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from lrp_engine.corpora import durable, urls
from lrp_engine.corpora.durable import FULL, TEMPORARY
from lrp_engine.corpora.manifest import MANIFEST
from lrp_engine.corpora.source import of_storage, reason
from lrp_engine.errors import InputError

PART = re.compile(r"part-\d{5,}\.parquet")
# The SHA-256 of a part, until the manifest of the finished run lists them all.
DIGEST = re.compile(r"_part-\d{5,}\.parquet\.sha256")
LOCK = "_lock"


class Folder:
    """A folder by path or URL, made where it does not exist.

    How a file gets there whole: where names can be changed, it is written under another one and
    then renamed. An object store has no rename (it copies, and removes the old one); there one
    request puts the whole object in its place, or does nothing.

    Args:
        own: names of files that it may hold without a manifest; None for those of a corpus, which
            has one.

    Attributes:
        url: as people and manifests may see it.

    Raises:
        InputError: it is a file, cannot be written, or holds files that are not a run's.
    """

    def __init__(self, url: str, *, own: re.Pattern[str] | None = None) -> None:
        self.url, self._secret = urls.shown(url), url
        with self._sentences("open"):
            self.system, self.path = fsspec.core.url_to_fs(url)
            self.local = isinstance(self.system, LocalFileSystem)
            # Systems that only know how to copy leave `mv` as fsspec wrote it.
            self.renames = type(self.system).mv is not fsspec.AbstractFileSystem.mv
            if self.system.isfile(self.path):
                raise InputError(f"The output {self.url!r} is a file; give a folder.")
            if self.renames:  # elsewhere a folder is its objects; making it would make a bucket
                self.system.makedirs(self.path, exist_ok=True)
            if self.local:
                durable.sync_folder(Path(self.path).parent)
        names = self.names()
        foreign = [n for n in names if not n.startswith((".", "_"))]
        if own is not None:
            foreign = [name for name in foreign if not own.fullmatch(name)]
            foreign += [name for name in names if name == MANIFEST]
        if foreign and (own is not None or MANIFEST not in names):
            lacks = f" but no {MANIFEST}" if own is None else ", which is of something else"
            raise InputError(
                f"The folder {self.url!r} holds {sorted(foreign)[0]!r}{lacks}; choose an empty one."
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out, where the folder is on a disk of this machine or mounted like one.

        The lock is the operating system's and ends with the process, however that ends; the file
        that carries it stays and means nothing by itself.

        Raises:
            InputError: another run is writing into the folder.
        """
        if not self.local:
            yield
            return
        with contextlib.ExitStack() as held:
            with self._sentences("lock"):
                if LOCK in self.names() and not self.is_file(LOCK):  # a pipe would wait for ever
                    raise InputError(f"{LOCK!r} in {self.url!r} is no file; remove it.")
                file = held.enter_context(open(f"{self.path}/{LOCK}", "ab"))
                if not _locked(file.fileno()):
                    raise InputError(
                        f"Another run is writing into {self.url!r}. Wait for its end, or choose "
                        "another folder."
                    )
            yield

    def names(self) -> list[str]:
        """Names of what lies in the folder."""
        with self._sentences("list"):
            self.system.invalidate_cache()
            try:
                paths = self.system.ls(self.path, detail=False)
            except FileNotFoundError:
                if self.renames:
                    raise
                paths = []  # where folders are their objects, an empty one is not there
        folder = self.path.strip("/")  # a store may list an object that stands for it
        names = (path.strip("/") for path in paths)
        return sorted(name.rsplit("/", 1)[-1] for name in names if name != folder)

    def parts(self) -> list[str]:
        """Names of the parts that are there."""
        return [name for name in self.names() if PART.fullmatch(name)]

    def manifest(self) -> dict[str, Any] | None:
        """What the folder says about its run, None where it says nothing."""
        if MANIFEST not in self.names():
            return None
        try:
            manifest = json.loads(self.read(MANIFEST))
        except ValueError:
            manifest = None
        if not isinstance(manifest, dict):
            raise InputError(
                f"{MANIFEST} in {self.url!r} is damaged; choose another folder, or add --restart."
            )
        return manifest

    def is_file(self, name: str) -> bool:
        """Whether a name stands for a file, on a disk not for a folder or a pipe."""
        return not self.local or self.system.isfile(f"{self.path}/{name}")

    def read(self, name: str) -> bytes:
        with self._sentences("read"):
            return self.system.cat_file(f"{self.path}/{name}")

    def write(self, name: str, data: bytes) -> None:
        """Write a file that appears whole or not at all, even if the machine stops.

        Raises:
            InputError: it cannot be written, for example because the disk is full.
        """
        final = f"{self.path}/{name}"
        if not self.renames:
            with self._sentences("write to"):
                self.system.pipe_file(final, data)
            return
        temporary = f"{self.path}/{durable.temporary_name(name)}"
        with self._sentences("write to"):
            try:
                with self.system.open(temporary, "wb") as file:
                    file.write(data)
                    if self.local:
                        file.flush()
                        os.fsync(file.fileno())
                if self.local:
                    durable.rename(temporary, final)
                else:
                    self.system.mv(temporary, final)
            except BaseException:
                with contextlib.suppress(Exception):
                    self.system.rm_file(temporary)
                raise

    def write_part(self, name: str, data: bytes) -> str:
        """Write a part, and before it its SHA-256 (hex), which is returned."""
        digest = self.note_digest(name, data)
        try:
            self.write(name, data)
        except BaseException:
            with contextlib.suppress(Exception):
                if not self.system.exists(f"{self.path}/{name}"):
                    self.system.rm_file(f"{self.path}/{_digest_name(name)}")
            raise
        return digest

    def note_digest(self, name: str, data: bytes) -> str:
        """Keep the SHA-256 (hex) of a part."""
        digest = sha256(data).hexdigest()
        self.write(_digest_name(name), digest.encode())
        return digest

    def digest(self, name: str) -> str | None:
        """What `write_part` noted of a part; None where it noted nothing."""
        with self._sentences("read"):
            try:
                noted: bytes = self.system.cat_file(f"{self.path}/{_digest_name(name)}")
            except FileNotFoundError:
                return None
        return noted.decode("ascii", "replace").strip()

    def clear_digests(self) -> None:
        """Remove what the manifest of a finished run says of its parts."""
        self._remove(name for name in self.names() if DIGEST.fullmatch(name))

    def clear_temporary(self) -> None:
        """Remove what an interrupted run left half-written."""
        self._remove(name for name in self.names() if TEMPORARY.fullmatch(name))

    def clear(self) -> None:
        """Remove what runs wrote, and nothing else; the manifest last."""
        self._remove(self.parts())
        self.clear_digests()
        self.clear_temporary()
        self._remove(name for name in self.names() if name == MANIFEST)

    def _remove(self, names: Any) -> None:
        with self._sentences("clear"):
            for name in list(names):
                self.system.rm_file(f"{self.path}/{name}")

    @contextlib.contextmanager
    def _sentences(self, action: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            if not of_storage(error):
                raise
            if isinstance(error, OSError) and error.errno in FULL:
                raise InputError(
                    f"The disk of {self.url!r} is full. Make room and run the same command again "
                    "to go on."
                ) from None
            if isinstance(error, (FileExistsError, NotADirectoryError)):
                raise InputError(f"The output {self.url!r} is not a folder.") from None
            raise InputError(
                f"Cannot {action} {self.url!r}: {reason(error, self._secret)}"
            ) from None


def _digest_name(part: str) -> str:
    return f"_{part}.sha256"


def _locked(descriptor: int) -> bool:
    """Lock an open file; False where another process or thread has locked it.

    A file system that has no locks lets everyone in.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    return True
