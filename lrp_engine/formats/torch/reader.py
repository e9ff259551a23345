"""Reads PyTorch state dicts: .pt, .pth, and the same names in safetensors, .npz or a pickle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.given_words import kept_inside
from lrp_engine.formats.containers.refusal import quoted
from lrp_engine.formats.containers.sandbox import PICKLED, Contents
from lrp_engine.formats.named_arrays import KIND as ARRAYS
from lrp_engine.formats.reader import Reader
from lrp_engine.formats.torch.assumptions import assumptions
from lrp_engine.formats.torch.attention import read_attention
from lrp_engine.formats.torch.cells import with_cell
from lrp_engine.formats.torch.chain import Item, arranged
from lrp_engine.formats.torch.layers import nodes
from lrp_engine.formats.torch.names import Arrays, cleaned
from lrp_engine.formats.torch.options import OPTIONS, Options
from lrp_engine.formats.torch.state import SUPPORTED, looks_like_torch, modules
from lrp_engine.layers import Embedding
from lrp_engine.model.layer import Layer
from lrp_engine.model.network import Network

# Where training frameworks keep the state dict inside a checkpoint, most common first.
WRAPPERS = ("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights")
_KIND = {"torch": "PyTorch file", "pickle": "pickle", "zip": ".npz file", ARRAYS: "in memory"}


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
    if contents.kind in ("zip", ARRAYS) and all(name.endswith(".npy") for name in contents.names):
        return {name.removesuffix(".npy"): array for name, array in contents.arrays.items()}
    return {}


def _natural(name: str) -> list[Any]:
    """fc2 before fc10."""
    return [(part.isdigit(), int(part) if part.isdigit() else part)
            for part in re.split(r"(\d{1,9})", name)]  # fmt: skip


def _state_dict(value: Mapping[Any, Any]) -> dict[str, np.ndarray]:
    """The arrays of a state dict, which may lie inside a checkpoint."""
    for candidate in (value, *(value.get(key) for key in WRAPPERS)):
        if isinstance(candidate, Mapping):
            arrays = {
                name: array
                for name, array in candidate.items()
                if isinstance(name, str) and isinstance(array, np.ndarray)
            }
            if looks_like_torch([*arrays]) or (arrays and candidate is not value):
                return arrays
    return {}


def _all_arrays(value: Any) -> dict[str, np.ndarray]:
    """The arrays of a PyTorch file without familiar names, as a module written by hand has."""
    items = value.items() if isinstance(value, Mapping) else ()
    return {name: array for name, array in items
            if isinstance(name, str) and isinstance(array, np.ndarray)}  # fmt: skip


def _read(contents: Contents, given: Companions) -> Network:
    arrays = _arrays(contents) or _all_arrays(contents.value)
    if not arrays:
        raise FormatError(f"The PyTorch file holds {_described(contents.value)}, no state dict; "
                          "save torch.save(model.state_dict(), 'model.pt').")  # fmt: skip
    options = Options.checked(given.options)
    state = cleaned(arrays, options.named, options.unused or ())
    items = _items(state.arrays, options)
    built = nodes(items, options)
    given = _with_own_words(contents.value, built[0].layer, given)
    single = built[-1].layer.kernel.shape[1] == 1  # type: ignore[attr-defined]
    return given.network(
        nodes=built,
        output="sigmoid" if single else "softmax",
        assumptions=assumptions(items, options, given.output, state.left_out),
        source=f"PyTorch state dict ({_KIND.get(contents.kind, contents.kind)})",
    )


def _with_own_words(value: Any, first: Layer, given: Companions) -> Companions:
    """With the vocabulary that a checkpoint holds, where the caller gives none."""
    if given.vocabulary is not None or given.embeddings is not None:
        return given
    if not isinstance(first, Embedding):
        return given
    return replace(given, words=kept_inside(value, len(first.table)))


def _items(arrays: dict[str, np.ndarray], options: Options) -> list[Item]:
    """What runs, in order."""
    by_hand, attention = "", None
    if options.cell is not None:
        arrays, by_hand = with_cell(arrays, options.cell)
    if options.attention is not None:
        attention, arrays = read_attention(arrays, options.attention)
    listed = modules(arrays)
    if options.cell is not None:
        before = options.cell.reset == "before"
        listed = [
            replace(module, reset_after=not before) if module.name == by_hand else module
            for module in listed
        ]
    return arranged(listed, options, attention)


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
    title=f"PyTorch state dict in .pt, .pth or .safetensors ({SUPPORTED})".replace("nn.", ""),
    recognizes=_recognizes,
    read=_read,
    options=tuple(OPTIONS),
)
