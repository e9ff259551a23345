"""Names in a state dict: wrappers off, weight_norm undone, what takes no part left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from lrp_engine.errors import FormatError

Arrays = Mapping[str, np.ndarray]

_WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
# Counters: of BatchNorm, Transformers, thop, averaged weights.
_NO_WEIGHTS = ("num_batches_tracked", "position_ids", "_extra_state", "total_ops", "total_params",
               "n_averaged")  # fmt: skip
# Words in names of what training reads and a prediction does not.
_TRAINING_ONLY = frozenset(
    {"criterion", "criteria", "crit", "loss", "losses", "lossfn", "lossfunc", "objective",
     "entropy", "crossentropy", "bce", "nll", "metric", "metrics", "accuracy", "acc", "auroc",
     "confmat"}
)  # fmt: skip
_TRAINING_ENDS = ("pos_weight", "class_weight", "class_weights", "label_weights")
_ATTENTION = re.compile(r"(self|co|multihead)?att(n|en|ention|end)?s?")
# weight_norm, before and since parametrizations: length, direction -> the weight.
_LENGTHS = re.compile(
    r"(?P<whole>.+)_g|(?P<path>(.+\.)?)parametrizations\.(?P<last>\w+)\.original0"
)


class State(NamedTuple):
    """Arrays by name in the order of the file, and names of those that take no part."""

    arrays: dict[str, np.ndarray]
    left_out: tuple[str, ...]


def cleaned(given: Arrays, named: Collection[str], unused: Collection[str] = ()) -> State:
    """What a prediction reads.

    Args:
        named: modules that the caller says take part, whatever they are called.
        unused: modules and arrays that the caller says do not.

    Raises:
        FormatError: a weight_norm does not fit, or nothing is called as `unused` says.
    """
    arrays = {unwrapped(name): array for name, array in given.items()}
    arrays = {name: a for name, a in arrays.items() if name.rpartition(".")[2] not in _NO_WEIGHTS}
    left_out = tuple(
        name
        for name in arrays
        if (_is_training_only(name) and not {name, name.rpartition(".")[0]} & {*named})
        or any(_belongs(name, one) for one in unused)
    )
    for one in unused:
        if not any(_belongs(name, one) for name in arrays):
            raise FormatError(
                f"The spec's unused names {one!r:.80}; the file holds "
                f"{', '.join(map(repr, arrays)):.300}."
            )
    kept = {name: array for name, array in arrays.items() if name not in left_out}
    return State(_without_weight_norm(kept), left_out)


def unwrapped(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def words(name: str) -> list[str]:
    """The words in a name: selfAttention.fc_1 -> self, attention, fc."""
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:200]).lower())


def says_attention(name: str) -> bool:
    return any(_ATTENTION.fullmatch(word) for word in words(name))


def _belongs(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def _is_training_only(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in _TRAINING_ENDS or not _TRAINING_ONLY.isdisjoint(words(name))


def _without_weight_norm(arrays: Arrays) -> dict[str, np.ndarray]:
    """With the weights that lengths and directions stand for, in their places."""
    made: dict[str, np.ndarray] = {}
    directions: set[str] = set()
    for name, array in arrays.items():
        found = _LENGTHS.fullmatch(name)
        whole = found and (found["whole"] or f"{found['path']}{found['last']}")
        other = f"{name[:-1]}{'v' if found and found['whole'] else '1'}"
        if whole and other in arrays:
            made[whole] = _weight(name, array, arrays[other])
            directions.add(other)
        else:
            made[name] = array
    return {name: array for name, array in made.items() if name not in directions}


def _weight(name: str, length: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """g v / |v|, the norm over the axes along which g has one entry; all of them for a single g."""
    shape = length.shape or (1,) * direction.ndim
    if len(shape) != direction.ndim or any(
        n not in (1, m) for n, m in zip(shape, direction.shape, strict=True)
    ):
        raise FormatError(
            f"{name!r:.80} has shape {length.shape} for a weight of shape {direction.shape}; "
            "weight_norm has one length per row, or one for all."
        )
    axes = tuple(axis for axis, n in enumerate(shape) if n == 1)
    v = direction.astype(np.float64)
    with np.errstate(all="ignore"):  # not finite: reported where the network is made
        return np.asarray(length.reshape(shape) * v / np.sqrt((v * v).sum(axes, keepdims=True)))
