"""Zip archives: names and sizes checked before anything is read, nothing written to disk."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from typing import BinaryIO

from . import hdf5, npy, saved_model, tensors, torch_files
from .limits import megabytes
from .messages import BLOCK, Output
from .refusal import RefusalError, quoted

MAGIC, EMPTY_MAGIC = b"PK\x03\x04", b"PK\x05\x06"
_LOCAL = struct.Struct("<4s22xHH")  # magic, ..., lengths of name and extra field
# Archives whose members need no module to be read are told by what lies in their directory.
_PLAIN = (b".npy", b".safetensors", b"data.pkl", saved_model.GRAPH.encode(),
          saved_model.METADATA.encode())  # fmt: skip
TAIL = 2**16  # bytes at the end of an archive in which its directory ends
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def modules(stream: BinaryIO, size: int) -> tuple[str, ...]:
    """What reading the archive may need, by the names at its end, which are not parsed."""
    stream.seek(-min(size, TAIL), io.SEEK_END)
    names = stream.read(TAIL)
    plain = any(name in names for name in _PLAIN) and b".h5" not in names
    return () if plain else hdf5.MODULES


def unpack(stream: BinaryIO, size: int, output: Output) -> tuple[str, list[str]]:
    """Emit what the members hold; returns the kind and the names of all members."""
    try:
        archive = zipfile.ZipFile(stream)
    except Exception:  # noqa: BLE001 - whatever zipfile makes of nonsense
        raise RefusalError("The zip file cannot be opened; it is damaged or incomplete.") from None
    members = archive.infolist()
    output.count(len(members))
    _check_names(members)
    _check_sizes(members, output)
    starts = _data_starts(stream, members, archive.start_dir)
    if torch_files.zip_prefix(members) is not None:
        torch_files.unpack_zip(archive, members, starts, stream, output)
        return "torch", [member.filename for member in members]
    by_name = {member.filename: member for member in members}
    start = saved_model.folder(by_name)
    if start is not None:

        def open_member(name: str) -> BinaryIO:
            return _seekable(archive, by_name[name], stream, starts[name], output)

        saved_model.unpack(open_member, by_name, start, output)
        return saved_model.KIND, [*by_name]
    names = []
    for member in members:
        name = member.filename
        # macOS adds __MACOSX/._name and .DS_Store to the archives it makes.
        if member.is_dir() or "__MACOSX" in name.split("/") or name.endswith(".DS_Store"):
            continue
        names.append(name)
        _member(archive, member, stream, starts[name], output)
    return "zip", names


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for member in members:
        name = member.orig_filename
        parts = name.replace("\\", "/").rstrip("/").split("/")
        if "\0" in name or "" in parts or ".." in parts or ":" in parts[0] or "\\" in name:
            raise RefusalError(
                f"The zip file has a member called {quoted(name)}, which is not allowed."
            )
        if name in seen:
            raise RefusalError(f"The zip file has two members called {quoted(name)}.")
        seen.add(name)


def _check_sizes(members: list[zipfile.ZipInfo], output: Output) -> None:
    limits, total = output.limits, 0
    for member in members:
        what = f"The zip member {quoted(member.filename)}"
        if member.flag_bits & 0x1:
            raise RefusalError(f"{what} is encrypted; save the model without a password.")
        if member.compress_type not in _READ:
            raise RefusalError(
                f"{what} is compressed by an unusual method; use plain zip (deflate)."
            )
        if member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size:
            raise RefusalError(f"{what} has two different sizes; the archive is damaged.")
        if member.file_size > max(limits.ratio_floor, limits.ratio * member.compress_size):
            raise RefusalError(
                f"{what} declares {megabytes(member.file_size)} but stores "
                f"{megabytes(member.compress_size)}: it looks like a decompression bomb."
            )
        total += member.file_size
    if total > limits.output_bytes:
        raise RefusalError(
            f"The zip file declares {megabytes(total)}; at most "
            f"{megabytes(limits.output_bytes)} are read."
        )


def _data_starts(stream: BinaryIO, members: list[zipfile.ZipInfo], end: int) -> dict[str, int]:
    """Where each member's bytes begin; refuses members that share bytes."""
    starts, previous = {}, 0
    for member in sorted(members, key=lambda m: m.header_offset):
        if member.header_offset < previous:
            raise RefusalError(
                "Members of the zip file overlap: it looks like a decompression bomb."
            )
        stream.seek(member.header_offset)
        raw = stream.read(_LOCAL.size)
        if len(raw) < _LOCAL.size or not raw.startswith(MAGIC):
            raise RefusalError(f"The zip member {quoted(member.filename)} is damaged.")
        _, name, extra = _LOCAL.unpack(raw)
        starts[member.filename] = member.header_offset + _LOCAL.size + name + extra
        previous = starts[member.filename] + member.compress_size
        if previous > end:
            raise RefusalError("Members of the zip file overlap its directory; it is damaged.")
    return starts


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, stream: BinaryIO, start: int, output: Output
) -> None:
    name, size = member.filename, member.file_size
    with archive.open(member) as content:
        head = content.read(len(hdf5.MAGIC))
    if name.endswith((".json", ".txt")):
        with archive.open(member) as content:
            output.text(name, content, size)  # type: ignore[arg-type]
    elif head.startswith(npy.MAGIC):
        with archive.open(member) as content:
            npy.unpack(content, size, output, name)  # type: ignore[arg-type]
    elif name.endswith(".safetensors"):
        with archive.open(member) as content:
            tensors.unpack(content, size, output, name)  # type: ignore[arg-type]
    elif head == hdf5.MAGIC:
        if "h5py" not in sys.modules:  # see `modules`: it cannot be loaded any more
            raise RefusalError(
                f"The zip member {quoted(name)} is an HDF5 file; its name must end in .h5."
            )
        hdf5.unpack(_seekable(archive, member, stream, start, output), size, output, name)


def _seekable(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, stream: BinaryIO, start: int, output: Output
) -> BinaryIO:
    """A stored member in place, which is how Keras writes it; a compressed one in memory."""
    if member.compress_type != zipfile.ZIP_STORED:
        if member.file_size > output.limits.inflated_bytes:
            raise RefusalError(
                f"The zip member {quoted(member.filename)} is compressed and has "
                f"{megabytes(member.file_size)}; store it uncompressed, as Keras does."
            )
        return io.BytesIO(archive.read(member))
    view = io.BufferedReader(_Slice(stream, start, member.file_size))
    checksum = 0
    while block := view.read(BLOCK):
        checksum = zlib.crc32(block, checksum)
    if checksum != member.CRC:
        raise RefusalError(f"The zip member {quoted(member.filename)} is damaged (wrong checksum).")
    return view


class _Slice(io.RawIOBase):
    """Part of a seekable stream as a stream of its own."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream, self._start, self._size, self._at = stream, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._stream.seek(self._start + self._at)
        count = max(0, min(len(buffer), self._size - self._at))
        data = self._stream.read(count)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
