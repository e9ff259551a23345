"""Reads PyTorch state dicts: .pt, .pth, and the same names in safetensors, .npz or a pickle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.containers.refusal import quoted
from lrp_engine.formats.containers.sandbox import PICKLED, Contents
from lrp_engine.formats.reader import Reader
from lrp_engine.formats.torch.layers import OPTIONS, Options, assumptions, nodes
from lrp_engine.formats.torch.state import Arrays, in_order, looks_like_torch, modules
from lrp_engine.model.network import Network

# Where training frameworks keep the state dict inside a checkpoint, most common first.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights")
_KIND = {"torch": "PyTorch file", "pickle": "pickle", "zip": ".npz file"}


def _recognizes(contents: Contents) -> bool:
    if contents.kind == "torch":
        return not isinstance(contents.value, list)  # a list may be the eight arrays
    return looks_like_torch([*_arrays(contents)])


def _arrays(contents: Contents) -> Arrays:
    """Arrays by name, in the order of the file where that is the model's order."""
    if contents.kind in PICKLED:
        return _state_dict(contents.value) if isinstance(contents.value, dict) else {}
    if contents.kind == "safetensors":
        return {name: contents.arrays[name] for name in sorted(contents.arrays, key=_natural)}
    if contents.kind == "zip" and all(name.endswith(".npy") for name in contents.names):
        return {name.removesuffix(".npy"): array for name, array in contents.arrays.items()}
    return {}


def _natural(name: str) -> list[Any]:
    """fc2 before fc10."""
    return [(part.isdigit(), int(part) if part.isdigit() else part)
            for part in re.split(r"(\d{1,9})", name)]  # fmt: skip


def _state_dict(value: Mapping[Any, Any]) -> dict[str, np.ndarray]:
    """The arrays of a state dict, which may lie inside a checkpoint."""
    for candidate in (value, *(value.get(key) for key in _WRAPPERS)):
        if isinstance(candidate, Mapping):
            arrays = {
                name: array
                for name, array in candidate.items()
                if isinstance(name, str) and isinstance(array, np.ndarray)
            }
            if looks_like_torch([*arrays]) or (arrays and candidate is not value):
                return arrays
    return {}


def _read(contents: Contents, given: Companions) -> Network:
    arrays = _arrays(contents)
    if not arrays:
        raise FormatError(f"The PyTorch file holds {_described(contents.value)}, no state dict; "
                          "save torch.save(model.state_dict(), 'model.pt').")  # fmt: skip
    options = Options.checked(given.options)
    order = in_order(modules(arrays), options.order)
    single = order[-1].outputs == 1
    return given.network(
        nodes=nodes(order, options),
        output="sigmoid" if single else "softmax",
        assumptions=assumptions(order, options, given.output),
        source=f"PyTorch state dict ({_KIND.get(contents.kind, contents.kind)})",
    )


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            f"a dictionary with {', '.join(quoted(str(key)) for key in [*value][:6]) or 'nothing'}"
        )
    if isinstance(value, np.ndarray):
        return f"a single tensor of shape {value.shape}"
    return f"a value of type {type(value).__name__}"


PYTORCH = Reader(
    name="pytorch",
    title="PyTorch state dict in .pt, .pth or .safetensors (Embedding, LSTM, GRU, RNN, Linear)",
    recognizes=_recognizes,
    read=_read,
    options=OPTIONS,
)
