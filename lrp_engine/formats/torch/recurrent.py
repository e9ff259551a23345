"""One direction of a PyTorch LSTM, GRU or RNN as a layer: orders of gates, biases.

PyTorch's blocks: LSTM i f g o, GRU r z n; weights (blocks x units, inputs).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.names import Arrays
from lrp_engine.formats.torch.options import Options
from lrp_engine.formats.torch.state import Module
from lrp_engine.layers import GRU, LSTM, SimpleRNN
from lrp_engine.layers.lstm import reorder_gates


def depth(module: Module) -> int:
    return sum(name.startswith("weight_ih_") for name in module.arrays) // module.directions


def blocks(module: Module) -> int:
    """Rows of weight_hh per hidden unit."""
    rows, columns = module.arrays["weight_hh_l0"].shape
    return rows // columns if columns else 0


def direction(
    module: Module, level: int, suffix: str, options: Options, sequences: bool, taken: set[str]
) -> LSTM | GRU | SimpleRNN:
    end = f"_l{level}{suffix}"
    names = [f"weight_ih{end}", f"weight_hh{end}"]
    if f"bias_ih{end}" in module.arrays or f"bias_hh{end}" in module.arrays:
        names += [f"bias_ih{end}", f"bias_hh{end}"]
    for name in names:
        if name not in module.arrays:
            raise FormatError(f"The state dict lacks '{module.name}.{name}'.")
    taken.update(names)
    Wx, Wh, *biases = (module.arrays[name] for name in names)
    if Wx.ndim != 2 or Wh.ndim != 2 or Wx.shape[0] != Wh.shape[0] or 0 in Wh.shape:
        raise FormatError(
            f"'{module.name}.{names[0]}' has shape {Wx.shape} and {names[1]} {Wh.shape}; expected "
            "matrices with equally many rows."
        )
    count, rest = divmod(len(Wh), Wh.shape[1])
    if rest or count not in _RECURRENT:
        raise FormatError(
            f"'{module.name}.{names[1]}' has shape {Wh.shape}; an LSTM has four rows per column, a "
            "GRU three, an RNN one."
        )
    for name, bias in zip(names[2:], biases, strict=True):
        if bias.shape != (len(Wh),):
            raise FormatError(
                f"'{module.name}.{name}' has shape {bias.shape}, expected ({len(Wh)},)."
            )
    biases = biases or [np.zeros(len(Wh), Wh.dtype)] * 2
    return _RECURRENT[count](
        {"Wx": Wx.T, "Wh": Wh.T, "bx": biases[0], "bh": biases[1]},
        options,
        module,
        return_sequences=sequences,
        go_backwards=bool(suffix),
    )


def _lstm(weights: Arrays, options: Options, module: Module, **flags: bool) -> LSTM:
    """Blocks i f g o; the two biases always stand together."""
    kernel, recurrent, bias = (
        reorder_gates(array, "ifgo")
        for array in (weights["Wx"], weights["Wh"], _sum(weights["bx"], weights["bh"]))
    )
    return LSTM(kernel, recurrent, bias, **flags)  # type: ignore[arg-type]


def _gru(weights: Arrays, options: Options, module: Module, **flags: bool) -> GRU:
    """Blocks r z n, n = tanh(W x + b + r (U h + b')): the two biases stay apart.

    With the reset gate before, tanh(W x + U (r h) + b + b'), they stand together.
    """
    arrays = [_update_first(weights[name]) for name in ("Wx", "Wh", "bx", "bh")]
    if not module.reset_after:
        bias = _sum(*arrays[2:])
        return GRU(arrays[0], arrays[1], bias, reset_after=False, **flags)  # type: ignore[arg-type]
    return GRU(*arrays, **flags)  # type: ignore[arg-type]


def _update_first(array: np.ndarray) -> np.ndarray:
    """From r z n to z r n."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


def _rnn(weights: Arrays, options: Options, module: Module, **flags: bool) -> SimpleRNN:
    """One block; the two biases stand together."""
    return SimpleRNN(
        weights["Wx"],
        weights["Wh"],
        _sum(weights["bx"], weights["bh"]),
        options.rnn_activation or "tanh",
        **flags,
    )


def _sum(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """In the precision of the computation to come, at most float64."""
    with np.errstate(all="ignore"):  # not finite: reported where the network is made
        return one.astype(np.float64) + two


# Rows of weight_hh per hidden unit -> the layer.
_RECURRENT: dict[int, Callable[..., LSTM | GRU | SimpleRNN]] = {4: _lstm, 3: _gru, 1: _rnn}
