"""Protocol buffers and the tables of TensorFlow's checkpoints, as far as their wire formats go.

Sources: protobuf.dev/programming-guides/encoding; tensorflow/core/lib/io/table_format.txt.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .messages import Output
from .refusal import RefusalError

Field = int | bytes
_FIXED = {1: 8, 5: 4}  # wire type -> bytes
_FOOTER, _MAGIC = 48, struct.pack("<Q", 0xDB4775248B80FB57)
_TRAILER = 5  # behind every block: its compression and a checksum


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next thing begins; ValueError where it ends."""
    value = 0
    for n, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return value, at + n + 1
    raise ValueError("a number does not end")


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """Number and value of each field: a whole number, or the bytes of anything else.

    Raises:
        ValueError: the message is broken.
    """
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, at = varint(message, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise ValueError("a field of an unknown kind")
        if size > len(message) - at:
            raise ValueError("a field ends behind its message")
        yield tag >> 3, message[at : at + size]
        at += size


def table(data: bytes, output: Output) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a sorted table, such as `variables.index`.

    Raises:
        ValueError: it is broken.
        RefusalError: it is compressed, which TensorFlow does not do.
    """
    if len(data) < _FOOTER or not data.endswith(_MAGIC):
        raise ValueError("no footer")
    at = len(data) - _FOOTER
    for _ in range(2):  # the size of what describes the table, then where the index lies
        _, at = varint(data, at)
    for _, place in _entries(_block(data, *_handle(data, at)), output):
        yield from _entries(_block(data, *_handle(place, 0)), output)


def _handle(data: bytes, at: int) -> tuple[int, int]:
    start, at = varint(data, at)
    return start, varint(data, at)[0]


def _block(data: bytes, start: int, size: int) -> bytes:
    if start + size + _TRAILER > len(data) - _FOOTER:
        raise ValueError("a block ends behind its file")
    if data[start + size] != 0:
        raise RefusalError("The index of the variables is compressed, which is not read.")
    return data[start : start + size]


def _entries(block: bytes, output: Output) -> Iterator[tuple[bytes, bytes]]:
    """Each key repeats some first bytes of the key before it."""
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise ValueError("a block is shorter than its list of restarts")
    at, key = 0, b""
    while at < end:
        output.count()
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + own + size > end:
            raise ValueError("an entry ends behind its block")
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + size]
        at += size
