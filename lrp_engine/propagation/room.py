"""The room for passes: what those of this process may cost, one alone and all that run at once.

What a pass costs is counted beforehand (`model.cost`): a file of a kilobyte can describe a network
whose pass takes any memory.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lrp_engine.errors import CostError, InputError
from lrp_engine.model.cost import Cost

MEGABYTE = 10**6
# The environment variable that raises or lowers the default.
VARIABLE = "LRP_ENGINE_PASS_MEGABYTES"
DEFAULT_MEGABYTES = 16_000
MEND = "Shorten the input, or use a smaller model."


class Room:
    """Bytes and operations that passes may take.

    Args:
        nbytes: that all running passes may hold together, as counted: an upper bound, most passes
            hold less than half of their count.
        operations: multiplications of one pass; infinite for no limit.
    """

    def __init__(self, nbytes: int, operations: float = math.inf) -> None:
        self.nbytes, self.operations = nbytes, operations
        self._held = 0
        self._changed = threading.Condition()

    def set(self, nbytes: int, operations: float) -> None:
        """Other limits from now on."""
        with self._changed:
            self.nbytes, self.operations = nbytes, operations
            self._changed.notify_all()

    def fits(self, cost: Cost) -> bool:
        """Whether such a pass may run at all."""
        return cost.nbytes <= self.nbytes and cost.operations <= self.operations

    def require(self, cost: Cost, what: str) -> None:
        """Stop where a pass may not run.

        Args:
            what: the pass is over, for people: "1 input of 30,000 time steps".

        Raises:
            CostError: it costs too much; names the layer, the cost and the limit.
        """
        if cost.nbytes > self.nbytes:
            raise CostError(
                f"Layer {cost.largest!r:.60} makes a pass over {what} too large: it would hold up "
                f"to {_megabytes(cost.nbytes)} MB; at most {_megabytes(self.nbytes)} MB are "
                f"allowed ({VARIABLE}). {MEND}"
            )
        if cost.operations > self.operations:
            raise CostError(
                f"Layer {cost.slowest!r:.60} makes a pass over {what} too slow: it would take "
                f"about {cost.operations:.0e} operations; at most {self.operations:.0e} are "
                f"allowed. {MEND}"
            )

    @contextmanager
    def taken(self, nbytes: int) -> Iterator[None]:
        """Hold so many bytes; waits until other passes have left enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._held + nbytes <= max(self.nbytes, nbytes))
            self._held += nbytes
        try:
            yield
        finally:
            with self._changed:
                self._held -= nbytes
                self._changed.notify_all()


def megabytes_or(default: int) -> int:
    """What the environment variable says passes may hold; the default where it says nothing."""
    given = os.environ.get(VARIABLE, "")
    return int(given) if given.isdecimal() and int(given) else default


ROOM = Room(megabytes_or(DEFAULT_MEGABYTES) * MEGABYTE)


def limit_passes(*, megabytes: float, operations: float = math.inf) -> None:
    """Say what passes of this process may cost; the default is 16,000 MB and any time.

    Args:
        megabytes: that all running passes may hold together, as counted beforehand (an upper
            bound). An input that needs more by itself is refused; many are cut into smaller passes.
        operations: multiplications of one pass, about.

    Raises:
        InputError: a limit is no positive number.
    """
    for name, value in (("megabytes", megabytes), ("operations", operations)):
        number = isinstance(value, (int, float, np.integer, np.floating))
        if isinstance(value, bool) or not number or not value > 0:
            raise InputError(f"{name} is {value!r:.40}, expected a positive number.")
    nbytes, most = _real(megabytes) * MEGABYTE, _real(operations)
    ROOM.set(int(nbytes) if math.isfinite(nbytes) else sys.maxsize, most)


def _real(value: float) -> float:
    """A number as a float; one beyond all floats is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _megabytes(nbytes: int) -> str:
    return f"{nbytes / MEGABYTE:,.{0 if nbytes >= 10 * MEGABYTE else 2}f}"
