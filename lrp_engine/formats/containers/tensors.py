"""Safetensors: a JSON header that says where each tensor lies, then the tensors side by side."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, BinaryIO

from .messages import Output, itemsize
from .refusal import RefusalError, quoted

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "bfloat16",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip


def recognizes(head: bytes, size: int) -> bool:
    """Whether the first 9 bytes fit: a header length within the file, then a JSON object."""
    return len(head) > 8 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] <= size - 8


def unpack(stream: BinaryIO, size: int, output: Output, name: str) -> None:
    """Emit the tensors of a stream of `size` bytes, named `name/tensor` (`tensor` without name)."""
    raw = stream.read(8)
    length = struct.unpack("<Q", raw)[0] if len(raw) == 8 else 0
    if not 1 < length <= min(size - 8, output.limits.header_bytes):
        raise RefusalError(
            f"The safetensors header declares {length} bytes, which does not fit a file of "
            f"{size} bytes."
        )
    entries = _entries(stream.read(length))
    output.count(len(entries))
    output.entries_left += len(entries)  # `begin` counts them one by one
    end = 0
    for key, (dtype, shape, begin, stop) in sorted(entries.items(), key=lambda e: e[1][2:]):
        needed = math.prod(shape) * itemsize(dtype)
        if begin != end or stop - begin != needed:
            raise RefusalError(
                f"Tensor {quoted(key)} lies at bytes {begin} to {stop}, expected {end} to "
                f"{end + needed} for shape {tuple(shape)}; gaps and overlaps are not allowed."
            )
        end = stop
        path = f"{name}/{key}" if name else key
        output.copy(stream, output.begin(path, dtype, shape), f"tensor {quoted(key)}")
    if end != size - 8 - length:
        raise RefusalError(
            f"The safetensors file holds {size - 8 - length} bytes of data, its header describes "
            f"{end}; it is damaged or incomplete."
        )


def _entries(raw: bytes) -> dict[str, tuple[str, list[int], int, int]]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise RefusalError("The safetensors header names a tensor twice.")
        return dict(pairs)

    try:
        header = json.loads(raw, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise RefusalError("The safetensors header is not a JSON object; the file is damaged.")
    header.pop("__metadata__", None)
    return {key: _entry(key, value) for key, value in header.items()}


def _entry(key: str, value: Any) -> tuple[str, list[int], int, int]:
    if not isinstance(value, dict):
        value = {}
    dtype, shape, offsets = (value.get(k) for k in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise RefusalError(
            f"Tensor {quoted(key)} holds {quoted(dtype)}; supported: {', '.join(_DTYPES)}."
        )
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2:
        raise RefusalError(f"Tensor {quoted(key)} has no valid shape and offsets in the header.")
    return _DTYPES[dtype], shape, offsets[0], offsets[1]


def _sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 2**62 for n in value)
