"""Results kept for everybody up to so many bytes, the least recently used ones dropped first."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

ResultT = TypeVar("ResultT")
EACH = 64  # bytes that any value costs, however small; close enough, arrays are what counts


def nbytes(value: Any) -> int:
    """Bytes that a result holds: its arrays and texts, however deep."""
    match value:
        case np.ndarray():
            return EACH + int(value.nbytes)
        case str() | bytes():
            return EACH + len(value)
        case pd.DataFrame():
            return EACH + int(value.memory_usage(deep=True).sum())
        case Exception():
            return EACH + len(str(value))
        case Mapping():
            return EACH + sum(nbytes(key) + nbytes(item) for key, item in value.items())
        case tuple() | list() | frozenset():
            return EACH + sum(map(nbytes, value))
        case _ if is_dataclass(value):
            return EACH + sum(nbytes(getattr(value, item.name)) for item in fields(value))
    return EACH


class ByteLRU:
    """Results by key, a tuple that begins with the hash of what they are about.

    Args:
        most: bytes that all of them together may hold. One that is larger is not kept.
    """

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0
        self._found: OrderedDict[tuple[Hashable, ...], tuple[Any, int]] = OrderedDict()
        self._gone: deque[Hashable] = deque()
        self._lock = threading.Lock()

    def get(self, key: tuple[Hashable, ...], make: Callable[[], ResultT]) -> ResultT:
        """What was made for this key; `make` runs where it is not kept, outside of the lock."""
        with self._lock:
            self._drop_gone()
            if key in self._found:
                self._found.move_to_end(key)
                result: ResultT = self._found[key][0]
                return result
        made = make()
        size = nbytes(key) + nbytes(made)
        with self._lock:
            if key not in self._found and size <= self.most:
                self._found[key] = made, size
                self.held += size
                while self.held > self.most:
                    _, (_, dropped) = self._found.popitem(last=False)
                    self.held -= dropped
        return made

    def find(self, key: tuple[Hashable, ...]) -> Any:
        """What is kept for this key; None where nothing is."""
        with self._lock:
            self._drop_gone()
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
        return None if found is None else found[0]

    def forget(self, about: Hashable) -> None:
        """Drop what is about something that is gone.

        It never waits, since a collection of garbage may call it while this thread holds the lock;
        then the next `get` does it.
        """
        self._gone.append(about)
        if self._lock.acquire(blocking=False):
            try:
                self._drop_gone()
            finally:
                self._lock.release()

    def _drop_gone(self) -> None:
        while self._gone:
            about = self._gone.popleft()
            for key in [key for key in self._found if key[0] == about]:
                self.held -= self._found.pop(key)[1]

    def __len__(self) -> int:
        return len(self._found)
