"""What of the states over time goes on: the final ones, one step, or what a layer makes of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lrp_engine.layers import GlobalAveragePooling1D, GlobalMaxPooling1D, Layer, TakeStep


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """An entry of `POOLINGS`.

    Attributes:
        title: for a form.
        reads: what it is in PyTorch, a line of docs/formats.md.
        layer: over all states; None for the final state of each direction.
    """

    title: str
    reads: str
    layer: Layer | None


LAST = "last"
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
}

# How the two directions of the last recurrent layer become one: in a spec -> in `Bidirectional`.
DIRECTIONS: Mapping[str, str] = {"concat": "concat", "sum": "sum", "mean": "ave"}
