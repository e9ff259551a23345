"""Reading of references: `.npz`, CSV or JSON Lines, dictionaries and pairs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.formats.companions.files import plain_list, read_text
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.reference_tables import parse_table
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.input_file import PathOrBytes, is_path_or_bytes, open_file, unpack_file
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.sniff import looks_like

ARRAYS = ("ids", "vectors", "features")
OUTPUTS = ("logits", "probabilities", "outputs", "labels")
_EXPECTED = (
    "expected one array of inputs ('ids' (B, T), 'vectors' (B, T, E) or 'features' (B, D), with "
    "'lengths' (B,) where samples are padded), the 'texts' (B,), or both; and one of outputs "
    "('logits' or 'probabilities' (B, C), 'outputs', which are either, or 'labels' (B,))"
)


def read_reference(value: Any) -> Reference | None:
    """A reference from whatever a caller gives.

    Args:
        value: None, a Reference, a pair (texts, outputs) or (arrays, logits), a mapping with
            the names of a file, or the path or bytes of a `.npz`, CSV or JSON Lines file.

    Raises:
        FormatError: the file is malformed.
        InputError: names or shapes are not those of a reference.
    """
    if value is None or isinstance(value, Reference):
        return value
    if is_path_or_bytes(value):
        return _from_file(value)
    if isinstance(value, Mapping):
        return _from_names(value, "")
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise InputError(
            f"The reference is {type(value).__name__}; give a pair (texts, outputs) or "
            "(inputs, logits), a dictionary or a file (.npz, CSV, JSON Lines)."
        )
    inputs, outputs = value
    texts = _texts(inputs)
    if not texts:
        return Reference(inputs=inputs, outputs=_numbers(outputs))
    return Reference(inputs=None, texts=texts, **_told(outputs))


def _from_file(value: PathOrBytes) -> Reference:
    name = Path(os.fsdecode(value)).name if isinstance(value, (str, os.PathLike)) else ""
    what = "The reference file"
    with open_file(value, what) as (file, size):
        kind, _ = looks_like(file.read(HEAD), size)
        file.seek(0)
        if kind not in ("text", "vectors"):  # a table can look like word vectors
            contents = unpack_file(
                file, size, supported="Expected a reference: .npz, CSV or JSON Lines."
            )
            if contents.kind != "zip":
                raise InputError(f"The reference is no .npz file; {_EXPECTED}.")
            arrays: dict[str, Any] = {**contents.arrays}
            for member, text in contents.texts.items():
                arrays[member] = parse_json(text, f"{what}'s {member!r:.60}")
            named = {member.removesuffix(".npy"): array for member, array in arrays.items()}
            return _from_names(named, name)
    table = parse_table(read_text(value, what), what)
    outputs = np.array(table.outputs, dtype=object if table.kind == "labels" else float)
    return Reference(
        inputs=None, outputs=outputs, kind=table.kind, texts=table.texts,
        columns=table.columns, name=name,
    )  # fmt: skip


def _from_names(named: Mapping[str, Any], name: str) -> Reference:
    given = [key for key in ARRAYS if key in named]
    told = [key for key in OUTPUTS if key in named]
    unknown = set(named) - {*ARRAYS, *OUTPUTS, "lengths", "texts"}
    if len(given) > 1 or not (given or "texts" in named) or len(told) != 1 or unknown:
        names = choices(sorted(map(str, named))[:12]) or "nothing"
        raise InputError(f"The reference holds {names:.300}; {_EXPECTED}.")
    texts: tuple[str, ...] = ()
    lengths = named.get("lengths")
    if "texts" in named:
        texts = _texts(named["texts"])
        if not texts:
            raise InputError("The reference's 'texts' are no list of texts.")
    outputs = named[told[0]]
    return Reference(
        inputs=named[given[0]] if given else None,
        outputs=_labels(outputs) if told[0] == "labels" else _numbers(outputs),
        kind=told[0],
        lengths=None if lengths is None else np.asarray(lengths),
        texts=texts,
        name=name,
    )


def _texts(value: Any) -> tuple[str, ...]:
    """Texts in a list, an array or a pandas column; empty where it is something else."""
    value = plain_list(value)
    if isinstance(value, str):
        return (value,)
    listed = isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value)
    return tuple(value) if listed else ()


def _told(value: Any) -> dict[str, Any]:
    """Outputs of a pair, which does not say what they are."""
    values = plain_list(value)
    flat = isinstance(values, (list, tuple)) and bool(values)
    if flat and all(isinstance(one, (str, int)) for one in values):
        return {"outputs": _labels(values), "kind": "labels"}
    return {"outputs": _numbers(value), "kind": "outputs"}


def _labels(value: Any) -> np.ndarray:
    values = plain_list(value)
    if (
        not isinstance(values, (list, tuple))
        or not values
        or not all(isinstance(one, (str, int)) for one in values)
    ):
        raise InputError("The reference labels are no list of names or numbers of classes.")
    return np.array([int(one) if isinstance(one, bool) else one for one in values], dtype=object)


def _numbers(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError("The reference outputs have rows of different lengths.") from None
    if array.size == 0:
        raise InputError("The reference outputs are empty.")
    if array.dtype.kind not in "fiu":
        raise InputError(f"The reference outputs hold {array.dtype}, expected numbers.")
    if not np.isfinite(array).all():
        raise InputError("The reference outputs hold numbers that are not finite.")
    return array
