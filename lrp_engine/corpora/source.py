"""A table's file by path or URL: opened, decompressed, told apart from a changed one."""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import fsspec

from lrp_engine.errors import InputError


@dataclass(frozen=True)
class Source:
    """A file by path or URL; everything that fails while reading it becomes one sentence."""

    url: str

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The file's bytes, decompressed where its name ends so.

        Raises:
            InputError: it cannot be found, opened or read to its end.
        """
        import pyarrow as pa

        try:
            with self._opened() as file:
                yield file
        except InputError:
            raise
        except FileNotFoundError:
            raise InputError(f"There is no file {self.url!r}.") from None
        except (OSError, EOFError, zlib.error, ValueError, ImportError, pa.ArrowException) as error:
            raise InputError(f"Cannot read {self.url!r}: {reason(error)}") from None

    def _opened(self) -> contextlib.AbstractContextManager[IO[bytes]]:
        return fsspec.open(self.url, "rb", compression="infer")

    def identity(self) -> dict[str, Any]:
        """What tells whether the file is still the same: place, size, time or tag of its content.

        Raises:
            InputError: it cannot be found, or is a folder.
        """
        try:
            system, path = fsspec.core.url_to_fs(self.url)
            info = system.info(path)
        except FileNotFoundError:
            raise InputError(f"There is no file {self.url!r}.") from None
        except (OSError, ValueError, ImportError) as error:
            raise InputError(f"Cannot read {self.url!r}: {reason(error)}") from None
        if info["type"] == "directory":
            raise InputError(f"{self.url!r} is a folder; give one file.")
        tag = next((info[k] for k in ("ETag", "etag", "md5Hash", "mtime") if k in info), None)
        return {
            "path": system.unstrip_protocol(path),
            "size": info.get("size"),
            "version": str(system.ukey(path) if tag is None else tag),
        }


@dataclass(frozen=True)
class OpenFile(Source):
    """A local file that is open already, for a process that may open none; not decompressed.

    Attributes:
        descriptor: one reader at a time moves its position.
    """

    descriptor: int

    def _opened(self) -> IO[bytes]:
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return open(self.descriptor, "rb", closefd=False)


@dataclass(frozen=True)
class Piped(Source):
    """What came in by a pipe, which cannot be read twice; `url` is its name for people."""

    data: bytes

    def _opened(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def reason(error: BaseException) -> str:
    """The cause of a failure as the end of a sentence."""
    text = getattr(error, "strerror", None) or " ".join(str(error).split())
    return f"{text or type(error).__name__:.300}".rstrip(".") + "."
