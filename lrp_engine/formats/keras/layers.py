"""Keras layer configurations to layers: one function per class, in the table BUILDERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras.graph import OPERATIONS, Entry
from lrp_engine.formats.keras.merging import MERGING
from lrp_engine.formats.keras.over_time import OVER_TIME
from lrp_engine.formats.keras.recurrent import RECURRENT, bidirectional, recurrent
from lrp_engine.formats.keras.source import Built, Source, inner
from lrp_engine.layers import Dense, Embedding, Softmax


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
    if entry.kind not in BUILDERS and str(entry.package).startswith(OPERATIONS):
        raise source.refuse(
            "is a function of keras.ops, not a layer; write it as one, such as a sum of weighted "
            f"states over time as Dot(axes=1)([weights, states]). Supported: {choices(BUILDERS)}."
        )
    if entry.kind not in BUILDERS:
        raise source.refuse(f"is not supported. Supported: {choices(BUILDERS)}.")
    if len(entry.inputs) != 1 and entry.kind not in MERGING:
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


def _time_distributed(source: Source) -> Built:
    wrapped = inner(source, "layer", "a layer")
    if wrapped.kind not in _PER_STEP:
        raise source.refuse(f"wraps {wrapped.kind!r:.60}; supported: {choices(_PER_STEP)}.")
    return BUILDERS[wrapped.kind](replace(wrapped, weights=source.weights))


# Layers that do at every time step what they do to a single one.
_PER_STEP = (
    "Dense", "Activation", "ReLU", "Dropout", "BatchNormalization", "LayerNormalization", "Identity"
)  # fmt: skip


def _activation(source: Source) -> Built:
    return Built(activation=source.activation("activation", "linear"))


def _softmax(source: Source) -> Built:
    axis = source.config.get("axis", -1)
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if type(axis) is not int:
        raise source.refuse(f"has axis={axis!r:.40}, expected one number.")
    return Built(activation="softmax") if axis == -1 else Built(Softmax(axis))


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
    **dict.fromkeys(RECURRENT, recurrent),
    "Bidirectional": bidirectional,
    "Dense": _dense,
    "TimeDistributed": _time_distributed,
    "Activation": _activation,
    "Softmax": _softmax,
    "ReLU": _relu,
    **OVER_TIME,
    **MERGING,
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
    "Lambda": "holds Python code, which is never run; write it as a standard layer: where it sums "
    "weighted states over time, as Dot(axes=1)([weights, states]).",
    "TextVectorization": "turns text into ids; it must be the first layer of the model.",
    "StringLookup": "turns words into ids; it must be the first layer of the model.",
}
