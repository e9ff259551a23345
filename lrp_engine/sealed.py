"""Arrays as one file that shows whether it is as it was written: an npz behind its SHA-256."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

LARGEST = 2**30  # bytes that a file may unpack to
_DIGEST = 64  # hex digits in front: of the file's name, where it is bound to one, and its content
# What reading an archive that is not as zipfile and numpy write it ends in.
_DAMAGE = (
    ValueError, KeyError, EOFError, OSError, MemoryError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def sealed(arrays: Mapping[str, np.ndarray], *, name: str = "") -> bytes:
    """A file of arrays by name; under another `name` it will not open."""
    file = io.BytesIO()
    keywords: dict[str, Any] = dict(arrays)
    np.savez_compressed(file, allow_pickle=False, **keywords)
    data = file.getvalue()
    return _digest(name, data) + data


def opened(data: bytes, *, name: str = "") -> dict[str, np.ndarray] | None:
    """The arrays; None where the file is not as it was written, or unpacks to over 1 GB.

    A digest protects from damage, not from forgers: the arrays are numbers and text, never objects.
    """
    digest, data = data[:_DIGEST], data[_DIGEST:]
    if _digest(name, data) != digest:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if sum(one.file_size for one in file.infolist()) > LARGEST:
                return None
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            found = {key: arrays[key] for key in arrays.files}
    except _DAMAGE:
        return None
    return found if all(isinstance(one, np.ndarray) for one in found.values()) else None


def _digest(name: str, data: bytes) -> bytes:
    return sha256(name.encode() + data).hexdigest().encode()
