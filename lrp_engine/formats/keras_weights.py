"""Which arrays of a Keras file belong to which layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras_graph import Graph

# The arrays of a layer by its name, in the order of Keras: kernel, recurrent kernel, bias; the
# forward direction before the backward one.
Weights = Callable[[str], list[np.ndarray]]


def archive_weights(contents: Contents, member: str, graph: Graph) -> Weights:
    """Weights of a .keras archive.

    There a group is named after the layer's class and the attribute `name` of its `vars` is the
    layer's own name. Files that lack it are joined by repeating the numbering of the groups.
    """
    groups: dict[str, dict[str, np.ndarray]] = {}
    start = f"{member}/"
    for path, array in contents.arrays.items():
        # Early versions wrote backslashes, and another name for the list of layers.
        parts = path.removeprefix(start).replace("\\", "/").split("/")
        if path.startswith(start) and parts[0] in ("layers", "_layer_checkpoint_dependencies"):
            groups.setdefault(parts[1], {})["/".join(parts[2:])] = array
    by_name = _names_in_file(contents, start, groups) or _names_by_class(graph)
    return lambda name: _ordered(groups.get(by_name.get(name, ""), {}))


def _names_in_file(
    contents: Contents, start: str, groups: Mapping[str, object]
) -> dict[str, str] | None:
    """Layer name -> group, None unless every group with weights has a name of its own."""
    found = {}
    for group in groups:
        name = contents.attributes.get(f"{start}layers/{group}/vars", {}).get("name")
        if not isinstance(name, str) or name in found:
            return None
        found[name] = group
    return found


def _names_by_class(graph: Graph) -> dict[str, str]:
    """Layer name -> group as Keras numbers them: bidirectional, bidirectional_1, ..."""
    counts: dict[str, int] = {}
    found = {}
    for name, kind in graph.all_kinds:
        base = _snake(kind)
        number = counts.get(base, 0)
        counts[base] = number + 1
        found[name] = f"{base}_{number}" if number else base
    return found


def _snake(name: str) -> str:
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _ordered(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """`forward_layer/cell/vars/0` ... before `backward_layer/...`; random seeds are left out."""

    def place(path: str) -> tuple[bool, str, int]:
        *folders, last = path.split("/")
        return "backward_layer" in folders, "/".join(folders), int(last) if last.isdigit() else 0

    weights = [path for path in arrays if "seed_generator" not in path]
    return [arrays[path] for path in sorted(weights, key=place)]


def legacy_weights(contents: Contents) -> Weights:
    """Weights of a whole-model HDF5 file, which lists them by layer, in order."""

    def weights(name: str) -> list[np.ndarray]:
        group = f"model_weights/{name}"
        paths = [f"{group}/{path}" for path in _listed(contents, group, "weight_names")]
        missing = [path for path in paths if path not in contents.arrays]
        if missing:
            raise FormatError(f"The file lists weights {missing[0]!r:.120} but does not hold them.")
        return [contents.arrays[path] for path in paths if "seed_generator" not in path]

    return weights


def _listed(contents: Contents, group: str, key: str) -> list[str]:
    """A list attribute; a long one is split into key0, key1, ..."""
    attributes = contents.attributes.get(group, {})
    parts = [attributes[key]] if key in attributes else []
    while f"{key}{len(parts)}" in attributes:
        parts.append(attributes[f"{key}{len(parts)}"])
    return [name for part in parts for name in (part or [])]
