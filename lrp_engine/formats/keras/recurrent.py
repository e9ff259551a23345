"""Keras' recurrent layers and the wrapper for both directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import choices
from lrp_engine.formats.keras.source import Built, Source, inner
from lrp_engine.layers import GRU, LSTM, Bidirectional, Layer, SimpleRNN
from lrp_engine.layers.activations import check_activation
from lrp_engine.layers.bidirectional import MERGES
from lrp_engine.layers.lstm import reorder_gates

GATES = "ifgo"  # Keras calls g "c"


def recurrent(source: Source) -> Built:
    config = source.config
    if config.get("go_backwards") and config.get("return_sequences"):
        raise source.refuse(
            "reads backwards and returns its sequence in reverse order, which is not supported; "
            "use Bidirectional, or return_sequences=False."
        )
    return Built(RECURRENT[source.kind](source))


def _cell(source: Source, *, gates: bool = True) -> dict[str, Any]:
    """The options that recurrent layers share."""
    config = source.config
    for option in ("return_state", "time_major"):
        if config.get(option):
            raise source.refuse(f"has {option}=True, which is not supported; train it without.")
    options: dict[str, Any] = {
        name: bool(config.get(name, False)) for name in ("return_sequences", "go_backwards")
    }
    defaults = {"activation": "tanh", **({"recurrent_activation": "sigmoid"} if gates else {})}
    for key, default in defaults.items():
        options[key] = source.activation(key, default)
        check_activation(f"The {source.kind}'s {key}", options[key])
    return options


def _kernels(source: Source, blocks: int, biases: int = 1) -> list[np.ndarray]:
    """Kernel, recurrent kernel and bias (zeros for none) of a cell with blocks of H columns."""
    names, rows = ("kernel", "recurrent_kernel"), (biases,) if biases > 1 else ()
    if source.config.get("use_bias", True):
        kernel, recurrent, bias = source.arrays(*names, "bias", bias=len(rows) + 1)
    else:
        kernel, recurrent = source.arrays(*names)
        bias = np.zeros((*rows, kernel.shape[1]), kernel.dtype)
    if bias.ndim == 2 and len(bias) != biases:
        raise source.refuse(f"has a bias of shape {bias.shape}, expected {biases} rows.")
    units = recurrent.shape[0]
    source.check_units("units", units)
    for array in (kernel, recurrent, bias):
        if array.shape[-1] != blocks * units:
            raise source.refuse(
                f"has weights of shape {array.shape}, expected {blocks * units} columns."
            )
    return [kernel, recurrent, bias]


def _lstm(source: Source) -> Layer:
    options = _cell(source)
    kernel, recurrent, bias = (reorder_gates(a, GATES) for a in _kernels(source, 4))
    return LSTM(kernel, recurrent, bias, **options)


def _gru(source: Source) -> Layer:
    options = _cell(source)
    # Early versions knew reset_after=False only, and did not write it.
    after = bool(source.config.get("reset_after", False))
    kernel, recurrent, bias = _kernels(source, 3, 2 if after else 1)
    one, two = bias if after else (bias, None)
    return GRU(kernel, recurrent, one, two, reset_after=after, **options)


def _simple_rnn(source: Source) -> Layer:
    options = _cell(source, gates=False)
    kernel, recurrent, bias = _kernels(source, 1)
    return SimpleRNN(kernel, recurrent, bias, **options)


RECURRENT: dict[str, Callable[[Source], Layer]] = {
    "LSTM": _lstm,
    "GRU": _gru,
    "SimpleRNN": _simple_rnn,
}


def bidirectional(source: Source) -> Built:
    mode = source.config.get("merge_mode", "concat")
    if mode not in MERGES:
        raise source.refuse(f"has merge_mode {mode!r:.40}; supported: {choices(MERGES)}.")
    forward = _direction(source, "layer")
    if source.config.get("backward_layer") is not None:
        backward = _direction(source, "backward_layer")
    else:  # the same options, read from the other end
        flipped = {**forward.config, "go_backwards": not forward.config.get("go_backwards", False)}
        backward = replace(forward, config=flipped)
    half = _count(forward)
    if len(source.weights) != half + _count(backward):
        raise source.refuse(
            f"has {len(source.weights)} arrays, expected {half} and {_count(backward)} for its "
            "two directions."
        )
    one = RECURRENT[forward.kind](replace(forward, weights=source.weights[:half]))
    two = RECURRENT[backward.kind](replace(backward, weights=source.weights[half:]))
    return Built(Bidirectional(one, two, mode))


def _direction(source: Source, key: str) -> Source:
    found = inner(source, key, "a recurrent layer")
    if found.kind not in RECURRENT:
        raise source.refuse(f"wraps {found.kind!r:.60}; supported: {choices(RECURRENT)}.")
    return found


def _count(source: Source) -> int:
    return 3 if source.config.get("use_bias", True) else 2
