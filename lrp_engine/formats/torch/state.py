"""State dicts: which arrays make which module, and in which order the modules run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np

from lrp_engine.errors import FormatError

Arrays = Mapping[str, np.ndarray]

_RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)_l(\d{1,3})(_reverse)?")
_WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
_NO_WEIGHTS = ("num_batches_tracked", "position_ids", "_extra_state")
_TRIED = 7  # Linear layers whose order is searched for by their shapes
# Last part of a name -> what the module is, for the refusal.
_REFUSED = {
    "weight_ih": "a recurrent cell (LSTMCell, GRUCell); use nn.LSTM, nn.GRU or nn.RNN, which say "
    "how the cell runs over time",
    "in_proj_weight": "nn.MultiheadAttention",
    "running_mean": "batch normalization",
    "weight_g": "a layer with weight_norm; call torch.nn.utils.remove_weight_norm before saving",
    "original0": "a layer with parametrizations; call "
    "torch.nn.utils.parametrize.remove_parametrizations before saving",
    "_packed_params": "a quantized layer; save the model before quantizing it",
    "scale": "a quantized layer; save the model before quantizing it",
}


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module with weights.

    Attributes:
        name: its path in the model.
        kind: "embedding", "recurrent" or "linear".
        arrays: its weights by their last name.
        inputs, outputs: units per time step; an embedding has no inputs.
    """

    name: str
    kind: str
    arrays: Arrays
    inputs: int
    outputs: int

    def __str__(self) -> str:
        sizes = (
            f"{self.outputs}" if self.kind == "embedding" else f"{self.inputs} to {self.outputs}"
        )
        return f"{self.name} ({sizes})"


def looks_like_torch(names: Sequence[str]) -> bool:
    """Whether arrays are named as PyTorch names them."""
    last = [name.rsplit(".", 1)[-1] for name in names]
    return any(_RECURRENT.fullmatch(name) for name in last) or (
        "weight" in last and all("." in name or name in ("weight", "bias") for name in names)
    )


def modules(arrays: Arrays) -> list[Module]:
    """The modules of a state dict, in the order of their names in it.

    Raises:
        FormatError: an array belongs to no module that is read here.
    """
    groups: dict[str, dict[str, np.ndarray]] = {}
    for full, array in arrays.items():
        path, _, last = _unwrapped(full).rpartition(".")
        if last in _NO_WEIGHTS:
            continue
        if last in _REFUSED:
            raise FormatError(f"{full!r:.80} belongs to {_REFUSED[last]}, which is not read.")
        groups.setdefault(path, {})[last] = array
    has_recurrent = any(_RECURRENT.fullmatch(last) for group in groups.values() for last in group)
    listed: list[Module] = []
    for path, group in groups.items():
        before = has_recurrent and not any(module.kind == "recurrent" for module in listed)
        listed.append(_module(path, group, before))
    if not listed:
        raise FormatError("The state dict holds no weights.")
    return listed


def _unwrapped(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def _module(path: str, arrays: Arrays, before_recurrent: bool) -> Module:
    if any(_RECURRENT.fullmatch(last) for last in arrays):
        return _recurrent(path, arrays)
    weight, bias = arrays.get("weight"), arrays.get("bias")
    unknown = next((last for last in arrays if last not in ("weight", "bias")), None)
    if unknown is not None or weight is None:
        last = unknown or "bias"
        raise FormatError(
            f"{_full(path, last)!r:.80} with shape {arrays[last].shape} belongs to no layer that "
            "is read; supported: nn.Embedding, nn.LSTM, nn.GRU, nn.RNN, nn.Linear."
        )
    if weight.ndim != 2 or 0 in weight.shape:
        what = {1: "a normalization layer", 3: "nn.Conv1d", 4: "nn.Conv2d"}.get(
            weight.ndim, "no layer known"
        )
        raise FormatError(
            f"{_full(path, 'weight')!r:.80} has shape {weight.shape}, as {what} has; supported: "
            "nn.Embedding, nn.LSTM, nn.GRU, nn.RNN, nn.Linear."
        )
    rows, columns = weight.shape
    # An embedding has no bias; a Linear layer rarely lacks one, and then by its name or place.
    if bias is None and (before_recurrent or "emb" in path.lower()):
        name = path or "embedding"
        return Module(name=name, kind="embedding", arrays=arrays, inputs=0, outputs=columns)
    if bias is not None and bias.shape != (rows,):
        raise FormatError(
            f"{_full(path, 'bias')!r:.80} has shape {bias.shape}, expected ({rows},), one per row "
            f"of a weight of shape {weight.shape}."
        )
    name = path or "linear"
    return Module(name=name, kind="linear", arrays=arrays, inputs=columns, outputs=rows)


def _recurrent(path: str, arrays: Arrays) -> Module:
    name = path or "rnn"
    for last in arrays:
        match = _RECURRENT.fullmatch(last)
        if match is None:
            raise FormatError(f"{_full(path, last)!r:.80} is no weight of a recurrent layer.")
        if match[1] == "weight_hr":
            raise FormatError(
                f"{name!r:.80} is an LSTM with projections (proj_size), which is not supported; "
                "train one without proj_size."
            )
    for last in ("weight_ih_l0", "weight_hh_l0"):
        if last not in arrays:
            raise FormatError(f"The state dict lacks {_full(path, last)!r:.80}.")
        if arrays[last].ndim != 2:
            raise FormatError(
                f"{_full(path, last)!r:.80} has shape {arrays[last].shape}, expected a matrix."
            )
    directions = 2 if "weight_ih_l0_reverse" in arrays else 1
    H = arrays["weight_hh_l0"].shape[1]
    inputs = arrays["weight_ih_l0"].shape[1]
    return Module(name=name, kind="recurrent", arrays=arrays, inputs=inputs, outputs=H * directions)


def _full(path: str, last: str) -> str:
    return f"{path}.{last}" if path else last


# Order ----------------------------------------------------------------------------------------


def in_order(listed: Sequence[Module], wanted: Sequence[str] | None) -> list[Module]:
    """The modules as they run: as wanted, or the first order whose sizes fit.

    Raises:
        FormatError: there is none, or the wanted one does not fit.
    """
    by_name = {module.name: module for module in listed}
    if wanted is not None:
        if sorted(wanted) != sorted(by_name):
            raise FormatError(
                f"The spec's order names {', '.join(map(repr, wanted)):.200}; the file holds "
                f"{', '.join(map(repr, by_name)):.200}, each must be named once."
            )
        orders: Iterator[list[Module]] = iter([[by_name[name] for name in wanted]])
    else:
        orders = _orders(listed)
    for order in orders:
        if _fits(order):
            return order
    raise FormatError(
        f"The layers {', '.join(map(str, listed)):.300} do not form a chain in which each takes "
        "what the one before gives and a Linear layer comes last; networks with branches or "
        "attention cannot be told from weights alone."
    )


def _orders(listed: Sequence[Module]) -> Iterator[list[Module]]:
    """As listed, by kind, by kind with Linear layers in any order."""
    first = [module for module in listed if module.kind == "embedding"]
    recurrent = [module for module in listed if module.kind == "recurrent"]
    linear = [module for module in listed if module.kind == "linear"]
    yield [*first, *(module for module in listed if module.kind != "embedding")]
    yield [*first, *recurrent, *linear]
    if len(linear) <= _TRIED:
        yield from ([*first, *recurrent, *order] for order in permutations(linear))


def _fits(order: Sequence[Module]) -> bool:
    return order[-1].kind == "linear" and all(
        later.kind != "embedding" and later.inputs == earlier.outputs
        for earlier, later in pairwise(order)
    )
