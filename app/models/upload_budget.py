"""Models that sessions brought, of everybody together: how much memory they may take."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

from app.models.byte_lru import nbytes
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from app.models.model import Model

MEGABYTE = 2**20


class UploadBudget:
    """Models for as long as somebody has them; equal ones count once.

    Args:
        most: bytes that all of them together may take.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._models: weakref.WeakSet[Model] = weakref.WeakSet()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What they take now."""
        return sum(self._weights().values())

    def _weights(self) -> dict[str, int]:
        return {model.upload_hash: nbytes(model.network) for model in list(self._models)}

    def add(self, model: Model) -> None:
        """Count a model in.

        Raises:
            InputError: there is no room for it.
        """
        own = nbytes(model.network)
        with self._lock:
            if not self._fits(model, own):
                gc.collect()  # a session that ended may not be gone yet
                if not self._fits(model, own):
                    raise InputError(
                        f"“{model.name}” takes {_megabytes(own)} MB of memory, and the uploaded "
                        f"models of all who are here take {_megabytes(self.bytes)} of the "
                        f"{_megabytes(self.most)} MB that this server has for them. Try again when "
                        "somebody has closed the page."
                    )
            self._models.add(model)

    def _fits(self, model: Model, own: int) -> bool:
        others = self._weights()
        others.pop(model.upload_hash, None)
        return sum(others.values()) + own <= self.most


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.1f}"
