"""Keras 2 models in TensorFlow's SavedModel: their description, and whose the variables are.

Layers have paths such as `root.layer_with_weights-1`, along which the checkpoint's objects lie.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.limits import LIMITS, megabytes
from lrp_engine.formats.containers.messages import BLOCK
from lrp_engine.formats.containers.sandbox import Contents, unpack
from lrp_engine.formats.containers.saved_model import (
    ARRAYS,
    GRAPH,
    INDEX,
    KIND,
    LAYERS,
    METADATA,
    OBJECTS,
)
from lrp_engine.formats.input_file import open_file
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.keras.weights import Weights

_ROOT = "root"
_LAYER = re.compile(rf"{_ROOT}(\.layer(_with_weights)?-\d{{1,6}})+")
_SHARD = "variables/variables.data-*"


def is_folder(path: Path) -> bool:
    return (path / GRAPH).is_file()


def read_folder(path: Path) -> Contents:
    """What the folder of a SavedModel holds, read as a zip of it.

    Raises:
        FormatError: it lists no layers of Keras, or it is damaged.
    """
    described = METADATA if (path / METADATA).is_file() else GRAPH
    index = [INDEX] if (path / INDEX).is_file() else []  # else what is missing is said
    shards = sorted(str(one.relative_to(path)) for one in path.glob(_SHARD))
    names = [described, *index, *shards]
    with tempfile.TemporaryFile() as file:
        left = LIMITS.input_bytes
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                with open_file(path / name, name) as (source, size):
                    left -= size
                    if left < 0:
                        raise FormatError(
                            f"The folder has more than {megabytes(LIMITS.input_bytes)}."
                        )
                    with archive.open(name, "w", force_zip64=True) as member:
                        shutil.copyfileobj(source, member, BLOCK)
        return unpack(file, file.tell())


def is_saved_model(contents: Contents) -> bool:
    return contents.kind == KIND


def saved_description(contents: Contents) -> Mapping[str, Any]:
    """What Keras says of the whole model: "model_config", "keras_version", "training_config".

    Raises:
        FormatError: it describes none.
    """
    for path, text in _layers(contents):
        root = _plain(parse_json(text, "The model's description")) if path == _ROOT else None
        if isinstance(root, Mapping):
            # Of a class of the author's, which has no configuration, its name.
            return {"model_config": root, **root}
    raise FormatError(f"{METADATA} of the SavedModel describes no model; the file is damaged.")


def saved_weights(contents: Contents) -> Weights:
    """The arrays of each layer, in the order of Keras."""
    objects = parse_json(contents.texts[OBJECTS], "The list of variables")
    paths = _paths(contents)

    def child(node: Mapping[str, Any] | None, name: str) -> Mapping[str, Any] | None:
        number = None if node is None else node["children"].get(name)
        return objects[number] if number is not None and number < len(objects) else None

    def weights(path: tuple[str, ...]) -> list[np.ndarray]:
        node = objects[0] if objects else None
        for part in paths.get(path, "?").split(".")[1:]:
            node = child(node, part)
        listed, found = child(node, "variables"), []
        for number in range(0 if listed is None else len(listed["children"])):
            variable = child(listed, str(number))
            key = None if variable is None else variable["key"]
            array = contents.arrays.get(f"{ARRAYS}/{key}")
            if array is not None:  # not a counter or the state of a random generator
                found.append(array)
        return found

    return weights


def _layers(contents: Contents) -> list[list[str]]:
    listed: list[list[str]] = parse_json(contents.texts[LAYERS], METADATA)
    return listed


def _paths(contents: Contents) -> dict[tuple[str, ...], str]:
    """Where each layer lies, by the names of the models it lies in and its own."""
    names = {
        path: _name(parse_json(text, "A layer's description"))
        for path, text in _layers(contents)
        if _LAYER.fullmatch(path)
    }
    found: dict[tuple[str, ...], str] = {}
    for path in names:
        parts = path.split(".")
        above = [".".join(parts[: n + 1]) for n in range(1, len(parts))]
        if all(one in names for one in above):
            found[tuple(names[one] for one in above)] = path
    return found


def _name(layer: Any) -> str:
    return str(layer.get("name")) if isinstance(layer, Mapping) else ""


def _plain(value: Any) -> Any:
    """With lists where Keras wrote of tuples; nested no deeper than `parse_json` allows."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__tuple__" and isinstance(value.get("items"), list):
            return [_plain(item) for item in value["items"]]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
