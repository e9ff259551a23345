"""State dicts: which arrays make which module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.names import Arrays

RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)_l(\d{1,3})(_reverse)?")
_CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")  # nn.LSTMCell, nn.GRUCell, nn.RNNCell
_ONE_MODULE = ({"weight"}, {"weight", "bias"})
# Last part of a name -> what the module is, for the refusal.
_REFUSED = {
    "in_proj_weight": "nn.MultiheadAttention",
    "weight_g": "a layer with weight_norm; call torch.nn.utils.remove_weight_norm before saving",
    "original0": "a layer with parametrizations; call "
    "torch.nn.utils.parametrize.remove_parametrizations before saving",
    "original": "a layer with parametrizations; call "
    "torch.nn.utils.parametrize.remove_parametrizations before saving",
    "weight_orig": "a layer with spectral_norm or pruning; call "
    "torch.nn.utils.remove_spectral_norm, or prune.remove, before saving",
    "_packed_params": "a quantized layer; save the model before quantizing it",
    "scale": "a quantized layer; save the model before quantizing it",
}
# What a state dict may hold, by the kinds of `Module`: what people write, and what is read of it.
KINDS: dict[str, tuple[str, str]] = {
    "embedding": ("nn.Embedding", "ids to vectors; the first layer"),
    "recurrent": (
        "nn.LSTM, nn.GRU, nn.RNN",
        "stacks, both directions, with or without biases; `nn.LSTMCell` and its like, as a loop "
        "over the words",
    ),
    "linear": ("nn.Linear", "with or without bias; also at every time step"),
    "conv": ("nn.Conv1d", "over time; several of one `nn.ModuleList` side by side; see `conv`"),
    "batch_norm": ("nn.BatchNorm1d", "with the statistics of the training; see `epsilon`"),
    "layer_norm": ("nn.LayerNorm", "over the units; see `epsilon`"),
    "prelu": ("nn.PReLU", "one slope for all units"),
}
SUPPORTED = ", ".join(title for title, _ in KINDS.values())


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module with weights.

    Attributes:
        name: its path in the model.
        kind: a key of `KINDS`.
        arrays: its weights by their last name.
        inputs, outputs: units per time step; an embedding has no inputs. Both 0 where any number
            goes through.
        cell: it stood for one time step, as nn.LSTMCell does.
        reset_after: of a GRU: whether the reset gate stands behind the product, as in nn.GRU.
    """

    name: str
    kind: str
    arrays: Arrays
    inputs: int
    outputs: int
    cell: bool = False
    reset_after: bool = True

    def __str__(self) -> str:
        sizes = (
            f"{self.outputs}" if self.kind == "embedding" else f"{self.inputs} to {self.outputs}"
        )
        return f"{self.name} ({sizes})"

    @property
    def directions(self) -> int:
        return 2 if "weight_ih_l0_reverse" in self.arrays else 1


def looks_like_torch(names: Sequence[str]) -> bool:
    """Whether arrays are named as PyTorch names them."""
    last = [name.rsplit(".", 1)[-1] for name in names]
    own = any(RECURRENT.fullmatch(name) or name in _CELL for name in last)
    return own or any(name.endswith(".weight") for name in names) or {*names} in _ONE_MODULE


def modules(arrays: Arrays) -> list[Module]:
    """The modules of a state dict, in the order of their names in it.

    Raises:
        FormatError: an array belongs to no module that is read here.
    """
    groups: dict[str, dict[str, np.ndarray]] = {}
    for full, array in arrays.items():
        path, _, last = full.rpartition(".")
        if last in _REFUSED:
            raise FormatError(f"{full!r:.80} belongs to {_REFUSED[last]}, which is not read.")
        groups.setdefault(path, {})[last] = array
    has_recurrent = any(_is_recurrent(group) for group in groups.values())
    listed: list[Module] = []
    for path, group in groups.items():
        before = has_recurrent and not any(module.kind == "recurrent" for module in listed)
        listed.append(_module(path, group, before))
    if not listed:
        raise FormatError("The state dict holds no weights.")
    return listed


def _is_recurrent(arrays: Arrays) -> bool:
    return any(RECURRENT.fullmatch(last) or last in _CELL for last in arrays)


# Dimensions of a weight -> which layer has it, and what can be done.
_OTHER = {
    4: "as nn.Conv2d has: it slides over a picture. One over words is read where it has a single "
    "channel, (filters, 1, words, units), and is as wide as a word has units.",
}
_ANY_OTHER = (
    "as no layer that is read has; what takes no part in a prediction is named in the "
    "spec's 'unused'."
)


def _module(path: str, arrays: Arrays, before_recurrent: bool) -> Module:
    if _is_recurrent(arrays):
        return _recurrent(path, arrays)
    if "running_mean" in arrays:
        return _batch_norm(path, arrays)
    weight, bias = arrays.get("weight"), arrays.get("bias")
    unknown = next((last for last in arrays if last not in ("weight", "bias")), None)
    if unknown is not None or weight is None:
        last = unknown or "bias"
        raise FormatError(
            f"{full_name(path, last)!r:.80} with shape {arrays[last].shape} belongs to no layer "
            f"that is read; supported: {SUPPORTED}. A cell or attention written by hand is "
            "described by the spec's 'cell' or 'attention'; what takes no part in a prediction is "
            "named in its 'unused'."
        )
    if weight.ndim == 1:
        return _per_unit(path, arrays)
    weight = _over_time(weight)
    if weight.ndim not in (2, 3) or 0 in weight.shape:
        name = full_name(path, "weight")
        raise FormatError(
            f"{name!r:.80} has shape {weight.shape}, {_OTHER.get(weight.ndim, _ANY_OTHER)} "
            f"Supported: {SUPPORTED}."
        )
    rows, columns = weight.shape[:2]
    kind = "linear" if weight.ndim == 2 else "conv"
    # An embedding has no bias; a Linear layer rarely lacks one, and then by its name or place.
    if kind == "linear" and bias is None and (before_recurrent or "emb" in path.lower()):
        name = path or "embedding"
        return Module(name=name, kind="embedding", arrays=arrays, inputs=0, outputs=columns)
    if bias is not None and bias.shape != (rows,):
        raise FormatError(
            f"{full_name(path, 'bias')!r:.80} has shape {bias.shape}, expected ({rows},), one per "
            f"row of a weight of shape {weight.shape}."
        )
    arrays = {**arrays, "weight": weight}
    return Module(name=path or kind, kind=kind, arrays=arrays, inputs=columns, outputs=rows)


def _over_time(weight: np.ndarray) -> np.ndarray:
    """A Conv2d over one picture of words, (M, 1, K, E), as the Conv1d (M, E, K) that it is."""
    if weight.ndim == 4 and weight.shape[1] == 1 and 0 not in weight.shape:
        return weight[:, 0].transpose(0, 2, 1)
    return weight


def _per_unit(path: str, arrays: Arrays) -> Module:
    weight, bias = arrays["weight"], arrays.get("bias")
    units = len(weight)
    if bias is None and units == 1:
        return Module(name=path or "prelu", kind="prelu", arrays=arrays, inputs=0, outputs=0)
    if bias is None or bias.shape != weight.shape or not units:
        shape = "none" if bias is None else bias.shape
        raise FormatError(
            f"{full_name(path, 'weight')!r:.80} has shape {weight.shape} and its bias {shape}; "
            "nn.LayerNorm has two vectors of one length. A weight alone may be RMSNorm or nn.PReLU "
            "with a slope per unit, which are not read."
        )
    name = path or "layer_norm"
    return Module(name=name, kind="layer_norm", arrays=arrays, inputs=units, outputs=units)


def _batch_norm(path: str, arrays: Arrays) -> Module:
    shape = arrays["running_mean"].shape
    for last in ("running_var", *({"weight", "bias"} & {*arrays})):
        found = arrays[last].shape if last in arrays else "none"
        if found != shape or len(shape) != 1 or 0 in shape:
            raise FormatError(
                f"{full_name(path, last)!r:.80} has shape {found} and running_mean {shape}; "
                "nn.BatchNorm1d has vectors of one length."
            )
    unknown = {*arrays} - {"running_mean", "running_var", "weight", "bias"}
    if unknown:
        raise FormatError(
            f"{full_name(path, min(unknown))!r:.80} is no part of batch normalization."
        )
    name, (units,) = path or "batch_norm", shape
    return Module(name=name, kind="batch_norm", arrays=arrays, inputs=units, outputs=units)


def _recurrent(path: str, arrays: Arrays) -> Module:
    name = path or "rnn"
    cell = any(last in _CELL for last in arrays)
    if cell:
        arrays = {f"{last}_l0" if last in _CELL else last: a for last, a in arrays.items()}
    for last in arrays:
        match = RECURRENT.fullmatch(last)
        if match is None:
            raise FormatError(f"{full_name(path, last)!r:.80} is no weight of a recurrent layer.")
        if match[1] == "weight_hr":
            raise FormatError(
                f"{name!r:.80} is an LSTM with projections (proj_size), which is not supported; "
                "train one without proj_size."
            )
    for last in ("weight_ih_l0", "weight_hh_l0"):
        if last not in arrays:
            raise FormatError(f"The state dict lacks {full_name(path, last)!r:.80}.")
        if arrays[last].ndim != 2:
            raise FormatError(
                f"{full_name(path, last)!r:.80} has shape {arrays[last].shape}, expected a matrix."
            )
    directions = 2 if "weight_ih_l0_reverse" in arrays else 1
    return Module(
        name=name,
        kind="recurrent",
        arrays=arrays,
        inputs=arrays["weight_ih_l0"].shape[1],
        outputs=arrays["weight_hh_l0"].shape[1] * directions,
        cell=cell,
    )


def full_name(path: str, last: str) -> str:
    return f"{path}.{last}" if path else last
