"""Files that a machine which stops leaves whole: on the disk first, and then given their name."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

# What a system says where there is no room: on the disk, for this user, for a file of this size.
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
# Parquet readers skip names that begin with an underscore.
TEMPORARY = re.compile(r"_[\w.-]+\.[0-9a-f]{32}\.tmp")
_NAME_BYTES = 200  # of a temporary name; systems take 255


def temporary_name(name: str) -> str:
    """Where a file is written before it gets its name."""
    short = os.fsencode(name)[:_NAME_BYTES].decode(errors="ignore")
    return f"_{short}.{uuid.uuid4().hex}.tmp"


def write(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        OSError: it cannot be written; then nothing is left of it.
    """
    with _filled(path, lambda file: file.write(data)) as temporary:
        rename(temporary, path)


def replace_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file for somebody; one that was there stays as it is until the new one is whole.

    A device, a pipe, and a file in a folder that takes no other, are written as they are. A file
    that has other names, or that may be written but not replaced, stays the same file.

    Args:
        fill: writes into the open file.

    Raises:
        OSError: it cannot be written.
    """
    real, there = Path(os.path.realpath(path)), path.exists()
    if there and not (real.is_file() and os.access(real.parent, os.W_OK)):
        with path.open("wb") as file:
            fill(file)
        return
    if there:
        real.open("ab").close()  # what may not be written may not be replaced either
    with _filled(real, fill) as temporary:
        if there:
            shutil.copymode(real, temporary)
        if there and (path.is_symlink() or real.stat().st_nlink > 1):
            shutil.copyfile(temporary, real)
            return
        try:
            rename(temporary, real)
        except PermissionError:
            if not there:
                raise
            shutil.copyfile(temporary, real)


@contextlib.contextmanager
def _filled(path: Path, fill: Callable[[IO[bytes]], object]) -> Iterator[Path]:
    """A new file beside another one, whole and on the disk; what is left of it is removed."""
    temporary = path.with_name(temporary_name(path.name))
    try:
        with temporary.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def why(error: OSError) -> str | None:
    """Why a file could not be written, in words."""
    return "the disk is full" if error.errno in FULL else error.strerror


def rename(old: str | Path, new: str | Path) -> None:
    """Give a file or a folder its name in the same folder, for good when this returns."""
    os.replace(old, new)
    sync_folder(Path(new).parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk, where the system can be told to."""
    if sys.platform == "win32":
        return  # it opens no folders
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # whoever may write there need not be allowed to read
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems without it
            raise
    finally:
        os.close(descriptor)
