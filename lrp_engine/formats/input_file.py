"""A file given as a path, as bytes or open: its size checked, unpacked, once for several readers.

Refusals never say where on this machine a file lies.
"""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.limits import LIMITS, megabytes
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.sniff import CONTAINER_KINDS, looks_like

PathOrBytes = str | os.PathLike[str] | bytes | bytearray | memoryview


def is_path_or_bytes(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike, bytes, bytearray, memoryview))


def is_file_object(value: Any) -> bool:
    """Whether it is an open file, or an `io.BytesIO`."""
    return callable(getattr(value, "read", None)) and not isinstance(value, type)


@contextmanager
def open_file(source: PathOrBytes | BinaryIO, what: str) -> Iterator[tuple[BinaryIO, int]]:
    """The file as the operating system has it, at its start, and its size in bytes.

    Args:
        what: the file is, for people: "The vocabulary".

    An open file, or an `io.BytesIO`, is read from where it stands.

    Raises:
        FormatError: there is no such file, it is empty or larger than the budget.
    """
    if isinstance(source, (str, os.PathLike)):
        file = _open(source, what)
        size = os.fstat(file.fileno()).st_size
    else:
        if not is_path_or_bytes(source):
            source = _rest(source, what)  # type: ignore[arg-type]
        size = memoryview(source).nbytes  # type: ignore[arg-type]
        _check_size(size, what)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        file.write(source)  # type: ignore[arg-type]
        file.seek(0)
    with file:
        _check_size(size, what)
        yield file, size


def _rest(source: BinaryIO, what: str) -> bytes:
    """The bytes of an open file from where it stands, no more than are read of any file."""
    try:
        data: object = source.read(LIMITS.input_bytes + 1)
    except (OSError, ValueError) as error:
        raise FormatError(f"{what} cannot be read: {error!s:.120}.") from None
    if isinstance(data, str):
        raise FormatError(f"{what} is opened as text; open it in binary mode, open(path, 'rb').")
    if not isinstance(data, bytes | bytearray):
        raise FormatError(f"{what} gives {type(data).__name__} when it is read, expected bytes.")
    if not data and _stands_at_its_end(source):
        raise FormatError(f"{what} stands at its end, where nothing is left to read; call seek(0).")
    return bytes(data)


def _stands_at_its_end(source: BinaryIO) -> bool:
    try:
        return source.tell() > 0
    except (AttributeError, OSError, ValueError):
        return False


def _open(path: str | os.PathLike[str], what: str) -> BinaryIO:
    if (address := os.fsdecode(path)).startswith(_ADDRESSES):
        raise FormatError(
            f"{what}: {address!r:.80} is an address, and nothing is fetched from a network here; "
            "download the file, and give its path."
        )
    name = os.path.basename(address)
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


_ADDRESSES = ("http://", "https://", "ftp://", "s3://", "gs://", "hf://")
_BINARY = getattr(os, "O_BINARY", 0)


def _check_size(size: int, what: str) -> None:
    if size == 0:
        raise FormatError(f"{what} is empty (0 bytes); the save or upload was probably cut off.")
    if size > LIMITS.input_bytes:
        raise FormatError(
            f"{what} has {megabytes(size)}; at most {megabytes(LIMITS.input_bytes)} are read."
        )


def unpack_file(file: BinaryIO, size: int, *, supported: str = "") -> Contents:
    """What a file holds, read in a child process.

    Args:
        supported: a sentence that ends the refusal of a file of another kind.

    Raises:
        FormatError: it is none of the containers read, malformed, or beyond the limits.
    """
    head = file.read(HEAD)
    kind, what = looks_like(head, size)
    if kind not in CONTAINER_KINDS:
        raise FormatError(f"{what} {supported}".strip())
    return sandbox.unpack(file, size)


class SharedFile:
    """A model's file that several functions read: unpacked once, when the first of them asks.

    What was unpacked is kept until `close`, or as long as this object lives.

    Args:
        source: as `load` takes it.
    """

    def __init__(self, source: PathOrBytes | BinaryIO | Mapping[str, Any]) -> None:
        self.source = source
        self._contents: Contents | None = None
        self._lock = threading.Lock()

    def contents(self, unpack: Callable[[Any], Contents]) -> Contents:
        """What the file holds; `unpack` runs where nobody asked before."""
        with self._lock:
            if self._contents is None:
                self._contents = unpack(self.source)
            return self._contents

    def close(self) -> None:
        """Forget what was unpacked."""
        with self._lock:
            self._contents = None


ModelFile = PathOrBytes | BinaryIO | Mapping[str, Any] | SharedFile


def is_model_file(value: Any) -> bool:
    """Whether it can be meant as a model: a path, bytes, an open file, arrays by name."""
    shared = isinstance(value, SharedFile | Mapping)
    return shared or is_path_or_bytes(value) or is_file_object(value)
