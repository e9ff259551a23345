"""One numpy array file (.npy). The header is parsed here, with every size checked first."""

from __future__ import annotations

import ast
import codecs
import io
import json
import math
import re
import struct
from typing import Any, BinaryIO

from .limits import megabytes
from .messages import DTYPE, Output, itemsize
from .refusal import RefusalError, quoted

MAGIC = b"\x93NUMPY"
TEXTS = re.compile(r"([<>])U([1-9][0-9]{0,5})")  # Unicode of so many characters
# Looked up before the process is confined: a codec is a module that is loaded by its name.
DECODE = {"<": codecs.lookup("utf-32-le").decode, ">": codecs.lookup("utf-32-be").decode}
_KEYS = {"descr", "fortran_order", "shape"}


def unpack(stream: BinaryIO, size: int, output: Output, name: str) -> None:
    """Emit the array of a stream of `size` bytes."""
    what = f"The array {quoted(name)}"
    fixed = stream.read(8)
    if len(fixed) < 8 or not fixed.startswith(MAGIC):
        raise RefusalError(f"{what} is not a complete .npy file.")
    width, layout = (2, "<H") if fixed[6] == 1 else (4, "<I")
    if fixed[6] not in (1, 2, 3):
        raise RefusalError(f"{what} has .npy version {fixed[6]}, expected 1, 2 or 3.")
    raw = stream.read(width)
    length = struct.unpack(layout, raw)[0] if len(raw) == width else 0
    if not 0 < length <= output.limits.npy_header_bytes:
        raise RefusalError(f"{what} has a header of {length} bytes, which is not plausible.")
    dtype, shape, fortran = _header(stream.read(length), what)
    texts = TEXTS.fullmatch(dtype)
    one = 4 * int(texts[2]) if texts else itemsize(dtype)
    expected = math.prod(shape) * one
    remaining = size - len(fixed) - width - length
    if expected != remaining:
        raise RefusalError(
            f"{what} declares shape {shape} of {dtype}, which is {expected} bytes, but holds "
            f"{remaining} bytes; it is damaged or incomplete."
        )
    if texts:
        _texts(stream, shape, one, texts[1], output, name)
        return
    output.copy(stream, output.begin(name, dtype, shape, order="F" if fortran else "C"), what)


def _texts(
    stream: BinaryIO, shape: tuple[int, ...], width: int, order: str, output: Output, name: str
) -> None:
    """Emit an array of texts of `width` bytes each as a JSON list."""
    what = f"The array {quoted(name)}"
    if len(shape) != 1:
        raise RefusalError(f"{what} holds texts in shape {quoted(shape)}, expected a list of them.")
    size = shape[0] * width
    if size > output.limits.text_bytes:
        raise RefusalError(
            f"{what} has {megabytes(size)} of texts; at most "
            f"{megabytes(output.limits.text_bytes)} are read."
        )
    output.count(shape[0])
    output.reserve(what, size)
    raw, decode = stream.read(size), DECODE[order]
    if len(raw) != size:
        raise RefusalError(f"The file ends in the middle of {what}; it is incomplete.")
    try:
        cells = [decode(raw[n : n + width])[0].rstrip("\0") for n in range(0, size, width)]
    except UnicodeDecodeError:
        raise RefusalError(f"{what} holds texts that are not Unicode; it is damaged.") from None
    plain = json.dumps(cells).encode()
    output.text(name, io.BytesIO(plain), len(plain))


def _header(raw: bytes, what: str) -> tuple[str, tuple[int, ...], bool]:
    try:
        header: Any = ast.literal_eval(raw.decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        header = None
    if not isinstance(header, dict) or set(header) != _KEYS:
        raise RefusalError(f"{what} has a header that cannot be read; it is damaged.")
    descr, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
    if isinstance(descr, str) and re.fullmatch(r"[<>|=]?O[48]?", descr):
        raise RefusalError(
            f"{what} holds Python objects, which are never loaded because they can run code; "
            "save it as an array of numbers, e.g. array.astype('float32')."
        )
    known = isinstance(descr, str) and (DTYPE.fullmatch(descr) or TEXTS.fullmatch(descr))
    if not known or descr == "text":
        raise RefusalError(f"{what} holds {quoted(descr)}, expected real numbers such as '<f4'.")
    if (
        not isinstance(shape, tuple)
        or not all(type(n) is int and 0 <= n < 2**62 for n in shape)
        or type(fortran) is not bool
    ):
        raise RefusalError(f"{what} has shape {quoted(shape)}, expected sizes of 0 or more.")
    return descr, shape, fortran
