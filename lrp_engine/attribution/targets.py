"""What is explained: the predicted class, a given one, one per sample, a contrast; or a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.option import plain_number

LISTED = 50  # classes in an error

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def resolve(network: Network, target: Any, count: int) -> np.ndarray | None:
    """Targets (B,), or pairs (B, 2) for a contrast; None stands for the predicted class.

    Of a network with values, no target is the first value: none of them is predicted.

    Args:
        target: None; a class number or label; a tuple `(a, b)` for the score of a minus
            the score of b; or a list or array with one of these per sample.

    Raises:
        InputError: a class is out of range, or there is not one per sample; lists the classes.
    """
    if target is None:
        return None if network.has_classes else np.zeros(count, np.int64)
    if isinstance(target, tuple):
        if len(target) != 2:
            nouns = network.output_kind.nouns
            raise InputError(f"A contrast is a pair (a, b) of {nouns}, found {target!r}.")
        a, b = (_class(network, one) for one in target)
        if a == b:
            nouns = network.output_kind.nouns
            raise InputError(f"A contrast needs two different {nouns}, found {target!r}.")
        return np.tile([a, b], (count, 1))
    if _is_several(target):
        target = list(target)
        if len(target) != count:
            raise InputError(
                f"Found {len(target)} targets for {count} inputs; give one "
                f"{network.output_kind.noun}, one per input "
                "as a list, or a pair (a, b) as a tuple."
            )
        if all(isinstance(one, (tuple, list, np.ndarray)) and len(one) == 2 for one in target):
            return np.concatenate([resolve(network, tuple(one), 1) for one in target])
        return np.array([_class(network, one) for one in target], np.int64)
    return np.full(count, _class(network, target))


def one_for_all(target: Any) -> Any:
    """A target that many texts share, its numbers as Python's own.

    Raises:
        InputError: there is one per text.
    """
    if _is_several(target):
        raise InputError(
            f"target is {target!r:.60}; expected one target for all texts: a class, or a pair (a, "
            "b) as a tuple."
        )
    if isinstance(target, tuple):
        return tuple(plain_number(one) for one in target)
    return plain_number(target)


def _is_several(target: Any) -> bool:
    """Whether a target is a collection of one per text; a tuple is a contrast."""
    return isinstance(target, (list, set, frozenset, dict)) or getattr(target, "ndim", 0) > 0


def selection(targets: np.ndarray, classes: int) -> np.ndarray:
    """Signed choice (B, C): +1 at a, and -1 at b for a contrast."""
    chosen = np.zeros((len(targets), classes))
    rows = np.arange(len(targets))
    if targets.ndim == 1:
        chosen[rows, targets] = 1
        return chosen
    chosen[rows, targets[:, 0]] = 1
    chosen[rows, targets[:, 1]] -= 1
    return chosen


def _class(network: Network, target: Any) -> int:
    target = plain_number(target)
    if isinstance(target, str) and target in network.labels:
        return network.labels.index(target)
    whole = isinstance(target, (int, np.integer)) and not isinstance(target, bool)
    if whole and 0 <= target < network.classes:
        return int(target)
    listed = ", ".join(f"{c} {label!r}" for c, label in enumerate(network.labels[:LISTED]))
    if network.classes > LISTED:
        listed += f" ... (numbers up to {network.classes - 1})"
    noun = network.output_kind.noun
    raise InputError(f"There is no {noun} {target!r:.80}; choose from {listed}.")
