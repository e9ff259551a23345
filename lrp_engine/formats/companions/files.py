"""Values that a caller gives directly, as JSON, or in a file of texts, arrays or a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.embeddings import is_vectors
from lrp_engine.formats.containers import allowance
from lrp_engine.formats.containers.limits import LIMITS, megabytes
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.containers.sandbox import PICKLED
from lrp_engine.formats.input_file import (
    PathOrBytes,
    is_path_or_bytes,
    open_file,
    unpack_file,
)
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.sniff import CONTAINER_KINDS, looks_like


def unpickled(value: Any, what: str) -> Any:
    """What a pickle or PyTorch file holds; a text file and any other value as they are.

    Raises:
        FormatError: it is another kind of file.
    """
    if not is_path_or_bytes(value):
        return value
    with open_file(value, what) as (file, size):
        kind, _ = looks_like(file.read(HEAD), size)
        if kind not in CONTAINER_KINDS or kind == "vectors":
            return value
        file.seek(0)
        contents = unpack_file(file, size)
    if contents.kind not in PICKLED:
        raise FormatError(
            f"{what} is a file of arrays ({contents.kind}), expected a text, JSON, a pickle or "
            "what torch.save or joblib.dump wrote."
        )
    return contents.value


def read_text(source: PathOrBytes, what: str) -> str:
    """A text in UTF-8."""
    with open_file(source, what) as (file, size):
        if size > LIMITS.text_bytes:
            raise FormatError(
                f"{what} has {megabytes(size)}; at most {megabytes(LIMITS.text_bytes)} are read."
            )
        text = file.read()
        allowance.take_text(text)
        try:
            return text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FormatError(f"{what} is not text in UTF-8; save it in UTF-8.") from None


def read_json(value: Any, what: str) -> Any:
    """A value as it is, or what a JSON text, file or bytes says."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return parse_json(value, what)
    return parse_json(read_text(value, what), what) if is_path_or_bytes(value) else value


def plain_list(value: Any) -> Any:
    """Arrays and pandas columns as lists of plain values; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def read_embeddings(source: PathOrBytes) -> Any:
    """An array, or a dictionary from words to vectors."""
    what = "The embeddings file"
    with open_file(source, what) as (file, size):
        head = file.read(HEAD)
        if head.lstrip()[:1] == b"{" and looks_like(head, size)[0] == "text":
            return parse_json(read_text(source, what), what)
        file.seek(0)
        contents = unpack_file(file, size)
    arrays = {name.removesuffix(".npy"): array for name, array in contents.arrays.items()}
    if contents.kind in PICKLED:
        if isinstance(contents.value, (np.ndarray, Mapping)):
            return contents.value
    elif contents.kind in ("npy", "zip") and len(arrays) == 1:
        return next(iter(arrays.values()))
    elif contents.kind == "zip" and is_vectors(arrays):
        return arrays
    raise FormatError(
        f"{what} holds {len(arrays)} arrays, expected a .npy or .npz file, a pickle or a "
        "PyTorch file with one array of shape (vocabulary, units), or with one vector per word."
    )
