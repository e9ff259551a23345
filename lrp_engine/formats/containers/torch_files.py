"""PyTorch files (.pt, .pth): the zip layout of today, and the row of pickles before version 1.6.

Tensors within another pickle (of pickle.dump, joblib.dump) hold a file of the old layout for each
storage.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from typing import Any, BinaryIO

from .limits import Limits
from .messages import BLOCK, Output
from .pickle_machine import Machine
from .pickle_numpy import numpy_names
from .pickle_objects import object_names
from .pickle_tree import Tree
from .pickle_values import Named
from .refusal import RefusalError, quoted
from .torch_values import Storage, persistent, refusal, torch_names

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_VERSION = 1001  # of the old layout, the only one there ever was
_PICKLE = "data.pkl"
# As large as the weights, twice, and of no use here.
_TRAINING = re.compile(r"optim|sched|scaler|callbacks|loops", re.IGNORECASE)


def _machine(output: Output, size: int, storages: dict[str, Storage]) -> Machine:
    names = {**numpy_names(output.limits, size), **object_names(), **torch_names()}
    return Machine(names, refusal, output.limits, persistent(storages))


def _emit(value: Any, output: Output, storages: dict[str, Storage], byteorder: str) -> None:
    _in_order(storages, little=byteorder == "little")
    Tree(output, skip=lambda key: bool(_TRAINING.search(key))).emit(value)


def _in_order(storages: dict[str, Storage], *, little: bool) -> None:
    for storage in storages.values() if not little else ():
        if storage.dtype == "bfloat16":
            raise RefusalError("The PyTorch file holds bfloat16 in an unusual byte order.")
        storage.dtype = storage.dtype.replace("<", ">")


# Zip ------------------------------------------------------------------------------------------


def zip_prefix(members: list[zipfile.ZipInfo]) -> str | None:
    """The folder with the pickle, None where the zip is no PyTorch file."""
    for member in members:
        folder, _, last = member.filename.rpartition("/")
        if last == _PICKLE and folder.count("/") == 0:
            return f"{folder}/" if folder else ""
    return None


def unpack_zip(
    archive: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    starts: dict[str, int],
    stream: BinaryIO,
    output: Output,
) -> None:
    """Emit what the archive holds; `starts` says where each member's bytes lie in the stream."""
    prefix, by_name = zip_prefix(members), {member.filename: member for member in members}
    if f"{prefix}constants.pkl" in by_name or any("/code/" in name for name in by_name):
        raise RefusalError(
            "This is a TorchScript program, which is never run. Save the weights alone with "
            "torch.save(model.state_dict(), 'model.pt')."
        )
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise RefusalError(
                f"The member {quoted(member.filename)} of the PyTorch file is compressed, which "
                "torch.save never does; give the file as torch.save wrote it."
            )
    script = by_name[f"{prefix}{_PICKLE}"]
    if script.file_size > output.limits.text_bytes:
        raise RefusalError("The pickle inside the PyTorch file is far too large for a state dict.")
    storages: dict[str, Storage] = {}
    value = _machine(output, script.file_size, storages).run(
        io.BytesIO(archive.read(script)), script.file_size
    )
    for storage in storages.values():
        place = by_name.get(f"{prefix}data/{storage.key}")
        if place is None:
            continue  # refused where a tensor needs it
        if place.file_size != storage.bytes:
            raise RefusalError(
                f"Storage {quoted(storage.key)} of the PyTorch file declares {storage.bytes:,} "
                f"bytes, but holds {place.file_size:,}."
            )
        start = starts[place.filename]
        _check(stream, start, place)
        storage.place = stream, start
    order = by_name.get(f"{prefix}byteorder")
    byteorder = archive.read(order).decode("latin-1") if order and order.file_size < 9 else "little"
    _emit(value, output, storages, byteorder)


def _check(stream: BinaryIO, start: int, member: zipfile.ZipInfo) -> None:
    stream.seek(start)
    left, checksum = member.file_size, 0
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            break
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    if checksum != member.CRC:
        raise RefusalError(
            f"The member {quoted(member.filename)} of the PyTorch file is damaged (wrong checksum)."
        )


# Before version 1.6 ---------------------------------------------------------------------------


def unpack_legacy(stream: BinaryIO, size: int, output: Output) -> None:
    """Emit what a stream of `size` bytes holds: five pickles, then the storages one by one."""
    storages: dict[str, Storage] = {}
    value, little = _legacy(stream, size, _machine(output, size, storages), storages)
    _emit(value, output, storages, "little" if little else "big")


def _legacy(
    stream: BinaryIO, size: int, machine: Machine, storages: dict[str, Storage]
) -> tuple[Any, bool]:
    """The value, with its storages in their places; whether their numbers are little-endian."""

    def following() -> Any:
        return machine.run(stream, size - stream.tell())

    _, version, system = following(), following(), following()
    if version != _VERSION or not isinstance(system, dict):
        raise RefusalError(
            f"The PyTorch file has layout version {quoted(version)}, expected {_VERSION}."
        )
    value, keys = following(), following()
    if not isinstance(keys, list) or set(map(type, keys)) - {str} or len({*keys}) != len(keys):
        raise RefusalError("The PyTorch file lists its storages in a form that is not known.")
    little = system.get("little_endian") is not False
    for key in keys:
        storage = storages.get(key)
        raw = stream.read(8)
        count = struct.unpack("<q", raw)[0] if len(raw) == 8 else -1
        if storage is None or count != storage.count:
            raise RefusalError(
                f"Storage {quoted(key)} of the PyTorch file has {count:,} numbers, expected "
                f"{storage.count if storage else 0:,}; it is damaged or incomplete."
            )
        storage.place = stream, stream.tell()
        if storage.bytes > size - stream.tell():
            raise RefusalError(
                f"The PyTorch file ends in the middle of storage {quoted(key)}; it is incomplete."
            )
        stream.seek(storage.bytes, io.SEEK_CUR)
    if stream.tell() != size:
        raise RefusalError("The PyTorch file goes on after its last storage; it is damaged.")
    return value, little


# Within another pickle ------------------------------------------------------------------------

_STEPS = 1_000  # a genuine storage takes about 50


def nested_names(limits: Limits) -> dict[tuple[str, str], Any]:
    """What tensors need in a pickle that torch.save did not write, by (module, name)."""

    def load(data: Any = None, *more: Any) -> Storage:
        if not isinstance(data, bytes) or more:
            raise RefusalError("The pickle holds a storage of PyTorch that is no bytes.")
        storages: dict[str, Storage] = {}
        few = replace(limits, opcodes=_STEPS, memo=_STEPS)
        machine = Machine(torch_names(), refusal, few, persistent(storages))
        value, little = _legacy(io.BytesIO(data), len(data), machine, storages)
        if not isinstance(value, Storage):
            raise RefusalError("The pickle holds a storage of PyTorch in a form that is not known.")
        _in_order(storages, little=little)
        return value

    nested = Named("the function torch.storage._load_from_bytes", load)
    return {**torch_names(), ("torch.storage", "_load_from_bytes"): nested}
