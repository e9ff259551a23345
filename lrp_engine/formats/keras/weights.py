"""Which arrays of a Keras file belong to which layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras.graph import MODELS, Graph, Listed

# The arrays of a layer by its path (names of the models it lies in, and its own), in the order of
# Keras: kernel, recurrent kernel, bias; the forward direction before the backward one.
Weights = Callable[[tuple[str, ...]], list[np.ndarray]]

# Early versions called the list of layers otherwise.
_LISTS = ("layers", "_layer_checkpoint_dependencies")


def archive_folders(
    contents: Contents, start: str, graph: Graph, *, strict: bool = True
) -> dict[tuple[str, ...], str]:
    """The group of each layer by its path, in a .keras archive or .weights.h5 file.

    There a group is named after the layer's class, and the attribute `name` of its `vars` is the
    layer's own name. Files that lack it are joined by repeating the numbering of the groups; so are
    weights whose model is described apart (`strict` False) and has other names.
    """
    tree = _tree(contents, start)
    folders: dict[tuple[str, ...], str] = {(): ""}
    for path, listed in graph.levels.items():
        if path not in folders:
            continue
        here = tree
        for part in filter(None, folders[path].split("/")):
            here = here.get(part, {})
        group_of_all = next((name for name in _LISTS if name in here), _LISTS[0])
        base = f"{folders[path]}/{group_of_all}".lstrip("/")
        groups = here.get(group_of_all, {})
        names = _names_in_file(contents, f"{start}{base}", groups)
        wanted = {entry.name for entry in listed if entry.has_arrays}
        if names is None or not (strict or wanted <= set(names)):
            names = _names_by_class(listed, groups)
        for name, group in names.items():
            folders[(*path, name)] = f"{base}/{group}"
    return folders


def archive_weights(
    contents: Contents, start: str, folders: Mapping[tuple[str, ...], str]
) -> Weights:
    """Weights of a .keras archive or .weights.h5 file, whose paths begin with `start`."""
    tree = _tree(contents, start)

    def weights(path: tuple[str, ...]) -> list[np.ndarray]:
        here: Any = tree
        for part in folders.get(path, "?").split("/"):
            here = here.get(part, {}) if isinstance(here, dict) else {}
        return _ordered(dict(_leaves(here)))

    return weights


def _tree(contents: Contents, start: str) -> dict[str, Any]:
    """Arrays as nested groups; groups without arrays are there where they have attributes."""
    tree: dict[str, Any] = {}
    for path in (*contents.attributes, *contents.arrays):
        if not path.startswith(start):
            continue
        # Early versions wrote backslashes.
        *groups, last = path.removeprefix(start).replace("\\", "/").split("/")
        here = tree
        for group in groups:
            here = here.setdefault(group, {})
            if not isinstance(here, dict):
                raise FormatError(f"The file holds {path!r:.120} inside an array.")
        if path in contents.arrays:
            here[last] = contents.arrays[path]
        elif not isinstance(here.setdefault(last, {}), dict):
            raise FormatError(f"The file holds {path!r:.120} twice.")
    return tree


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def _names_in_file(
    contents: Contents, start: str, groups: Mapping[str, object]
) -> dict[str, str] | None:
    """Layer name -> group, None unless every group with weights has a name of its own."""
    names: dict[str, str] = {}
    for group, inside in groups.items():
        name = contents.attributes.get(f"{start}/{group}/vars", {}).get("name")
        if isinstance(name, str) and name not in names:
            names[name] = group
        elif isinstance(inside, dict) and any(True for _ in _leaves(inside)):
            return None
    return names or None


def _names_by_class(listed: tuple[Listed, ...], groups: Mapping[str, object]) -> dict[str, str]:
    """Layer name -> group as Keras numbers them: bidirectional, bidirectional_1, ...

    Keras 2.12 and 2.13 count a functional model's layers with weights twice: dense, dense_2,
    dense_4. There the groups that hold weights are those of the layers that have some, in order.
    """
    counts: dict[str, int] = {}
    names = {}
    for entry in listed:
        base = snake(entry.kind)
        number = counts.get(base, 0)
        counts[base] = number + 1
        names[entry.name] = f"{base}_{number}" if number else base
    for base in counts:
        held = sorted(
            (int(found[1] or 0), group)
            for group, inside in groups.items()
            if (found := re.fullmatch(rf"{base}(?:_(\d{{1,6}}))?", group))
            and isinstance(inside, dict)
            and any(True for _ in _leaves(inside))
        )
        wanted = [one.name for one in listed if one.has_arrays and snake(one.kind) == base]
        if len(held) == len(wanted):
            names |= {name: group for name, (_, group) in zip(wanted, held, strict=True)}
    return names


def snake(name: str) -> str:
    """A class's name as Keras makes a group's or a layer's of it."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


# Of MultiHeadAttention, in its own order.
_HEADS = ("query_dense", "key_dense", "value_dense", "output_dense")


def _ordered(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """`forward_layer/cell/vars/0` ... before `backward_layer/...`; random seeds are left out."""

    def place(path: str) -> tuple[bool, int, str, int]:
        *folders, last = path.split("/")
        head = next((n for n, name in enumerate(_HEADS) if name in folders), 0)
        number = int(last) if last.isdigit() else 0
        return "backward_layer" in folders, head, "/".join(folders), number

    weights = [path for path in arrays if "seed_generator" not in path]
    return [arrays[path] for path in sorted(weights, key=place)]


def legacy_weights(contents: Contents, start: str, graph: Graph) -> Weights:
    """Weights of an older HDF5 file, which lists them by layer, in order.

    `start` is "model_weights/" in a whole-model file, "" where there are only weights. There the
    layers of the model are paired with those of the file by their order where names differ.
    """
    top = graph.levels[()]
    with_arrays = [entry.name for entry in top if entry.has_arrays]
    groups = {entry.name: entry.name for entry in top}
    if not start:
        in_file = [
            name
            for name in _listed(contents, "", "layer_names")
            if _listed(contents, name, "weight_names")
        ]
        if set(in_file) != set(with_arrays):
            if len(in_file) != len(with_arrays):
                raise FormatError(
                    f"The file holds weights of {len(in_file)} layers ({_some(in_file)}), the "
                    f"model describes {len(with_arrays)} with weights ({_some(with_arrays)})."
                )
            groups |= dict(zip(with_arrays, in_file, strict=True))

    def weights(path: tuple[str, ...]) -> list[np.ndarray]:
        group = f"{start}{groups[path[0]]}"
        listed = _listed(contents, group, "weight_names")
        if len(path) > 1:
            listed = _of_inner(listed, path, graph)
        paths = [f"{group}/{weight}" for weight in listed if "seed_generator" not in weight]
        missing = [weight for weight in paths if weight not in contents.arrays]
        if missing:
            raise FormatError(f"The file lists weights {missing[0]!r:.120} but does not hold them.")
        return [contents.arrays[weight] for weight in paths]

    return weights


def _of_inner(listed: list[str], path: tuple[str, ...], graph: Graph) -> list[str]:
    """The weights of one layer of an inner model, whose weights are listed together.

    A weight's name holds its layer's: `inner/dense/kernel`, `lstm_1/lstm_cell/kernel:0`.
    """
    inside = [
        entry.name
        for level, listed_there in graph.levels.items()
        for entry in listed_there
        if level[:1] == path[:1] and entry.kind not in MODELS
    ]
    if len(set(inside)) != len(inside):
        raise FormatError(
            f"The model {path[0]!r} inside holds layers of the same name, so that their weights "
            "cannot be told apart; save the model as .keras."
        )

    def owner(weight: str) -> str:
        owners = [part for part in weight.split("/")[:-1] if part in inside]
        if not owners:
            raise FormatError(
                f"It is not clear to which layer of the model {path[0]!r} the weights "
                f"{weight!r:.120} belong; save the model as .keras."
            )
        return owners[0]

    return [weight for weight in listed if owner(weight) == path[-1]]


def _some(names: list[str]) -> str:
    return ", ".join(f"{name!r:.40}" for name in names[:8]) or "none"


def _listed(contents: Contents, group: str, key: str) -> list[str]:
    """A list attribute; a long one is split into key0, key1, ..."""
    attributes = contents.attributes.get(group, {})
    parts = [attributes[key]] if key in attributes else []
    while f"{key}{len(parts)}" in attributes:
        parts.append(attributes[f"{key}{len(parts)}"])
    return [name for part in parts for name in (part or [])]
