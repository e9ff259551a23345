"""What was measured of windows, kept in a folder: a stopped evaluation goes on with it.

A window's numbers depend on nothing but the network, the settings and its texts. Their hash is the
name of its file, so that a folder may serve any number of evaluations and none finds another's.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.corpora.folder import Folder
from lrp_engine.evaluation.measuring import Measured
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network

NAME = re.compile(r"measured-[0-9a-f]{64}\.npz")
_DIGEST = 64  # characters in front of a file's content: its SHA-256
_COUNTS = "counts"  # of a window: its index, its texts, those that could not be explained
_TABLES = ("values", "places")


class Kept:
    """The folder of an evaluation.

    Args:
        url: of the folder, a path or a URL; it is made where it does not exist.

    Raises:
        InputError: it is a file, cannot be read or written, or holds other files.
    """

    def __init__(self, url: str, network: Network, settings: Settings) -> None:
        self._folder = Folder(url, own=NAME)
        self._folder.clear_temporary()
        self._there = set(self._folder.names())
        self._run = json.dumps({
            "engine": __version__,
            "model": network.hash,
            "dtype": network.dtype,
            "device": network.device and network.device.partition(":")[0],
            "settings": settings.to_dict(),
        }, sort_keys=True)  # fmt: skip
        self._names: dict[int, str] = {}

    def measured(self, window: Window) -> Measured | None:
        """What the folder says of a window; None where it says nothing, or is damaged."""
        name = self._names[window.index] = f"measured-{self._key(window)}.npz"
        return _from_bytes(self._folder.read(name)) if name in self._there else None

    def keep(self, measured: Measured) -> None:
        """Write what was measured of a window that was asked for before."""
        self._folder.write(self._names.pop(measured.index), _to_bytes(measured))

    def _key(self, window: Window) -> str:
        hashed = sha256(self._run.encode())
        for part in _contents(window):
            hashed.update(len(part).to_bytes(8, "big") + part)
        return hashed.hexdigest()


def _contents(window: Window) -> Iterator[bytes]:
    """All that is known of a window's texts."""
    yield json.dumps([window.index, window.first]).encode()
    if window.words is not None:
        yield json.dumps([list(words) for words in window.words]).encode()
    for array in (window.values, window.lengths, window.labels, *(window.answers or ())):
        if array is not None:
            yield f"{array.dtype.str} {array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes()


def _to_bytes(measured: Measured) -> bytes:
    arrays: dict[str, Any] = {
        f"{table}.{measure}": array
        for table in _TABLES
        for measure, array in getattr(measured, table).items()
    }
    arrays[_COUNTS] = np.array([measured.index, measured.texts, measured.unexplained])
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    data = file.getvalue()
    return sha256(data).hexdigest().encode() + data


def _from_bytes(data: bytes) -> Measured | None:
    digest, data = data[:_DIGEST], data[_DIGEST:]
    if sha256(data).hexdigest().encode() != digest:
        return None
    tables: dict[str, dict[str, np.ndarray]] = {table: {} for table in _TABLES}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        for name in arrays.files:
            table, _, measure = name.partition(".")
            if table in tables:
                tables[table][measure] = arrays[name]
        index, texts, unexplained = arrays[_COUNTS].tolist()
    return Measured(index, texts, **tables, unexplained=unexplained)
