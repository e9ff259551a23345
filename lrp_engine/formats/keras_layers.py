"""Keras layer configurations to layers: one function per class, in the table BUILDERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras_graph import Entry
from lrp_engine.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Layer, SimpleRNN
from lrp_engine.layers.activations import check_activation
from lrp_engine.layers.bidirectional import MERGES
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
            raise self.refuse(
                "uses the hard_sigmoid of Keras 2, which is another function than today's; train "
                f"or save the model with {key}='sigmoid'."
            )
        return value

    def arrays(self, *names: str, bias_axes: int = 1) -> list[np.ndarray]:
        """The weights, checked against what the class has: one array per name, and its axes."""
        if len(self.weights) != len(names):
            raise self.refuse(
                f"has {len(self.weights)} arrays of weights, expected {len(names)}: "
                f"{', '.join(names)}."
            )
        for name, array in zip(names, self.weights, strict=True):
            axes = bias_axes if name == "bias" else 2
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
    if _foreign(entry.package, entry.kind):
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


def _recurrent(source: Source) -> Built:
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
        kernel, recurrent, bias = source.arrays(*names, "bias", bias_axes=len(rows) + 1)
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


def _bidirectional(source: Source) -> Built:
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
    inner = _inner(source, key, "a recurrent layer")
    if inner.kind not in RECURRENT:
        raise source.refuse(f"wraps {inner.kind!r:.60}; supported: {choices(RECURRENT)}.")
    return inner


def _count(source: Source) -> int:
    return 3 if source.config.get("use_bias", True) else 2


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
    if _foreign(package, kind):
        raise source.refuse(f"wraps a class of the author's own ({package!r:.60}).")
    return replace(source, kind=kind, config=layer["config"])


def _foreign(package: str | None, kind: str) -> bool:
    """Whether a class is not one of Keras. Some versions register Keras' own by their name."""
    return package not in (None, kind) and not str(package).startswith(("keras", "tf_keras"))


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
    **dict.fromkeys(RECURRENT, _recurrent),
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
    "TextVectorization": (
        "turns text into ids inside the model, which this release does not read; save the model "
        "without it and pass its words, get_vocabulary(), as `vocabulary`."
    ),
    "Sequential": "is a model inside a model; save one model with all layers side by side.",
    "Functional": "is a model inside a model; save one model with all layers side by side.",
    "Model": "is a model inside a model; save one model with all layers side by side.",
}
