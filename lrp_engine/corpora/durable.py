"""Files that a machine which stops leaves whole: on the disk first, and then given their name."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import uuid
from pathlib import Path

# What a system says where there is no room: on the disk, for this user, for a file of this size.
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
# Parquet readers skip names that begin with an underscore.
TEMPORARY = re.compile(r"_[\w.-]+\.[0-9a-f]{32}\.tmp")


def temporary_name(name: str) -> str:
    """Where a file is written before it gets its name."""
    return f"_{name}.{uuid.uuid4().hex}.tmp"


def write(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        OSError: it cannot be written; then nothing is left of it.
    """
    temporary = path.with_name(temporary_name(path.name))
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


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
