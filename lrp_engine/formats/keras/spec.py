"""The architecture of a weights-only Keras file, told by the caller.

Either the whole configuration, `model.to_json()`, or a list of layers without sizes:

    {"layers": ["Embedding", {"class_name": "Bidirectional", "layer": "LSTM"},
                {"class_name": "Dense", "activation": "softmax"}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.graph import MODELS, Entry
from lrp_engine.formats.keras.weights import snake

NEEDED = (
    "This Keras file holds weights without the layers they belong to (it was written by "
    "save_weights). Give the layers as `spec`: the text of model.to_json(), or a list such as "
    '{"layers": ["Embedding", {"class_name": "Bidirectional", "layer": "LSTM"}, {"class_name": '
    '"Dense", "activation": "softmax"}]}; or save the whole model: model.save(\'model.keras\').'
)

# Where the sizes of a class are found: option -> (which array, which axis).
_SIZES: dict[str, dict[str, tuple[int, int]]] = {
    "Embedding": {"input_dim": (0, 0), "output_dim": (0, 1)},
    "Dense": {"units": (0, 1)},
    "LSTM": {"units": (1, 0)},
    "GRU": {"units": (1, 0)},
    "SimpleRNN": {"units": (1, 0)},
    "Conv1D": {"filters": (0, 2), "kernel_size": (0, 0)},
}
_WRAPPERS = ("Bidirectional", "TimeDistributed")


@dataclass(frozen=True, eq=False)
class Architecture:
    """A model's configuration. `sized`: it states its sizes; otherwise the weights do."""

    config: Any
    version: Any = None
    sized: bool = True


def is_model(value: Any) -> bool:
    """Whether a value is what `model.to_json()` says, and no spec."""
    return isinstance(value, Mapping) and "class_name" in value and "config" in value


def architecture(*, model: Any, layers: Any) -> Architecture | None:
    """What a spec says of the layers; None where it says nothing.

    Raises:
        FormatError: it is no configuration and no list of layers.
    """
    if model is not None:
        if not is_model(model):
            raise FormatError(
                "The architecture in the spec is not what model.to_json() writes: an object with "
                f"'class_name' and 'config'; found {model!r:.80}."
            )
        return Architecture(model, model.get("keras_version"))
    if layers is None:
        return None
    if not isinstance(layers, Sequence) or isinstance(layers, str) or not layers:
        raise FormatError(
            f"'layers' in the spec is {layers!r:.80}, expected a list such as "
            '["Embedding", "LSTM", "Dense"].'
        )
    counts: dict[str, int] = {}
    described = []
    for layer in layers:
        entry = _layer(layer)
        base = snake(entry["class_name"])
        counts[base] = counts.get(base, -1) + 1
        name = f"{base}_{counts[base]}" if counts[base] else base
        described.append({**entry, "config": {"name": name, **entry["config"]}})
    model = {"class_name": "Sequential", "config": {"name": "spec", "layers": described}}
    return Architecture(model, sized=False)


def _layer(value: Any) -> dict[str, Any]:
    """A class name, or an object with the class and its options, as a Keras configuration."""
    if isinstance(value, str):
        value = {"class_name": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
        raise FormatError(
            f'A layer in the spec is {value!r:.80}, expected a class such as "LSTM" or an object '
            'such as {"class_name": "Dense", "activation": "softmax"}.'
        )
    kind = value["class_name"]
    if kind in MODELS:
        raise FormatError("A model inside a model needs its whole configuration, model.to_json().")
    config = value.get("config")
    if not isinstance(config, Mapping):
        config = {key: option for key, option in value.items() if key != "class_name"}
    if kind in _WRAPPERS:
        inner = _layer(config.get("layer"))
        config = {**config, "layer": inner}
        if config.get("backward_layer") is not None:
            config["backward_layer"] = _layer(config["backward_layer"])
    return {"class_name": kind, "config": dict(config)}


def with_sizes(entry: Entry, weights: Sequence[np.ndarray]) -> Entry:
    """The entry of a list of layers, with the sizes that its weights have."""
    config = dict(entry.config)
    if entry.kind in _WRAPPERS:
        half = len(weights) // 2 if entry.kind == "Bidirectional" else len(weights)
        for key, arrays in (("layer", weights[:half]), ("backward_layer", weights[half:])):
            inner = config.get(key)
            if isinstance(inner, Mapping):
                sizes = _sizes(inner["class_name"], arrays)
                config[key] = {**inner, "config": {**sizes, **inner["config"]}}
        return replace(entry, config=config)
    return replace(entry, config={**_sizes(entry.kind, weights), **config})


def _sizes(kind: str, weights: Sequence[np.ndarray]) -> dict[str, int]:
    return {
        option: weights[array].shape[axis]
        for option, (array, axis) in _SIZES.get(kind, {}).items()
        if array < len(weights) and axis < weights[array].ndim
    }
