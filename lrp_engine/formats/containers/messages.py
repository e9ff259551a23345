"""The framing between child and parent: a kind byte, a length, a payload. Never pickle.

A  an entry begins: JSON {"name", "dtype", "shape", "order"}; a text has dtype "text"
D  the entry's next bytes
G  attributes of a group: JSON {"name", "values"}
Z  the end: JSON {"kind", "names"}
E  the sentence why the file is refused
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

from .limits import Limits, megabytes
from .refusal import RefusalError, quoted

HEADER = struct.Struct("<cQ")
BLOCK = 8 * 2**20
JSON = b"lrp-lens JSON\n"  # before a JSON text, so that it is taken for nothing else
HEAD = 512  # bytes at the start of a file by which it is recognized
# Real numbers of 1 to 8 bytes with a byte order, and two names of our own.
DTYPE = re.compile(r"[<>|](?:[iu]1|[fiu]2|[fiu]4|[fiu]8)|bfloat16|text")


def itemsize(dtype: str) -> int:
    return {"bfloat16": 2, "text": 1}.get(dtype) or int(dtype[-1])


class Output:
    """What the child says. It holds the budgets that are the same for every container.

    Args:
        stream: where messages go.
        limits: the budgets.
        input_bytes: size of the file, for the ratio of output to input.
    """

    def __init__(self, stream: BinaryIO, limits: Limits, input_bytes: int) -> None:
        self.stream, self.limits = stream, limits
        self.bytes_left = limits.output_bytes
        self.ratio_left = max(limits.ratio_floor, limits.ratio * input_bytes)
        self.entries_left = limits.entries

    def message(self, kind: bytes, payload: bytes | memoryview) -> None:
        self.stream.write(HEADER.pack(kind, len(payload)))
        self.stream.write(payload)

    def json(self, kind: bytes, value: dict[str, Any]) -> None:
        self.message(kind, json.dumps(value).encode())

    def count(self, number: int = 1) -> None:
        """Take entries from the budget."""
        self.entries_left -= number
        if self.entries_left < 0:
            raise RefusalError(
                f"The file has more than {self.limits.entries:,} entries; a network has far fewer."
            )

    def reserve(self, what: str, size: int) -> None:
        """Take bytes from the budget before anything of that size is read."""
        if size > self.bytes_left:
            raise RefusalError(
                f"The file declares {megabytes(size)} for {what}; at most "
                f"{megabytes(self.limits.output_bytes)} are read in all."
            )
        if size > self.ratio_left:
            raise RefusalError(
                f"The file declares {megabytes(size)} for {what}, more than "
                f"{self.limits.ratio} times its own size: it looks like a decompression bomb."
            )
        self.bytes_left -= size
        self.ratio_left -= size

    def begin(self, name: str, dtype: str, shape: Sequence[int], *, order: str = "C") -> int:
        """Announce an array or a text; returns the bytes that must follow in `data`."""
        what = f"{quoted(name)} with shape {tuple(shape)}"
        if not DTYPE.fullmatch(dtype):
            raise RefusalError(
                f"Entry {quoted(name)} holds {quoted(dtype)}, expected real numbers."
            )
        if len(shape) > self.limits.dimensions or any(n < 0 for n in shape):
            raise RefusalError(f"The file declares {what[:120]}, which is no shape of a weight.")
        size = math.prod(shape) * itemsize(dtype)
        self.count()
        self.reserve(what, size)
        self.json(b"A", {"name": name, "dtype": dtype, "shape": list(shape), "order": order})
        return size

    def data(self, block: bytes | memoryview) -> None:
        self.message(b"D", block)

    def copy(self, stream: BinaryIO, size: int, what: str) -> None:
        """Pass on `size` bytes of a stream."""
        while size:
            block = stream.read(min(size, BLOCK))
            if not block:
                raise RefusalError(f"The file ends in the middle of {what}; it is incomplete.")
            self.data(block)
            size -= len(block)

    def text(self, name: str, stream: BinaryIO, size: int) -> None:
        if size > self.limits.text_bytes:
            raise RefusalError(
                f"The text {quoted(name)} has {megabytes(size)}; at most "
                f"{megabytes(self.limits.text_bytes)} are read."
            )
        self.begin(name, "text", [size])
        self.copy(stream, size, quoted(name))

    def attributes(self, name: str, values: dict[str, Any]) -> None:
        if values:
            self.json(b"G", {"name": name, "values": values})
