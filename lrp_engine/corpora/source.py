"""A table's file by path or URL: opened, decompressed, told apart from a changed one."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import fsspec
from fsspec.utils import infer_compression

from lrp_engine.corpora import urls
from lrp_engine.errors import InputError


@dataclass(frozen=True)
class Source:
    """A file by path or URL; everything that fails while reading it becomes one sentence."""

    url: str

    @property
    def name(self) -> str:
        """The path or URL as people and manifests may see it."""
        return urls.shown(self.url)

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The file's bytes, decompressed where its name ends so.

        Raises:
            InputError: it cannot be found, opened or read to its end.
        """
        with self._reading(), self._opened() as file:
            yield file

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """What fails meanwhile becomes a sentence."""
        try:
            yield
        except InputError:
            raise
        except FileNotFoundError:
            raise InputError(f"There is no file {self.name!r}.") from None
        except Exception as error:
            if of_storage(error):
                raise InputError(f"Cannot read {self.name!r}: {reason(error, self.url)}") from None
            raise

    def _opened(self) -> contextlib.AbstractContextManager[IO[bytes]]:
        return fsspec.open(self.url, "rb", compression=infer_compression(self.name))

    def identity(self) -> dict[str, Any]:
        """What tells whether the file is still the same: place, size, time or tag of its content.

        Raises:
            InputError: it cannot be found, or is a folder.
        """
        with self._reading():
            system, path = fsspec.core.url_to_fs(self.url)
            system.invalidate_cache()  # what was true when the run began need not be true now
            info = system.info(path)
        if info["type"] == "directory":
            raise InputError(f"{self.name!r} is a folder; give one file.")
        tag = next((info[k] for k in ("ETag", "etag", "md5Hash", "mtime") if k in info), None)
        return {
            "path": urls.shown(system.unstrip_protocol(path)),
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


def of_storage(error: Exception) -> bool:
    """Whether an error is one of a file, its system, or a package that reads or reaches it."""
    if isinstance(error, (OSError, ValueError, ImportError, EOFError)):
        return True
    # Packages have classes of their own, such as botocore's NoCredentialsError and zlib's error.
    return not isinstance(error, MemoryError) and type(error).__module__.partition(".")[0] not in (
        "builtins",
        "lrp_engine",
    )


def reason(error: BaseException, url: str = "") -> str:
    """The cause of a failure as the end of a sentence, without the secrets of a URL."""
    text = getattr(error, "strerror", None) or " ".join(str(error).split())
    text = urls.without_secrets(str(text), url)
    return f"{text or type(error).__name__:.300}".rstrip(".") + "."
