"""A path or bytes as an open file, without saying where on this machine it lies."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.limits import LIMITS, megabytes
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.sniff import CONTAINER_KINDS, looks_like

Source = str | os.PathLike[str] | bytes | bytearray | memoryview


def is_source(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike, bytes, bytearray, memoryview))


@contextmanager
def open_source(source: Source, what: str) -> Iterator[tuple[BinaryIO, int]]:
    """The source as a file of the operating system, at its start, and its size in bytes.

    Raises:
        FormatError: there is no such file, it is empty or larger than the budget.
    """
    if isinstance(source, (str, os.PathLike)):
        file = _open(source, what)
        size = os.fstat(file.fileno()).st_size
    else:
        size = memoryview(source).nbytes
        _check_size(size, what)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        file.write(source)
        file.seek(0)
    with file:
        _check_size(size, what)
        yield file, size


def _open(path: str | os.PathLike[str], what: str) -> BinaryIO:
    name = os.path.basename(os.fsdecode(path))
    try:
        # Without waiting: opening a pipe that nobody writes to would hang.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except FileNotFoundError:
        raise FormatError(f"{what}: there is no file {name!r:.80}.") from None
    except (OSError, ValueError):
        raise FormatError(f"{what}: the file {name!r:.80} cannot be opened.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FormatError(f"{what}: {name!r:.80} is not a regular file.")
    return os.fdopen(descriptor, "rb")


_BINARY = getattr(os, "O_BINARY", 0)


def _check_size(size: int, what: str) -> None:
    if size == 0:
        raise FormatError(f"{what} is empty (0 bytes); the save or upload was probably cut off.")
    if size > LIMITS.input_bytes:
        raise FormatError(
            f"{what} has {megabytes(size)}; at most {megabytes(LIMITS.input_bytes)} are read."
        )


def unpacked(file: BinaryIO, size: int, *, supported: str = "") -> sandbox.Contents:
    """What a file holds, read in a child process.

    Raises:
        FormatError: it is none of the containers read, malformed, or beyond the limits.
    """
    head = file.read(HEAD)
    kind, what = looks_like(head, size)
    if kind not in CONTAINER_KINDS:
        raise FormatError(f"{what} {supported}".strip())
    return sandbox.unpack(file, size)
