"""The network as files: network.json, weights.safetensors, vocabulary.txt; a folder or a zip.

Words with line breaks are kept in vocabulary.json instead, a list. `network.json` describes the
graph and says which tensor is which weight; nothing in it is code.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.assumption import kept
from lrp_engine.model.layer import NEWER, Layer
from lrp_engine.model.text import TOKENIZERS, Vocabulary

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.reads import Input

FORMAT = "lrp-lens network"
VERSION = 1
DESCRIPTION, WEIGHTS, VOCABULARY = "network.json", "weights.safetensors", "vocabulary.txt"
VOCABULARY_JSON = "vocabulary.json"
VOCABULARIES = "vocabularies.json"  # of several inputs, by their names

# Fields that a Network and network.json share.
NETWORK_FIELDS = ("output", "labels", "features", "assumptions", "source")
# Absent where empty: the hash of networks without them stays what it was.
OPTIONAL_FIELDS = ("warnings", "value_units", "unit_names")
INPUT_SIZES = ("length", "units")  # of inputs, where they are fixed
INPUT_NAMES = ("features", "unit_names")  # of one of several inputs
INPUT_KINDS = ("time", "ids")
TOKENIZER_FIELDS = ("method", "lowercase")  # of `Tokenizer.to_dict`, those always written


def describe(network: Network) -> dict[str, Any]:
    """Everything but weights and vocabulary, as plain JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: _plain(getattr(network, name)) for name in NETWORK_FIELDS},
        "assumptions": list(kept(network.assumptions)),
        **{name: list(value) for name in OPTIONAL_FIELDS if (value := getattr(network, name))},
        **{n: size for n in INPUT_SIZES if (size := getattr(network, n)) is not None},
        **({"time": True} if network.time else {}),
        "tokenizer": network.tokenizer.to_dict(),
        **_describe_unknown(network.vocabulary),
        **({"inputs": [*map(_describe_input, network.several)]} if network.several else {}),
        "layers": [
            {"name": node.name, "inputs": list(node.inputs), **_describe_layer(node.layer)}
            for node in network.nodes
        ],
    }


def weights(network: Network) -> dict[str, np.ndarray]:
    """Arrays by `layer/field`, `layer/inner layer/field` for nested layers."""
    arrays: dict[str, np.ndarray] = {}
    for node in network.nodes:
        _collect(node.layer, node.name, arrays)
    return arrays


def content_hash(network: Network) -> str:
    """SHA-256 (hex) over everything that decides an explanation."""
    arrays = weights(network)
    content = hashlib.sha256(json.dumps(describe(network), sort_keys=True).encode())
    content.update(json.dumps(network.vocabulary and network.vocabulary.tokens).encode())
    if network.several:
        content.update(json.dumps(_vocabularies(network)).encode())
    content.update(network.dtype.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        content.update(f"{name}{array.dtype}{array.shape}".encode())
        content.update(array.tobytes())
    return content.hexdigest()


# Endings of files that hold models of others.
_OTHER_FORMATS = (".keras", ".h5", ".hdf5", ".pt", ".pth", ".onnx", ".npz", ".npy", ".safetensors",
                  ".pkl", ".pickle", ".json")  # fmt: skip


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a folder, or a zip file where the path ends in .zip.

    Raises:
        InputError: a function cuts the texts; the path is empty, or ends as files of other formats.
        OSError: nothing can be written there.
    """
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise InputError(f"The path to save to is {type(path).__name__}; give a text or a Path.")
    if not os.fspath(path):  # Path("") is the current folder
        raise InputError("The path to save to is empty; name a folder or a .zip file.")
    suffix = Path(path).suffix.lower()
    if suffix in _OTHER_FORMATS:
        raise InputError(
            f"A network is saved in the project's own format, a folder or a .zip file, and not as "
            f"{suffix}; leave that ending out, or end the name in .zip."
        )
    if any(one.tokenizer.function is not None for one in network.inputs.values()):
        raise InputError(
            "This network cuts texts by a function of yours, which is code and cannot be saved; "
            f"give `tokenizer` a name instead, one of {choices(TOKENIZERS)}."
        )
    from safetensors.numpy import save as to_safetensors

    files = {
        DESCRIPTION: (json.dumps(describe(network), indent=2, ensure_ascii=False) + "\n").encode(),
        WEIGHTS: to_safetensors(
            {name: np.ascontiguousarray(array) for name, array in weights(network).items()}
        ),
    }
    if network.vocabulary is not None:
        words = network.vocabulary.tokens
        if any("\n" in word or "\r" in word for word in words):
            files[VOCABULARY_JSON] = json.dumps(words, indent=0).encode()
        else:
            files[VOCABULARY] = ("\n".join(words) + "\n").encode()
    if network.several:
        files[VOCABULARIES] = json.dumps(_vocabularies(network)).encode()
    target = Path(path)
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, data in files.items():
                # A fixed date makes equal networks equal files.
                archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data)
        return
    target.mkdir(parents=True, exist_ok=True)
    if network.several or network.vocabulary is not None:
        for name in {VOCABULARY, VOCABULARY_JSON, VOCABULARIES} - set(files):
            (target / name).unlink(missing_ok=True)  # of a network saved here before
    for name, data in files.items():
        (target / name).write_bytes(data)


def _describe_input(one: Input) -> dict[str, Any]:
    return {
        "name": one.name,
        **{kind: True for kind in INPUT_KINDS if getattr(one, kind)},
        **{n: size for n in INPUT_SIZES if (size := getattr(one, n)) is not None},
        **{name: list(value) for name in INPUT_NAMES if (value := getattr(one, name))},
        "tokenizer": one.tokenizer.to_dict(),
        **_describe_unknown(one.vocabulary),
    }


def _vocabularies(network: Network) -> dict[str, list[str]]:
    """Words by the input that reads them."""
    return {one.name: list(one.vocabulary.tokens) for one in network.several if one.vocabulary}


def _describe_unknown(vocabulary: Vocabulary | None) -> dict[str, str]:
    if vocabulary is None or vocabulary.unknown_token is None:
        return {}
    return {"unknown_token": vocabulary.unknown_token}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _describe_layer(layer: Layer) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": layer.kind}
    for item in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, item.name)
        if isinstance(value, Layer):
            entry[item.name] = _describe_layer(value)
        elif not isinstance(value, np.ndarray) and not (
            item.metadata.get(NEWER) and value == item.default
        ):
            entry[item.name] = value
    return entry


def _collect(layer: Layer, prefix: str, found: dict[str, np.ndarray]) -> None:
    for item in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, item.name)
        if isinstance(value, Layer):
            _collect(value, f"{prefix}/{item.name}", found)
        elif isinstance(value, np.ndarray):
            found[f"{prefix}/{item.name}"] = value
