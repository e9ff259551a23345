"""A live Keras model as the contents of the archive that it would be saved as.

Nothing is written, and nothing is deserialized: the configuration is text, weights are copies of
arrays. The reader of files reads them as it reads a `.keras`. Keras itself is not imported here; a
model is known by the classes that it is made of.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras.text import KINDS
from lrp_engine.formats.named_arrays import numbers

_PACKAGES = ("keras", "tf_keras")
_DESCRIBED = ("Functional", "Sequential")
_WEIGHTS = "model.weights.h5"
_SPECIAL = 2  # words of a text layer that has learned none: padding and unknown
_WAY = (
    "Build it of Keras' layers with keras.Sequential([...]) or keras.Model(inputs, outputs), copy "
    "the weights over, and give that."
)


def is_live(model: Any) -> bool:
    """Whether it is a Keras model in memory."""
    return _ancestor(model, ("Model",)) is not None


def name_of(model: Any) -> str:
    return str(getattr(model, "name", type(model).__name__))[:60]


def reads_texts(model: Any) -> str | None:
    """The class of the text layer that a model begins with; None where it reads numbers."""
    first = [type(layer).__name__ for layer in model.layers[:2]]
    return next((name for name in first if name in KINDS), None)


def live_contents(model: Any) -> Contents:
    """The contents of the `.keras` that `model.save` would write.

    Raises:
        FormatError: the model has no configuration that says what it computes, or no weights yet.
    """
    _check(model)
    config = _description(model)
    arrays: dict[str, np.ndarray] = {}
    attributes: dict[str, dict[str, Any]] = {}
    for path, layer in _layers(model, _WEIGHTS):
        attributes[f"{path}/vars"] = {"name": layer.name}
        if not _is_described(layer):
            arrays |= _arrays(layer, path)
    words = {layer.name: _words(layer) for layer in model.layers if type(layer).__name__ in KINDS}
    _fill_in(config, words)
    texts = {"config.json": json.dumps(config), "metadata.json": json.dumps(_metadata(model))}
    return Contents("zip", (*texts, _WEIGHTS), arrays, texts, attributes)


def _ancestor(model: Any, names: Iterable[str]) -> type | None:
    """The class of Keras' own, called so, that an object is made of."""
    for one in type(model).__mro__:
        if one.__name__ in names and one.__module__.partition(".")[0] in _PACKAGES:
            return one
    return None


def _is_described(layer: Any) -> bool:
    return _ancestor(layer, _DESCRIBED) is not None


def _check(model: Any) -> None:
    what = f"The Keras model {name_of(model)!r} ({type(model).__name__:.60})"
    call = getattr(type(model), "call", None)
    own = str(getattr(call, "__module__", "")).partition(".")[0] not in _PACKAGES
    if not _is_described(model) or own:
        raise FormatError(
            f"{what} is a class of the author's own: what it computes is the code of its call(), "
            f"which is not read. {_WAY}"
        )
    if not getattr(model, "built", True) or not model.layers:
        raise FormatError(
            f"{what} has no weights yet; begin it with keras.Input((None,)), or call it once on "
            "ids or model.build((None, None))."
        )


def _description(model: Any) -> dict[str, Any]:
    """What `model.to_json()` says."""
    try:
        config = json.loads(model.to_json())
    except Exception:  # noqa: BLE001 - whatever an author's class raises
        config = {"config": _plain_config(model)}
    ancestor = _ancestor(model, _DESCRIBED)
    assert ancestor is not None
    own = config.get("config")
    if not isinstance(own, dict) or not isinstance(own.get("layers"), list):
        raise FormatError(
            f"The Keras model {name_of(model)!r} ({type(model).__name__:.60}) does not list its "
            f"layers: a class of the author's own has another get_config(). {_WAY}"
        )
    return {**config, "class_name": ancestor.__name__}


def _plain_config(model: Any) -> Any:
    """The configuration without what `compile` was given, which may have none."""
    for layer in model.layers:
        try:
            layer.get_config()
        except Exception as error:
            raise FormatError(
                f"Layer {layer.name!r:.60} ({type(layer).__name__:.60}) of the Keras model does "
                f"not say its options: get_config() fails ({type(error).__name__}). It is a class "
                f"of the author's own, whose code is not read. {_WAY}"
            ) from error
    try:
        return json.loads(json.dumps(model.get_config(), default=str))
    except Exception as error:
        raise FormatError(
            f"The Keras model {name_of(model)!r} does not say its layers: get_config() fails "
            f"({type(error).__name__}). {_WAY}"
        ) from error


def _layers(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every layer, those of models inside included, with the group that it would have in a file."""
    for n, layer in enumerate(model.layers):
        group = f"{path}/layers/layer_{n}"
        yield group, layer
        if _is_described(layer):
            yield from _layers(layer, group)


def _arrays(layer: Any, path: str) -> dict[str, np.ndarray]:
    arrays = {}
    for n, variable in enumerate(layer.weights):
        array = numbers(variable)
        if array is not None:  # a table of texts is read as words
            arrays[f"{path}/vars/{n}"] = array
    return arrays


def _words(layer: Any) -> list[str]:
    """The words of a text layer, in the order of their ids."""
    words = [str(word) for word in layer.get_vocabulary()]
    if len(words) <= _SPECIAL:
        raise FormatError(
            f"Layer {layer.name!r:.60} ({type(layer).__name__}) knows no words yet; call its "
            "adapt(texts), or give it a vocabulary, before the model is read."
        )
    return words


def _fill_in(config: Mapping[str, Any], words: Mapping[str, list[str]]) -> None:
    """Words into the options of text layers, where they stand after `adapt` only in the layer."""
    for layer in config["config"]["layers"]:
        own = layer.get("config") if isinstance(layer, dict) else None
        if isinstance(own, dict) and own.get("name") in words:
            own["vocabulary"] = words[own["name"]]


def _metadata(model: Any) -> dict[str, str]:
    ancestor = _ancestor(model, ("Model",))
    assert ancestor is not None
    package = sys.modules.get(ancestor.__module__.partition(".")[0])
    return {"keras_version": str(getattr(package, "__version__", ""))}
