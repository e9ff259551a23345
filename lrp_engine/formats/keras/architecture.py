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
from lrp_engine.formats.companions.spec import is_model_config
from lrp_engine.formats.keras.classes import KERAS_CLASSES
from lrp_engine.formats.keras.graph import MODELS, Entry
from lrp_engine.formats.keras.keras_class import Options
from lrp_engine.formats.keras.weights import snake

NEEDED = (
    "This Keras file holds weights without the layers they belong to (it was written by "
    "save_weights). Give the layers as `spec`: the text of model.to_json(), or a list such as "
    '{"layers": ["Embedding", {"class_name": "Bidirectional", "layer": "LSTM"}, {"class_name": '
    '"Dense", "activation": "softmax"}]}; or save the whole model: model.save(\'model.keras\').'
)

# Keys of a spec that say which layers there are.
SPEC_KEYS = ("architecture", "layers")


@dataclass(frozen=True, eq=False)
class Architecture:
    """A model's configuration.

    Attributes:
        sized: it states its sizes; otherwise the weights do.
        compiled: what `compile` left beside it.
    """

    config: Any
    version: Any = None
    sized: bool = True
    compiled: Any = None


def read_architecture(spec: Mapping[str, Any]) -> Architecture | None:
    """What a spec says of the layers under `SPEC_KEYS`; None where it says nothing.

    Raises:
        FormatError: it is no configuration and no list of layers.
    """
    model, layers = (spec.get(key) for key in SPEC_KEYS)
    if model is not None:
        if not is_model_config(model):
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
    wraps = KERAS_CLASSES[kind].wraps if kind in KERAS_CLASSES else ()
    inner = {
        key: _layer(config.get(key))
        for key in wraps
        if key == wraps[0] or config.get(key) is not None  # the others are optional
    }
    return {"class_name": kind, "config": {**config, **inner}}


def with_sizes(entry: Entry, weights: Sequence[np.ndarray]) -> Entry:
    """The entry of a list of layers, with the sizes that its arrays have."""
    keras_class = KERAS_CLASSES.get(entry.kind)
    if keras_class is None:
        return entry
    config = {**_sizes(entry.kind, entry.config, weights), **entry.config}
    share = len(weights) // max(1, len(keras_class.wraps))
    for n, key in enumerate(keras_class.wraps):
        inner = config.get(key)
        if isinstance(inner, Mapping):
            own = weights[n * share : (n + 1) * share]
            sizes = _sizes(inner["class_name"], inner["config"], own)
            config[key] = {**inner, "config": {**sizes, **inner["config"]}}
    return replace(entry, config=config)


def _sizes(kind: str, config: Options, weights: Sequence[np.ndarray]) -> dict[str, int]:
    if kind not in KERAS_CLASSES:
        return {}
    keras_class = KERAS_CLASSES[kind]
    arrays = dict(zip(keras_class.arrays(config), weights, strict=False))
    return {
        option: arrays[name].shape[axis]
        for option, (name, axis) in keras_class.sizes.items()
        if name in arrays and axis < arrays[name].ndim
    }
