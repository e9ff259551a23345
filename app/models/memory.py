"""Uploaded models of everybody: equal ones are one, all fit, and so does reading the next one."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.models.byte_lru import nbytes
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine import Network, ProofSheet

MEGABYTE = 2**20
# What a file unfolds to is there so many times while it is read and proven: as the file holds it,
# as a network, in the twin it is compared with, and in its program.
COPIES = 4
# What the smallest network needs: no reading begins with less.
LEAST = COPIES * MEGABYTE


def network_bytes(network: Network) -> int:
    """Bytes of a network: its arrays, its words with their index, the program made of it."""
    in_program = (node.layer for node in network.nodes if not node.layer.reads_ids)
    return nbytes(network) + nbytes(network.vocabulary) + sum(map(nbytes, in_program))


class ModelMemory:
    """Networks for as long as somebody has them, and room for what is being read.

    Nothing here keeps a network: the sessions do. When the last of them is gone, so are its proof,
    its other precision, and what it took.

    Args:
        most: bytes that all of them together may take.
        gone: called with the hash of a network that nobody has any more; it may run at any moment,
            within any function.
    """

    def __init__(self, most: int, gone: Callable[[str], object] = str) -> None:
        self.most, self._gone = most, gone
        self._networks: weakref.WeakValueDictionary[str, Network] = weakref.WeakValueDictionary()
        self._proofs: weakref.WeakKeyDictionary[Network, ProofSheet] = weakref.WeakKeyDictionary()
        self._others: weakref.WeakKeyDictionary[Network, Network] = weakref.WeakKeyDictionary()
        self._sizes: weakref.WeakKeyDictionary[Network, int] = weakref.WeakKeyDictionary()
        self._reserved = 0
        self._lock = threading.RLock()

    @property
    def bytes(self) -> int:
        """What they take now, and what is reserved."""
        with self._lock:
            return sum(self._sizes.values()) + self._reserved

    def find(self, upload_hash: str) -> tuple[Network, ProofSheet] | None:
        """The network and proof of these files and options, where somebody has them."""
        network = self._networks.get(upload_hash)
        return None if network is None else (network, self._proofs[network])

    @contextmanager
    def reserved(self, unfolded: int) -> Iterator[int]:
        """Reserve memory for reading files; yields what they may unfold to.

        Args:
            unfolded: bytes that the files can unfold to at most.

        Raises:
            InputError: there is no room to read anything.
        """
        with self._lock:
            room = min(self._free(LEAST), COPIES * unfolded)
            if room < LEAST:
                raise InputError(f"{self.state} Try again when somebody has closed the page.")
            self._reserved += room
        try:
            yield room // COPIES
        finally:
            with self._lock:
                self._reserved -= room

    def require(self, network: Network, name: str, room: int, beside: int = 0) -> None:
        """Raise InputError where a network that was read does not fit what was reserved for it.

        Args:
            room: as `reserved` yielded it; a file may hold numbers of one byte, a network none.
            beside: bytes of networks that were read in the same room before.
        """
        size = network_bytes(network)
        if size + beside > room * COPIES:
            raise InputError(self._refusal(f"“{name}”", size))

    def add(self, upload_hash: str, name: str, network: Network, sheet: ProofSheet) -> None:
        """Count a network in, which `find` gives to whoever brings the same files.

        Args:
            name: for people.

        Raises:
            InputError: there is no room for it.
        """
        with self._lock:
            self._count(network, network_bytes(network), f"“{name}”")
            self._proofs[network] = sheet
            self._networks[upload_hash] = network
        weakref.finalize(network, self._gone, network.hash).atexit = False

    def other_precision(self, network: Network, make: Callable[[], Network]) -> Network:
        """The network in its other precision, made where nobody asked before.

        Raises:
            InputError: there is no room for it.
        """
        with self._lock:
            if network not in self._others:
                made = make()
                self._count(made, network_bytes(made), "The model in its other precision")
                self._others[network] = made
            return self._others[network]

    @property
    def state(self) -> str:
        """How much is taken, as a sentence."""
        return (
            f"The uploaded models of all who are here take {_megabytes(self.bytes)} of the "
            f"{_megabytes(self.most)} MB that this server has for them."
        )

    def _count(self, network: Network, size: int, what: str) -> None:
        if size > self._free(size):
            raise InputError(self._refusal(what, size))
        self._sizes[network] = size

    def _refusal(self, what: str, size: int) -> str:
        return (
            f"{what} takes {_megabytes(size)} MB of memory. {self.state} Try again when somebody "
            "has closed the page."
        )

    def _free(self, wanted: int) -> int:
        if self.most - self.bytes < wanted:
            gc.collect()  # a session that ended may not be gone yet
        return self.most - self.bytes


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.1f}"
