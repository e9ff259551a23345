"""The project's own format: network.json, weights.safetensors, vocabulary.txt; a folder or a zip.

`network.json` describes the graph and says which tensor is which weight; nothing in it is code.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, InputError, choices
from lrp_engine.layers import LAYERS, Layer
from lrp_engine.network import Network, Node
from lrp_engine.text import Tokenizer, Vocabulary

FORMAT = "lrp-lens network"
VERSION = 1
DESCRIPTION, WEIGHTS, VOCABULARY = "network.json", "weights.safetensors", "vocabulary.txt"

# Fields that a Network, a Tokenizer and network.json share.
_NETWORK_FIELDS = ("output", "labels", "features", "assumptions", "source")
_WARNINGS = "warnings"
_TOKENIZER_FIELDS = ("method", "lowercase")
# Written where they are not the default; read where they are written.
_TOKENIZER_OPTIONS: dict[str, type] = {"standardize": str, "length": int, "pad": bool}


def describe(network: Network) -> dict[str, Any]:
    """Everything but the numbers and the words, as plain JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: _plain(getattr(network, name)) for name in _NETWORK_FIELDS},
        # Only where there are such: it is in the hash, which other networks have had before.
        **({_WARNINGS: list(network.warnings)} if network.warnings else {}),
        "tokenizer": _describe_tokenizer(network.tokenizer),
        **_describe_unknown(network.vocabulary),
        "layers": [
            {"name": node.name, "inputs": list(node.inputs), **_describe_layer(node.layer)}
            for node in network.nodes
        ],
    }


def weights(network: Network) -> dict[str, np.ndarray]:
    """Arrays by `layer/field`, `layer/inner layer/field` for nested layers."""
    found: dict[str, np.ndarray] = {}
    for node in network.nodes:
        _collect(node.layer, node.name, found)
    return found


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a folder, or a zip file where the path ends in .zip.

    Raises:
        InputError: a word holds a line break, which the vocabulary file cannot keep; the path is
            empty.
        OSError: nothing can be written there.
    """
    if not os.fspath(path):  # Path("") is the current folder
        raise InputError("The path to save to is empty; name a folder or a .zip file.")
    from safetensors.numpy import save as to_safetensors

    files = {
        DESCRIPTION: (json.dumps(describe(network), indent=2, ensure_ascii=False) + "\n").encode(),
        WEIGHTS: to_safetensors(
            {name: np.ascontiguousarray(array) for name, array in weights(network).items()}
        ),
    }
    if network.vocabulary is not None:
        broken = [token for token in network.vocabulary.tokens if "\n" in token or "\r" in token]
        if broken:
            raise InputError(f"The word {broken[0]!r} holds a line break and cannot be saved.")
        files[VOCABULARY] = ("\n".join(network.vocabulary.tokens) + "\n").encode()
    target = Path(path)
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, data in files.items():
                # A fixed date makes equal networks equal files.
                archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data)
        return
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (target / name).write_bytes(data)


def parts(
    description: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    vocabulary: tuple[str, ...] | None,
) -> dict[str, Any]:
    """The arguments of the `Network` that `describe` and `weights` came from.

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
    tokenizer = _typed(description, "tokenizer", dict)
    return {
        "nodes": nodes,
        "vocabulary": None if vocabulary is None else Vocabulary(vocabulary, _unknown(description)),
        "tokenizer": Tokenizer(
            method=_typed(tokenizer, "method", str),
            lowercase=_typed(tokenizer, "lowercase", bool),
            **{
                name: _typed(tokenizer, name, kind)
                for name, kind in _TOKENIZER_OPTIONS.items()
                if name in tokenizer
            },
        ),
        "output": _typed(description, "output", str),
        "source": _typed(description, "source", str),
        **{name: _texts(description, name) for name in ("labels", "features", "assumptions")},
        _WARNINGS: _texts(description, _WARNINGS) if _WARNINGS in description else (),
    }


def build(
    description: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    vocabulary: tuple[str, ...] | None,
    *,
    dtype: str = "float32",
) -> Network:
    """The network that `describe` and `weights` came from; raises FormatError as `parts` does."""
    return Network(**parts(description, arrays, vocabulary), dtype=dtype)


def _describe_tokenizer(tokenizer: Tokenizer) -> dict[str, Any]:
    options = {name: getattr(tokenizer, name) for name in _TOKENIZER_OPTIONS}
    usual = Tokenizer()
    return {
        **{name: getattr(tokenizer, name) for name in _TOKENIZER_FIELDS},
        **{name: value for name, value in options.items() if value != getattr(usual, name)},
    }


def _describe_unknown(vocabulary: Vocabulary | None) -> dict[str, str]:
    if vocabulary is None or vocabulary.unknown_token is None:
        return {}
    return {"unknown_token": vocabulary.unknown_token}


def _unknown(description: Mapping[str, Any]) -> str | None:
    return _typed(description, "unknown_token", str) if "unknown_token" in description else None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _describe_layer(layer: Layer) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": layer.kind}
    for item in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, item.name)
        if isinstance(value, Layer):
            entry[item.name] = _describe_layer(value)
        elif not isinstance(value, np.ndarray):
            entry[item.name] = value
    return entry


def _collect(layer: Layer, prefix: str, found: dict[str, np.ndarray]) -> None:
    for item in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, item.name)
        if isinstance(value, Layer):
            _collect(value, f"{prefix}/{item.name}", found)
        elif isinstance(value, np.ndarray):
            found[f"{prefix}/{item.name}"] = value


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
            expected = type(item.default)
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
