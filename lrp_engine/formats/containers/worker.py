"""The child: stdin is the file, stdout the messages. Started by path, see `sandbox`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import BinaryIO

if __name__ == "__main__":  # only this folder becomes importable, as a package of its own
    sys.path.append(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    from containers import worker  # type: ignore[import-not-found]

    worker.main(*sys.argv[1:])

from . import (
    confinement,
    hdf5,
    json_texts,
    npy,
    onnx_files,
    pickles,
    process,
    subword_files,
    tensors,
    torch_files,
    word_vectors,
    zips,
)
from .limits import Limits
from .messages import HEAD, Output
from .refusal import RefusalError

_TITLES = {
    "hdf5": "HDF5",
    "onnx": "ONNX",
    "npy": "numpy",
    "torch": "PyTorch",
    "vectors": "word vector",
    "subwords": "tokenizer",
}
_DAMAGED = "The file is damaged: its {} structure is broken; save or upload it again."


def main(limits_json: str, expected: str = "") -> None:
    """Read the file on stdin within the limits given; say what it holds, or why not.

    Args:
        expected: "subwords" for a tokenizer.json, which looks like any JSON.
    """
    limits = Limits.from_json(limits_json)
    stream = os.fdopen(0, "rb", closefd=False)
    size = os.fstat(0).st_size
    process.apply(limits, size)
    output = Output(os.fdopen(1, "wb", closefd=False), limits, size)
    read(stream, size, output, expected, confinement.confine)
    output.stream.flush()
    os._exit(0)  # not through the destructors of a library that has read nonsense


def read(
    stream: BinaryIO, size: int, output: Output, expected: str, confine: Callable[[], object]
) -> None:
    """Say what a file holds, or why not; `confine` is called before anything of it is parsed."""
    kind = "file"
    try:
        head = stream.read(HEAD)
        named = subword_files.MODULES if expected == "subwords" else _modules(head, stream, size)
        process.load(named)
        stream.seek(0)
        confine()
        names: list[str] = []
        if expected == "subwords":
            kind = expected
            subword_files.unpack(stream, size, output)
        elif head.startswith(hdf5.MAGIC):
            kind = "hdf5"
            hdf5.unpack(stream, size, output, "")
        elif head.startswith(zips.MAGIC):
            kind = "zip"
            kind, names = zips.unpack(stream, size, output)
        elif json_texts.recognizes(head):
            kind = "JSON"
            kind = json_texts.unpack(stream, size, output)
        elif head.startswith(npy.MAGIC):
            kind = "npy"
            npy.unpack(stream, size, output, "array")
        elif head.startswith(torch_files.MAGIC):
            kind = "torch"
            torch_files.unpack_legacy(stream, size, output)
        elif tensors.recognizes(head, size):
            kind = "safetensors"
            tensors.unpack(stream, size, output, "")
        elif pickles.recognizes(head):
            kind = "pickle"
            pickles.unpack(stream, size, output)
        elif onnx_files.recognizes(head):
            kind = "onnx"
            onnx_files.unpack(stream, size, output)
        elif word_vectors.recognizes(head):
            kind = "vectors"
            word_vectors.unpack(stream, size, output)
        output.json(b"Z", {"kind": kind, "names": names})
    except RefusalError as refusal:
        output.message(b"E", str(refusal).encode("utf-8", "replace"))
    except MemoryError:
        output.message(b"E", b"Reading the file needs more memory than is allowed.")
    except Exception:  # noqa: BLE001
        # Whatever a parser raises on nonsense; its own words would mean nothing to a user.
        output.message(b"E", _DAMAGED.format(_TITLES.get(kind, kind)).encode())


def _modules(head: bytes, stream: BinaryIO, size: int) -> tuple[str, ...]:
    """What reading such a file may need; it may be of another kind after all."""
    if head.startswith(hdf5.MAGIC):
        return hdf5.MODULES
    if head.startswith(zips.MAGIC):
        return zips.modules(stream, size)
    if onnx_files.recognizes(head):
        return onnx_files.MODULES
    return word_vectors.MODULES if word_vectors.recognizes(head) else ()
