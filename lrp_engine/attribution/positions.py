"""Whose label is explained, of networks that label every word or step.

Axes: B samples, T time steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, RowsError

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples


def require_position(network: Network, position: Any) -> None:
    """Stop where one position for all samples is none.

    Raises:
        InputError: the network gives one answer for a whole text, or it is no whole number.
    """
    if position is None:
        return
    if not network.labels_steps:
        raise InputError(
            "This network gives one answer for a whole input, so there is no position to choose; "
            "leave `position` out."
        )
    if not _whole(position):
        raise InputError(f"position is {position!r:.60}, expected a whole number, from 0 on.")


def resolve_positions(samples: Samples, position: Any) -> np.ndarray | None:
    """The time step (B,) whose scores are read; None where the network gives one answer.

    Args:
        position: None for the first word; a whole number, as in `Explanation.tokens`, from -1 on
            backwards; or a list or array with one per sample.

    Raises:
        InputError: there is not one per sample, or the network gives one answer.
        RowsError: samples have no such position, or padding or a mark there.
    """
    network, count = samples.network, len(samples)
    if isinstance(position, (list, tuple, np.ndarray)) and np.ndim(position) > 0:
        if len(position) != count:
            raise InputError(
                f"Found {len(position)} positions for {count} inputs; give one, or one per input."
            )
        for one in position:
            require_position(network, one)
        asked: list[int | None] = [int(one) for one in position]
    else:
        require_position(network, position)
        asked = [None if position is None else int(position)] * count
    if not network.labels_steps:
        return None
    found = np.zeros(count, np.int64)
    problems: dict[int, str] = {}
    for chunk in samples.chunks():
        places = samples.droppable(chunk)  # words, and neither padding nor marks
        for row, words in zip(chunk.tolist(), places, strict=True):
            steps, at = int(samples.lengths[row]), asked[row]
            real = np.flatnonzero(words)
            can = real if samples.alignment is not None else np.arange(steps)
            if not len(can):
                problems[row] = "It holds nothing that could be labelled."
            elif at is None:
                found[row] = real[0] if len(real) else 0
            elif not -steps <= at < steps or at % steps not in can:
                problems[row] = (
                    f"It has no {samples.token_kind} at position {at}; choose one from {can[0]} "
                    f"to {can[-1]}."
                )
            else:
                found[row] = at % steps
    if problems:
        first = min(problems)
        raise RowsError(f"Input {first}: {problems[first]}", sorted(problems), problems[first])
    return found


def _whole(value: Any) -> bool:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
