"""Arrays by name that are in memory already, as a state dict or `.npz` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.formats.containers.sandbox import Contents

KIND = "arrays"
_KINDS = "biuf"  # of numbers that weights can be


def named_arrays(given: Mapping[Any, Any]) -> Contents:
    """A dictionary name -> array or tensor as a reader sees an archive of arrays.

    The arrays are copies: the network shares no memory with what they came from.

    Raises:
        InputError: it is empty, or an entry is no array of numbers.
    """
    if not given:
        raise InputError("The model is an empty dictionary; give arrays by name, as a state dict.")
    arrays: dict[str, np.ndarray] = {}
    for name, value in given.items():
        if not isinstance(name, str):
            raise InputError(
                f"The model is a dictionary with the key {name!r:.60}; expected names, as in "
                "{'lstm.weight_ih_l0': array, ...}."
            )
        array = numbers(value)
        if array is None:
            raise InputError(
                f"The model's entry {name!r:.80} is {type(value).__name__}, expected an array or a "
                "tensor of numbers; leave out what is no weight."
            )
        arrays[f"{name}.npy"] = array
    return Contents(KIND, tuple(arrays), arrays)


def numbers(value: Any) -> np.ndarray | None:
    """A copy of an array, a tensor of PyTorch, or a variable of Keras; None where it is neither.

    Tensors are known by their methods: no library of theirs is imported here.
    """
    if callable(getattr(value, "detach", None)):
        value = value.detach()
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":  # which numpy lacks
            value = value.float()
        value = value.cpu()
    if callable(getattr(value, "numpy", None)):
        value = value.numpy()
    if not isinstance(value, np.ndarray | np.generic):
        return None
    array = np.array(value)
    if array.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        array = array.astype(np.float32)
    if array.dtype.kind not in _KINDS:
        return None
    array.flags.writeable = False
    return array
