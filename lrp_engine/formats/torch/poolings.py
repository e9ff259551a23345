"""What of the states over time goes on: the final ones, one step, or what a layer makes of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.layers import (
    AveragePooling1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalSumPooling1D,
    Layer,
    MaxPooling1D,
    TakeStep,
)


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """An entry of `POOLINGS`.

    Attributes:
        title: for a form.
        reads: what it is in PyTorch, a line of docs/formats.md.
        layer: over all states; None for the final state of each direction, and for all of them.
    """

    title: str
    reads: str
    layer: Layer | None


LAST, EVERY = "last", "every_step"
POOLINGS: Mapping[str, Pooling] = {
    LAST: Pooling(
        title="The final state",
        reads="the final state of each direction, `h_n`: forward after the last word, backward "
        "after the first",
        layer=None,
    ),
    "last_step": Pooling(
        title="The states at the last word",
        reads="`out[:, -1, :]`: all units at the last word, where the backward direction has read "
        "one word",
        layer=TakeStep(),
    ),
    "first_step": Pooling(
        title="The states at the first word",
        reads="`out[:, 0, :]`: all units at the first word",
        layer=TakeStep(0),
    ),
    "mean": Pooling(
        title="Their average",
        reads="`out.mean(dim=1)` over the words",
        layer=GlobalAveragePooling1D(),
    ),
    "max": Pooling(
        title="The largest of each unit",
        reads="`out.max(dim=1)` over the words",
        layer=GlobalMaxPooling1D(),
    ),
    "sum": Pooling(
        title="Their sum",
        reads="`out.sum(dim=1)` over the words",
        layer=GlobalSumPooling1D(),
    ),
    EVERY: Pooling(
        title="All states: a label for every word",
        reads="`out`: every state goes on by itself, so that every word gets a label",
        layer=None,
    ),
}

# How the two directions of the last recurrent layer become one: in a spec -> in `Bidirectional`.
DIRECTIONS: Mapping[str, str] = {"concat": "concat", "sum": "sum", "mean": "ave"}

# Pooling of some steps in each window, which has no weights: in an order, {"max_pool": 2}.
WINDOWS: Mapping[str, type[MaxPooling1D] | type[AveragePooling1D]] = {
    "max_pool": MaxPooling1D,
    "average_pool": AveragePooling1D,
}
MOST_STEPS = 10_000


@dataclass(frozen=True, kw_only=True)
class Window:
    """nn.MaxPool1d or nn.AvgPool1d as an order says it.

    Attributes:
        name: a key of `WINDOWS`.
        size, stride: in time steps.
    """

    name: str
    size: int
    stride: int

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Window:
        """From {"max_pool": 2}, or {"max_pool": 3, "stride": 1}.

        Raises:
            FormatError: it is something else.
        """
        names = [name for name in given if name in WINDOWS]
        numbers = [*given.values()]
        whole = all(type(n) is int and 0 < n <= MOST_STEPS for n in numbers)
        if len(names) != 1 or not {*given} <= {names[0], "stride"} or not whole:
            raise FormatError(
                f"The spec's order holds {dict(given)!r:.80}; of pooling in windows it says "
                f'{{"max_pool": 2}} or {{"average_pool": 3, "stride": 1}}, in time steps.'
            )
        size = given[names[0]]
        return cls(name=names[0], size=size, stride=given.get("stride", size))
