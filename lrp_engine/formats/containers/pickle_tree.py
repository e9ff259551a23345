"""What a pickle held, as messages: arrays one by one, everything else as one JSON text.

In the text a list is a list, a dictionary `{"items": [[key, value], ...]}`, an object of a known
class `{"object": what it is, "items": ...}`, an array `{"array": name}`; a dictionary from words to
vectors of one length is `{"rows": name, "keys": [...]}`, with one row per word.
"""

from __future__ import annotations

import array
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .messages import Output
from .pickle_numpy import Array
from .pickle_objects import Known
from .pickle_values import ByteText, StandIn
from .refusal import RefusalError, quoted

TREE = "tree"  # the name of the text
_VECTOR = 4  # so many numbers in a list, one with a decimal point, are an array
_ROWS = 16  # so many equal vectors in a dictionary are one array


class Tree:
    """Emits one value.

    Args:
        output: where to.
        skip: keys of the outermost dictionary that are left out.
    """

    def __init__(self, output: Output, skip: Callable[[str], bool] = lambda key: False) -> None:
        self._output, self._skip = output, skip
        self._values_left = output.limits.values
        self._text_left = output.limits.text_bytes
        self._arrays: set[str] = set()

    def emit(self, value: Any) -> None:
        if isinstance(value, dict):
            value = {k: v for k, v in value.items() if not (isinstance(k, str) and self._skip(k))}
        text = json.dumps(self._plain(value, "", "", 0), separators=(",", ":")).encode()
        self._output.text(TREE, io.BytesIO(text), len(text))

    def _plain(self, value: Any, above: str, key: Any, depth: int) -> Any:
        """The JSON value of an entry in a container; arrays are emitted on the way."""
        self._take(1, 8)
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            if not -(2**63) <= value < 2**64:
                raise RefusalError("The pickle holds a whole number with more than 64 bits.")
            return value
        if isinstance(value, (str, bytes, bytearray)):
            self._take(0, 2 * len(value))
            return _text(value)
        path = _join(above, key)
        if depth >= self._output.limits.nesting:
            raise RefusalError(
                f"The pickle nests values deeper than {self._output.limits.nesting}, or in a "
                "circle."
            )
        if isinstance(value, dict):
            return self._dictionary(value, path, depth)
        if isinstance(value, Known):
            return {"object": value.title, **self._dictionary(value.entries(), path, depth)}
        if isinstance(value, Array) and value.plain is not None:
            if not value.shape:
                return self._plain(value.plain[0], above, key, depth)
            value = value.plain
        if isinstance(value, (list, tuple)):
            vector = _vector(value)
            if vector is None:
                return [self._plain(v, path, n, depth + 1) for n, v in enumerate(value)]
            value = vector
        if hasattr(value, "emit"):
            return {"array": self._array(value, path)}
        what = value.title if isinstance(value, StandIn) else type(value).__name__
        raise RefusalError(
            f"The pickle holds {what} at {quoted(path)}, which is neither an array nor a plain "
            "value."
        )

    def _dictionary(self, value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
        rows = _rows(value, min(self._output.bytes_left, self._output.ratio_left))
        if rows is not None:
            self._take(len(value), 2 * sum(map(len, value)))
            return {"rows": self._array(rows, path), "keys": [_text(key) for key in value]}
        items = []
        for key, entry in value.items():
            plain = self._plain(key, path, "", depth + 1)
            items.append([plain, self._plain(entry, path, plain, depth + 1)])
        return {"items": items}

    def _array(self, value: Any, path: str) -> str:
        name = path or "array"
        if name in self._arrays:
            name = f"{name} ({len(self._arrays)})"
        self._arrays.add(name)
        value.emit(self._output, name)
        return name

    def _take(self, values: int, characters: int) -> None:
        self._values_left -= values
        self._text_left -= characters
        if self._values_left < 0 or self._text_left < 0:
            raise RefusalError(
                f"The pickle holds more than {self._output.limits.values:,} plain values or "
                "endless repetitions of fewer; save arrays instead of lists of numbers."
            )


def _join(path: str, key: Any) -> str:
    text = f"{path}/{key}" if path else f"{key}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _text(value: str | bytes | bytearray) -> str:
    raw = value.encode("latin-1") if isinstance(value, ByteText) else value
    if isinstance(raw, (bytes, bytearray)):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    return raw.encode("utf-8", "replace").decode()


def _vector(value: list[Any] | tuple[Any, ...]) -> Array | None:
    """A list of numbers, some with a decimal point, as an array."""
    if len(value) < _VECTOR or {*map(type, value)} not in ({float}, {int, float}):
        return None
    try:
        return _packed(array.array("d", value).tobytes(), "<f8", (len(value),))
    except OverflowError:
        return None


def _rows(value: dict[Any, Any], budget: int) -> Array | None:
    """Vectors of one length and type by words, as one array within the budget of bytes."""
    if len(value) < _ROWS or not all(isinstance(key, (str, bytes)) for key in value):
        return None
    vectors: list[Array] = []
    for entry in value.values():
        vector: Any = _vector(entry) if isinstance(entry, (list, tuple)) else entry
        if not isinstance(vector, Array) or vector.plain is not None or len(vector.shape) != 1:
            return None
        vectors.append(vector)
    first = vectors[0]
    if any(v.dtype != first.dtype or v.shape != first.shape for v in vectors):
        return None
    if len(vectors) * len(first.data) > budget:
        return None
    return _packed(b"".join(v.data for v in vectors), first.dtype, (len(value), *first.shape))


def _packed(data: bytes, dtype: str, shape: tuple[int, ...]) -> Array:
    array = Array()
    array.dtype, array.shape, array.data = dtype, shape, data
    return array


@dataclass(frozen=True)
class PickledObject:
    """What a file says of an object of a known class.

    Attributes:
        title: what it is, a name in `pickle_objects`.
        state: its attributes that are of use, as plain values.
    """

    title: str
    state: Mapping[str, Any]


def restored(text: str, arrays: Mapping[str, Any]) -> Any:
    """The value that was emitted as a text and arrays."""

    def value(plain: Any) -> Any:
        if isinstance(plain, list):
            return [value(entry) for entry in plain]
        if not isinstance(plain, dict):
            return plain
        if "array" in plain:
            return arrays[plain["array"]]
        if "rows" in plain:
            return dict(zip(plain["keys"], arrays[plain["rows"]], strict=True))
        items = {key: value(entry) for key, entry in plain["items"]}
        return PickledObject(plain["object"], items) if "object" in plain else items

    return value(json.loads(text))
