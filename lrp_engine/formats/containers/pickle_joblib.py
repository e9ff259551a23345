"""What joblib.dump writes: a pickle whose arrays stand behind the step that describes them.

Where it is compressed, zlib is read, which joblib takes for `compress=`; the others are named and
refused like any archive.
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from .limits import Limits, megabytes
from .messages import BLOCK, itemsize
from .pickle_dtypes import DType
from .pickle_numpy import NDARRAY, Array
from .pickle_values import Bounded, Constructible, Streamed
from .refusal import RefusalError

_LEVELS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # how zlib begins
_KEYS = {"subclass", "shape", "order", "dtype", "allow_mmap"}
_ALIGNMENT = "numpy_array_alignment_bytes"


class ArrayFollows(Streamed):
    """joblib's NumpyArrayWrapper: behind its state come the array's bytes.

    An array of objects comes as a pickle of its own.
    """

    title = "an array of joblib"

    def build(self, state: Any) -> None:
        if (
            not isinstance(state, dict)
            or set(state) - {_ALIGNMENT} != _KEYS
            or state["subclass"] is not NDARRAY
            or not isinstance(state["dtype"], DType)
            or state["order"] not in ("C", "F")
        ):
            raise RefusalError(
                "The file of joblib describes an array in a form that is not known; save it with "
                "numpy.savez."
            )
        self.state = state

    def read(self, stream: Bounded, nested: Callable[[], Any]) -> Any:
        shape, dtype = self.state["shape"], self.state["dtype"]
        if dtype.code == "O":
            value = nested()
            if not isinstance(value, Array) or value.plain is None:
                raise RefusalError("The file of joblib holds objects where an array should be.")
            return value
        if self.state.get(_ALIGNMENT) is not None:
            stream.read(stream.read(1)[0])
        array = Array()
        array.fill(shape, dtype, self.state["order"] == "F", stream.read(_size(shape, dtype)))
        return array


def _size(shape: Any, dtype: DType) -> int:
    """Bytes of an array; 0 for a shape that `Array.fill` refuses."""
    if type(shape) is not tuple or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        return 0
    return math.prod(shape) * (itemsize(dtype.name) if dtype.numeric else dtype.width)


def joblib_names() -> dict[tuple[str, str], Any]:
    """The class, by the two modules it has been in."""
    made = Constructible("joblib's NumpyArrayWrapper", ArrayFollows)
    modules = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
    return {(module, "NumpyArrayWrapper"): made for module in modules}


def inflated_head(head: bytes) -> bytes:
    """The first bytes of a file, inflated where they are those of zlib."""
    if not head.startswith(_LEVELS):
        return head
    try:
        return zlib.decompressobj().decompress(head, len(head)) or head
    except zlib.error:
        return head


def inflated(stream: BinaryIO, size: int, limits: Limits) -> tuple[BinaryIO, int]:
    """The stream and its size, both as they are where it is not compressed.

    Raises:
        RefusalError: it is damaged, or inflates to more than the limits allow.
    """
    head = stream.read(2)
    stream.seek(0)
    if head not in _LEVELS:
        return stream, size
    most = min(limits.inflated_bytes, max(limits.ratio_floor, limits.ratio * size))
    whole, machine = io.BytesIO(), zlib.decompressobj()
    while not machine.eof:
        block = machine.unconsumed_tail or stream.read(BLOCK)
        if not block:
            raise RefusalError("The compressed file ends in the middle; it is incomplete.")
        whole.write(machine.decompress(block, BLOCK))
        if whole.tell() > most:
            raise RefusalError(
                f"The file inflates to more than {megabytes(most)}: it looks like a decompression "
                "bomb."
            )
    if machine.unused_data or stream.read(1):
        raise RefusalError("The compressed file goes on after its end; it is damaged.")
    inflated_size = whole.tell()
    whole.seek(0)
    return whole, inflated_size
