"""The passes of one network: their cost counted, cut into rows that fit the room, within a time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import OutOfTimeError
from lrp_engine.model.cost import PassCost
from lrp_engine.model.samples import BEGINS
from lrp_engine.propagation.room import ROOM

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


class Passes:
    """What passes through a network may take.

    Args:
        seconds: no pass begins later than so many seconds from now.

    Raises:
        CostError: the network's weights alone take more than passes may.
    """

    def __init__(self, network: Network, *, seconds: float = math.inf) -> None:
        require_weights(network)
        self.network, self.seconds = network, seconds
        self._until = time.monotonic() + seconds
        self._costs: dict[tuple, PassCost] = {}

    def require_time(self) -> None:
        """Stop where no pass may begin any more.

        Raises:
            OutOfTimeError: the time is over.
        """
        if time.monotonic() > self._until:
            raise OutOfTimeError(f"It would take longer than {self.seconds:g} seconds.")

    def pieces(
        self,
        x: np.ndarray,
        steps: np.ndarray,
        *,
        backward: int = 0,
        layers: bool = False,
        over_time: bool = False,
        by_sign: bool = False,
    ) -> Iterator[tuple[slice, int]]:
        """Rows that one pass may take, and the bytes it holds: all of them, if they fit.

        Args:
            x, steps: what `Samples.padded` returns.
            backward, layers, over_time, by_sign: see `PassCost`.

        Raises:
            CostError: one row alone costs more than passes may.
            OutOfTimeError: the time is over.
        """
        length, rows = self._length(x, steps), len(x)
        cost = self._cost(
            length, backward=backward, layers=layers, over_time=over_time, by_sign=by_sign
        )
        while rows > 1 and not ROOM.fits(cost.of(rows)):
            rows = -(-rows // 2)
        timed = f" of {length:,} time step{'s' * (length > 1)}" if length else ""
        ROOM.require(cost.of(rows), f"1 input{timed}")
        for start in range(0, len(x), rows):
            self.require_time()
            piece = slice(start, start + rows)
            yield piece, cost.of(len(x[piece])).nbytes

    def longest(self, x: np.ndarray, steps: np.ndarray) -> int:
        """Time steps of the node that has most of them in a pass over such inputs."""
        return self._cost(self._length(x, steps)).steps

    def _length(self, x: np.ndarray, steps: np.ndarray) -> int:
        if self.network.several:
            begins = np.flatnonzero(steps[0] >= BEGINS)
            return int(np.diff(begins, append=steps.shape[1]).max())
        return x.shape[1] if self.network.input_shape.time else 0

    def _cost(self, length: int, **what: Any) -> PassCost:
        key = length, *what.items()
        if key not in self._costs:
            self._costs[key] = PassCost(self.network, steps=length, **what)
        return self._costs[key]


def require_weights(network: Network, *, dtype: str | None = None) -> None:
    """Stop where the weights alone are too large for a pass.

    Args:
        dtype: of the pass, where it is not the network's.

    Raises:
        CostError: names the layer, the cost and the limit.
    """
    ROOM.require(PassCost(network, dtype=dtype).of(0), "no input")
