"""Keras layer configurations to layers: one function per class, in the table BUILDERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras_graph import Entry, foreign
from lrp_engine.layers import LSTM, Bidirectional, Dense, Embedding, Layer
from lrp_engine.layers.activations import check_activation
from lrp_engine.layers.lstm import reorder_gates

GATES = "ifgo"  # Keras calls g "c"


@dataclass(frozen=True, eq=False)
class Built:
    """A layer (None: passes its input on) and the activation that follows it."""

    layer: Layer | None = None
    activation: str = "linear"


@dataclass(frozen=True, eq=False)
class Source:
    """One layer in the file: what the builders read."""

    name: str
    kind: str
    config: Mapping[str, Any]
    weights: Sequence[np.ndarray]
    old: bool = False  # written by Keras 2 or older

    def refuse(self, why: str) -> FormatError:
        return FormatError(f"Layer {self.name!r} ({self.kind}) {why}")

    def activation(self, key: str, default: str) -> str:
        value = self.config.get(key, default)
        if value is None:
            return "linear"
        if not isinstance(value, str):
            raise self.refuse(f"has a custom {key}; its code is not in the file.")
        if value == "hard_sigmoid" and self.old:
            return "hard_sigmoid_keras_2"  # another function than today's
        return value

    def arrays(self, *names: str) -> list[np.ndarray]:
        """The weights, checked against what the class has: one array per name, and its axes."""
        if len(self.weights) != len(names):
            raise self.refuse(
                f"has {len(self.weights)} arrays of weights, expected {len(names)}: "
                f"{', '.join(names)}."
            )
        for name, array in zip(names, self.weights, strict=True):
            axes = 1 if name == "bias" else 2
            if array.ndim != axes:
                raise self.refuse(
                    f"has a {name} of shape {array.shape}, expected {axes} "
                    f"{'axes' if axes > 1 else 'axis'}."
                )
        return list(self.weights)

    def check_units(self, key: str, found: int) -> None:
        declared = self.config.get(key)
        if declared != found:
            raise self.refuse(f"declares {key}={declared!r:.40}, but its weights have {found}.")


def build(entry: Entry, weights: Sequence[np.ndarray], *, old: bool = False) -> Built:
    """The layer of one entry.

    Raises:
        FormatError: the class or an option is not supported, or the weights do not fit.
    """
    source = Source(entry.name, entry.kind, entry.config, weights, old)
    if entry.kind in _REFUSED:
        raise source.refuse(_REFUSED[entry.kind])
    if entry.foreign:
        raise source.refuse(
            f"is a class of the author's own ({entry.package!r:.60}); its code is not in the "
            f"file. Supported: {choices(BUILDERS)}."
        )
    if entry.kind not in BUILDERS:
        raise source.refuse(f"is not supported. Supported: {choices(BUILDERS)}.")
    if len(entry.inputs) != 1:
        raise source.refuse(f"reads {len(entry.inputs)} inputs, expected one.")
    try:
        return BUILDERS[entry.kind](source)
    except FormatError as error:
        if str(error).startswith("Layer "):
            raise
        raise FormatError(f"Layer {entry.name!r}: {error}") from None


def _embedding(source: Source) -> Built:
    (table,) = source.arrays("embeddings")
    source.check_units("input_dim", table.shape[0])
    source.check_units("output_dim", table.shape[1])
    return Built(Embedding(table, mask_zero=bool(source.config.get("mask_zero", False))))


def _dense(source: Source) -> Built:
    if source.config.get("use_bias", True):
        kernel, bias = source.arrays("kernel", "bias")
    else:
        (kernel,), bias = source.arrays("kernel"), None
    source.check_units("units", kernel.shape[1])
    return Built(Dense(kernel, bias), source.activation("activation", "linear"))


def _lstm(source: Source) -> Built:
    layer = _lstm_layer(source)
    if layer.go_backwards and layer.return_sequences:
        raise source.refuse(
            "reads backwards and returns its sequence in reverse order, which is not supported; "
            "use Bidirectional, or return_sequences=False."
        )
    return Built(layer)


def _lstm_layer(source: Source) -> LSTM:
    config = source.config
    for option in ("return_state", "time_major"):
        if config.get(option):
            raise source.refuse(f"has {option}=True, which is not supported; train it without.")
    activation = source.activation("activation", "tanh")
    recurrent_activation = source.activation("recurrent_activation", "sigmoid")
    check_activation("The LSTM", activation)
    check_activation("The LSTM's gates", recurrent_activation)
    if config.get("use_bias", True):
        kernel, recurrent, bias = source.arrays("kernel", "recurrent_kernel", "bias")
    else:
        kernel, recurrent = source.arrays("kernel", "recurrent_kernel")
        bias = np.zeros(kernel.shape[1], kernel.dtype)
    units = recurrent.shape[0]
    source.check_units("units", units)
    for array in (kernel, recurrent, bias):
        if array.shape[-1] != 4 * units:
            raise source.refuse(
                f"has weights of shape {array.shape}, expected {4 * units} columns."
            )
    return LSTM(
        kernel=reorder_gates(kernel, GATES),
        recurrent_kernel=reorder_gates(recurrent, GATES),
        bias=reorder_gates(bias, GATES),
        activation=activation,
        recurrent_activation=recurrent_activation,
        return_sequences=bool(config.get("return_sequences", False)),
        go_backwards=bool(config.get("go_backwards", False)),
    )


def _bidirectional(source: Source) -> Built:
    mode = source.config.get("merge_mode", "concat")
    if mode != "concat":
        raise source.refuse(f"has merge_mode {mode!r:.40}; supported: 'concat'.")
    forward = _inner(source, "layer", "a recurrent layer")
    if forward.kind != "LSTM":
        raise source.refuse(f"wraps {forward.kind!r:.60}; supported: 'LSTM'.")
    if source.config.get("backward_layer") is not None:
        backward = _inner(source, "backward_layer", "a recurrent layer")
        if backward.kind != "LSTM":
            raise source.refuse(f"wraps {backward.kind!r:.60}; supported: 'LSTM'.")
    else:  # the same options, read from the other end
        flipped = {**forward.config, "go_backwards": not forward.config.get("go_backwards", False)}
        backward = replace(forward, config=flipped)
    half = len(source.weights) // 2
    if len(source.weights) % 2:
        raise source.refuse(
            f"has {len(source.weights)} arrays, expected the same in each direction."
        )
    one = _lstm_layer(replace(forward, weights=source.weights[:half]))
    two = _lstm_layer(replace(backward, weights=source.weights[half:]))
    return Built(Bidirectional(one, two))


def _time_distributed(source: Source) -> Built:
    inner = _inner(source, "layer", "a Dense layer")
    if inner.kind != "Dense":
        raise source.refuse(f"wraps {inner.kind!r:.60}; supported: 'Dense'.")
    return _dense(replace(inner, weights=source.weights))


def _inner(source: Source, key: str, what: str) -> Source:
    layer = source.config.get(key)
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        raise source.refuse(f"does not describe {what} in {key!r}.")
    package = layer.get("registered_name") or layer.get("module")
    kind = str(layer.get("class_name"))
    if foreign(package, kind):
        raise source.refuse(f"wraps a class of the author's own ({package!r:.60}).")
    return replace(source, kind=kind, config=layer["config"])


def _activation(source: Source) -> Built:
    return Built(activation=source.activation("activation", "linear"))


def _softmax(source: Source) -> Built:
    if source.config.get("axis", -1) not in (-1, [-1]):
        raise source.refuse("works on another axis than the last, which is not supported.")
    return Built(activation="softmax")


def _relu(source: Source) -> Built:
    config = source.config
    # A maximum of 0 is one, too.
    if config.get("max_value") is not None or any(map(config.get, ("negative_slope", "threshold"))):
        raise source.refuse("has a maximum, slope or threshold, which is not supported.")
    return Built(activation="relu")


def _identity(source: Source) -> Built:
    return Built()


BUILDERS: dict[str, Callable[[Source], Built]] = {
    "Embedding": _embedding,
    "LSTM": _lstm,
    "Bidirectional": _bidirectional,
    "Dense": _dense,
    "TimeDistributed": _time_distributed,
    "Activation": _activation,
    "Softmax": _softmax,
    "ReLU": _relu,
    # Active in training only.
    "Dropout": _identity,
    "SpatialDropout1D": _identity,
    "GaussianDropout": _identity,
    "GaussianNoise": _identity,
    "AlphaDropout": _identity,
    "ActivityRegularization": _identity,
    "Identity": _identity,
}

# Classes worth a sentence of their own.
_REFUSED = {
    "Lambda": "holds Python code, which is never run; write it as a standard layer.",
    "TextVectorization": "turns text into ids; it must be the first layer of the model.",
    "StringLookup": "turns words into ids; it must be the first layer of the model.",
}
