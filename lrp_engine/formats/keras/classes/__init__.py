"""The table of Keras classes. To add one, add its record to a file here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.formats.keras.classes import (
    activations,
    attention,
    dense,
    embedding,
    merging,
    normalization,
    operations,
    recurrent,
    shaping,
    training_only,
    windows,
)
from lrp_engine.formats.keras.keras_class import KerasClass, Options

# Refusals list the classes in this order.
_FAMILIES = (
    embedding,
    recurrent,
    dense,
    activations,
    windows,
    normalization,
    shaping,
    merging,
    attention,
    training_only,
    operations,
)
KERAS_CLASSES: dict[str, KerasClass] = {
    one.name: one for family in _FAMILIES for one in family.CLASSES
}

# Classes that are never read as layers, and why.
REFUSED = {
    "Lambda": "holds Python code, which is never run; write it as a standard layer: where it sums "
    "weighted states over time, as Dot(axes=1)([weights, states]).",
    "TextVectorization": "turns text into ids; it must be the first layer of the model.",
    "StringLookup": "turns words into ids; it must be the first layer of the model.",
}


def has_arrays(kind: str, config: Options) -> bool:
    """Whether a layer has arrays, its own or those of a layer inside."""
    if kind not in KERAS_CLASSES:
        return False
    keras_class = KERAS_CLASSES[kind]
    return bool(keras_class.arrays(config)) or any(
        _inner_has_arrays(config.get(key)) for key in keras_class.wraps
    )


def _inner_has_arrays(layer: Any) -> bool:
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        return False
    return has_arrays(str(layer.get("class_name")), layer["config"])


def masked_value(kind: str, config: Options) -> Any:
    """The value that a layer masks; None where it masks nothing."""
    keras_class = KERAS_CLASSES.get(kind)
    return None if keras_class is None else keras_class.masked_value(config)
