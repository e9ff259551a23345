"""What was measured of windows, kept in a folder: a stopped evaluation goes on with it.

A window's numbers depend on nothing but the network, the settings and its texts. Their hash is the
name of its file, so that a folder may serve any number of evaluations and none finds another's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from os import PathLike, fspath
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.corpora.folder import Folder
from lrp_engine.corpora.manifest import made_by
from lrp_engine.errors import InputError
from lrp_engine.evaluation.measuring import Measured
from lrp_engine.sealed import opened, sealed

if TYPE_CHECKING:
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network

NAME = re.compile(r"measured-[0-9a-f]{64}\.npz")
_COUNTS = "counts"  # of a window: its index, its texts, those that could not be explained
_TABLES = ("values", "places")


def kept_folder(keep: str | PathLike[str]) -> Folder:
    """The folder of an evaluation, by path or URL; it is made where it does not exist.

    Raises:
        InputError: it is no folder, cannot be read or written, or holds other files.
    """
    url = fspath(keep) if isinstance(keep, (str, PathLike)) else keep
    if not isinstance(url, str) or not url:
        raise InputError(f"keep is {keep!r:.60}, expected a folder, by path or URL.")
    return Folder(url, own=NAME)


@contextlib.contextmanager
def keeping(folder: Folder | None, network: Network, settings: Settings) -> Iterator[Kept | None]:
    """What the folder keeps of these settings, other evaluations kept out meanwhile.

    Raises:
        InputError: another evaluation is writing into the folder.
    """
    if folder is None:
        yield None
        return
    with folder.locked():
        yield Kept(folder, network, settings)


class Kept:
    """What a folder keeps of one network and its settings, and takes of them.

    What an earlier run left half-written is removed.
    """

    def __init__(self, folder: Folder, network: Network, settings: Settings) -> None:
        folder.clear_temporary()
        self._folder, self._settings = folder, settings
        # Not sorted: the order of rules is that of the columns.
        self._run = json.dumps({**made_by(network), "settings": settings.to_dict()})
        self._there = set(folder.names())
        self._names: dict[int, str] = {}

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
    arrays = {
        f"{table}.{measure}": array
        for table in _TABLES
        for measure, array in getattr(measured, table).items()
    }
    arrays[_COUNTS] = np.array([measured.index, measured.texts, measured.unexplained])
    return sealed(arrays, name=name)


def _from_bytes(name: str, data: bytes) -> Measured | None:
    """None where it is not as it was written, under this name."""
    arrays = opened(data, name=name)
    if arrays is None or _COUNTS not in arrays or arrays[_COUNTS].shape != (3,):
        return None
    index, texts, unexplained = arrays.pop(_COUNTS).tolist()
    tables: dict[str, dict[str, np.ndarray]] = {table: {} for table in _TABLES}
    for key, array in arrays.items():
        table, _, measure = key.partition(".")
        if table in tables:
            tables[table][measure] = array
    return Measured(index, texts, **tables, unexplained=unexplained)
