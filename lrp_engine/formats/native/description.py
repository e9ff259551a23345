"""The project's own format: network.json, weights.safetensors, vocabulary.txt; a folder or a zip.

`network.json` describes the graph and says which tensor is which weight; nothing in it is code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.layers import LAYERS, Layer
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.reads import Input
from lrp_engine.model.serialization import (
    DESCRIPTION,
    FORMAT,
    INPUT_KINDS,
    INPUT_NAMES,
    INPUT_SIZES,
    OPTIONAL_FIELDS,
    TOKENIZER_FIELDS,
    VERSION,
    VOCABULARIES,
    WEIGHTS,
)
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.model.text.options import checked


def parts(
    description: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    vocabulary: tuple[str, ...] | None,
    vocabularies: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of the `Network` that `describe` and `weights` came from.

    Args:
        vocabularies: of several inputs, words by their names.

    Raises:
        FormatError: a part is missing, unknown or of the wrong type.
    """
    if not isinstance(description, Mapping) or description.get("format") != FORMAT:
        raise FormatError(f'{DESCRIPTION} does not say "format": "{FORMAT}".')
    if description.get("version") != VERSION:
        raise FormatError(
            f"{DESCRIPTION} has version {description.get('version')!r}; this release reads "
            f"version {VERSION}."
        )
    layers = _typed(description, "layers", list)
    unused = set(arrays)
    nodes = tuple(_build_node(entry, arrays, unused) for entry in layers)
    if unused:
        raise FormatError(f"{WEIGHTS} holds {sorted(unused)[0]!r}, which no layer asks for.")
    return {
        "nodes": nodes,
        "vocabulary": None if vocabulary is None else Vocabulary(vocabulary, _unknown(description)),
        "tokenizer": _tokenizer(_typed(description, "tokenizer", dict)),
        "output": _typed(description, "output", str),
        "source": _typed(description, "source", str),
        **{name: _texts(description, name) for name in ("labels", "features", "assumptions")},
        **{name: _texts(description, name) for name in OPTIONAL_FIELDS if name in description},
        **{n: _typed(description, n, int) for n in INPUT_SIZES if n in description},
        **({"time": _typed(description, "time", bool)} if "time" in description else {}),
        **_inputs(description, vocabularies or {}),
    }


def _inputs(description: Mapping[str, Any], vocabularies: Mapping[str, Any]) -> dict[str, Any]:
    """The several inputs, where there are."""
    if "inputs" not in description:
        return {}
    several = tuple(_input(one, vocabularies) for one in _typed(description, "inputs", list))
    unknown = set(vocabularies) - {one.name for one in several}
    if unknown:
        raise FormatError(f"{VOCABULARIES} has words of {min(unknown)!r:.60}, which is no input.")
    return {"several": several}


def _input(entry: Any, vocabularies: Mapping[str, Any]) -> Input:
    if not isinstance(entry, Mapping):
        raise FormatError(f"An input in {DESCRIPTION} is not an object.")
    name = _typed(entry, "name", str)
    words = _texts(vocabularies, name) if name in vocabularies else None
    options: dict[str, Any] = {
        **{kind: _typed(entry, kind, bool) for kind in INPUT_KINDS if kind in entry},
        **{n: _typed(entry, n, int) for n in INPUT_SIZES if n in entry},
        **{n: _texts(entry, n) for n in INPUT_NAMES if n in entry},
    }
    return Input(
        name=name,
        vocabulary=None if words is None else Vocabulary(words, _unknown(entry)),
        tokenizer=_tokenizer(_typed(entry, "tokenizer", dict)),
        **options,
    )


def build(
    description: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    vocabulary: tuple[str, ...] | None,
    *,
    dtype: str = "float32",
) -> Network:
    """The network that `describe` and `weights` came from; raises FormatError as `parts` does."""
    return Network(**parts(description, arrays, vocabulary), dtype=dtype)


def _tokenizer(options: Mapping[str, Any]) -> Tokenizer:
    for name in TOKENIZER_FIELDS:
        if name not in options:
            raise FormatError(f"The tokenizer in {DESCRIPTION} lacks {name!r}.")
    return Tokenizer(**checked(options, f"The tokenizer in {DESCRIPTION}"))


def _unknown(description: Mapping[str, Any]) -> str | None:
    return _typed(description, "unknown_token", str) if "unknown_token" in description else None


def _build_node(entry: Any, arrays: Mapping[str, np.ndarray], unused: set[str]) -> Node:
    if not isinstance(entry, Mapping):
        raise FormatError(f"A layer in {DESCRIPTION} is not an object.")
    name = _typed(entry, "name", str)
    options = {key: value for key, value in entry.items() if key not in ("name", "inputs")}
    return Node(name, _build_layer(options, name, arrays, unused), _texts(entry, "inputs"))


def _build_layer(
    options: Mapping[str, Any], prefix: str, arrays: Mapping[str, np.ndarray], unused: set[str]
) -> Layer:
    kind = options.get("kind")
    if not isinstance(kind, str) or kind not in LAYERS:
        raise FormatError(f"Layer {prefix!r} is of kind {kind!r}; supported: {choices(LAYERS)}.")
    known = {item.name: item for item in fields(LAYERS[kind])}  # type: ignore[arg-type]
    unknown = set(options) - set(known) - {"kind"}
    if unknown:
        raise FormatError(f"Layer {prefix!r} has an unknown option {sorted(unknown)[0]!r}.")
    values: dict[str, Any] = {}
    for name, item in known.items():
        key = f"{prefix}/{name}"
        if key in arrays:
            values[name] = arrays[key]
            unused.discard(key)
        elif isinstance(options.get(name), Mapping):
            values[name] = _build_layer(options[name], key, arrays, unused)
        elif name in options:
            expected = int if item.type == "int | None" else type(item.default)
            if options[name] is not None and not isinstance(options[name], expected):
                raise FormatError(f"Option {name!r} of layer {prefix!r} is {options[name]!r}.")
            values[name] = options[name]
        elif item.default is MISSING:
            raise FormatError(f"{WEIGHTS} lacks {key!r}.")
    return LAYERS[kind](**values)


def _typed(mapping: Mapping[str, Any], key: str, kind: type) -> Any:
    value = mapping.get(key)
    if not isinstance(value, kind):
        raise FormatError(f"{key!r} in {DESCRIPTION} is {value!r:.80}, expected a {kind.__name__}.")
    return value


def _texts(mapping: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = _typed(mapping, key, list)
    if not all(isinstance(value, str) for value in values):
        raise FormatError(f"{key!r} in {DESCRIPTION} must be a list of texts.")
    return tuple(values)
