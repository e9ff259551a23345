"""What was measured of windows, kept in a folder: a stopped evaluation goes on with it.

A window's numbers depend on nothing but the network, the settings and its texts. Their hash is the
name of its file, so that a folder may serve any number of evaluations and none finds another's.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.corpora.folder import Folder
from lrp_engine.corpora.manifest import made_by
from lrp_engine.errors import InputError
from lrp_engine.evaluation.measuring import Measured

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network

NAME = re.compile(r"measured-[0-9a-f]{64}\.npz")
LARGEST = 2**30  # bytes that a file may unpack to
_DIGEST = 64  # characters in front of a file's content: the SHA-256 of its name and the content
_COUNTS = "counts"  # of a window: its index, its texts, those that could not be explained
_TABLES = ("values", "places")
_DAMAGE = (ValueError, KeyError, EOFError, OSError, MemoryError, zipfile.BadZipFile)


class Kept:
    """The folder of an evaluation.

    Args:
        folder: a path or a URL; it is made where it does not exist.

    Raises:
        InputError: it is no folder, cannot be read or written, or holds other files.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        url = fspath(folder) if isinstance(folder, (str, PathLike)) else folder
        if not isinstance(url, str) or not url:
            raise InputError(f"keep is {folder!r:.60}, expected a folder, by path or URL.")
        self._folder = Folder(url, own=NAME)
        self._run = ""
        self._settings: Settings | None = None
        self._there: set[str] = set()
        self._names: dict[int, str] = {}

    def locked(self) -> AbstractContextManager[None]:
        """Keep other evaluations out meanwhile."""
        return self._folder.locked()

    def begin(self, network: Network, settings: Settings) -> None:
        """Say what is measured; what an earlier run left half-written is removed."""
        self._folder.clear_temporary()
        self._there = set(self._folder.names())
        self._settings = settings
        # Not sorted: the order of rules is that of the columns.
        self._run = json.dumps({**made_by(network), "settings": settings.to_dict()})

    def measured(self, window: Window) -> Measured | None:
        """What the folder says of a window; None where it says nothing, or is damaged."""
        name = f"measured-{self._key(window)}.npz"
        if name in self._there and self._folder.is_file(name):
            found = _from_bytes(name, self._folder.read(name))
            if found is not None and self._fits(found, window):
                return found
        self._names[window.index] = name
        return None

    def keep(self, measured: Measured) -> None:
        """Write what was measured of a window of which the folder said nothing."""
        name = self._names.pop(measured.index, None)
        if name is not None:
            self._folder.write(name, _to_bytes(name, measured))

    def _key(self, window: Window) -> str:
        hashed = sha256(self._run.encode())
        for part in _contents(window):
            hashed.update(len(part).to_bytes(8, "big") + part)
        return hashed.hexdigest()

    def _fits(self, found: Measured, window: Window) -> bool:
        """Whether a file can have been made of this window."""
        assert self._settings is not None
        explainers = len(self._settings.explainers)
        return (
            (found.index, found.texts) == (window.index, len(window))
            and 0 <= found.unexplained <= found.texts
            and set(found.values) == set(found.places) <= set(self._settings.measures)
            and all(
                values.dtype == np.float64
                and values.ndim == 3
                and values.shape[:2] == (len(found.places[name]), explainers)
                for name, values in found.values.items()
            )
            and all(p.ndim == 1 and p.dtype.kind == "i" for p in found.places.values())
        )


def _contents(window: Window) -> Iterator[bytes]:
    """All that is known of a window's texts."""
    yield json.dumps([window.index, window.first]).encode()
    if window.words is not None:
        yield json.dumps([list(words) for words in window.words]).encode()
    for array in (window.values, window.lengths, window.labels, *(window.answers or ())):
        if array is not None:
            yield f"{array.dtype.str} {array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes()


def _to_bytes(name: str, measured: Measured) -> bytes:
    arrays: dict[str, Any] = {
        f"{table}.{measure}": array
        for table in _TABLES
        for measure, array in getattr(measured, table).items()
    }
    arrays[_COUNTS] = np.array([measured.index, measured.texts, measured.unexplained])
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    data = file.getvalue()
    return _digest(name, data) + data


def _from_bytes(name: str, data: bytes) -> Measured | None:
    """None where it is not as it was written, under this name."""
    digest, data = data[:_DIGEST], data[_DIGEST:]
    if _digest(name, data) != digest:
        return None
    tables: dict[str, dict[str, np.ndarray]] = {table: {} for table in _TABLES}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if sum(one.file_size for one in file.infolist()) > LARGEST:
                return None
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for key in arrays.files:
                table, _, measure = key.partition(".")
                if table in tables:
                    tables[table][measure] = arrays[key]
            index, texts, unexplained = arrays[_COUNTS].tolist()
    except _DAMAGE:
        return None
    return Measured(index, texts, **tables, unexplained=unexplained)


def _digest(name: str, data: bytes) -> bytes:
    return sha256(name.encode() + data).hexdigest().encode()
