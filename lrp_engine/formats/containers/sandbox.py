"""The parent's side: run the child, read its messages, turn every ending into a sentence."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers import allowance, process
from lrp_engine.formats.containers.confinement import Confinement
from lrp_engine.formats.containers.limits import LIMITS, MIB, Limits, megabytes
from lrp_engine.formats.containers.messages import BLOCK, DTYPE, HEADER, itemsize
from lrp_engine.formats.containers.pickle_tree import TREE, restored

_OUT_OF_TIME = -24  # SIGXCPU: the CPU budget is spent
_OUT_OF_MEMORY = -9  # SIGKILL, of the system
PICKLED = ("pickle", "torch")
_WORKER = Path(__file__).with_name("worker.py")
# A terminal interrupts the group in front of it alone; Windows has no such groups.
_OWN_GROUP: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
_CONFINEMENT = Path(__file__).with_name("confinement.py")


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds, as plain data.

    Attributes:
        kind: "hdf5", "zip", "npy", "safetensors", "torch", "pickle", "onnx", "vectors", "subwords",
            "saved_model" or "folder".
        names: the members of a zip or folder.
        arrays: by path; in a zip the member's name comes first (`model.weights.h5/layers/...`).
        texts: JSON and text members by name.
        attributes: of HDF5 groups and datasets, by path.
    """

    kind: str
    names: tuple[str, ...] = ()
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def value(self) -> Any:
        """What a pickle or PyTorch file holds: plain values with arrays in place; else None."""
        text = self.texts.get(TREE)
        return None if self.kind not in PICKLED or text is None else restored(text, self.arrays)


def unpack(file: BinaryIO, size: int, limits: Limits = LIMITS, *, expected: str = "") -> Contents:
    """The contents of an open file of the operating system, read in a child process.

    Args:
        expected: see `worker.main`.

    Raises:
        FormatError: the file is malformed or hostile, or costs more than the limits.
    """
    limits = allowance.within(limits)
    extra = limits.extra_seconds(size)
    seconds = limits.wall_seconds + extra
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the child shares the position, not Python's buffer
    try:
        child = subprocess.Popen(
            [*process.interpreter(), str(_WORKER), limits.to_json(), expected],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process.environment(),
        )
    except OSError:
        raise FormatError(
            "The reader of uploaded files, a process of its own, cannot be started on this machine."
        ) from None
    with child:
        clock = threading.Timer(seconds, child.kill)
        clock.start()
        try:
            assert child.stdout is not None
            return _contents(child.stdout, limits)
        except FormatError:
            raise
        except (_BrokenError, ValueError, LookupError, TypeError):
            child.wait()
            if not clock.is_alive():
                raise FormatError(
                    f"Reading the file took longer than {seconds} seconds and was stopped. The "
                    "machine may be too busy; try again. If it happens again, the file is damaged "
                    "or made to hang its reader."
                ) from None
            if child.returncode == _OUT_OF_MEMORY:
                raise FormatError(
                    "This machine ran short of memory, and the reader of the file was ended; try "
                    "again later."
                ) from None
            if child.returncode == _OUT_OF_TIME:
                raise FormatError(
                    f"Reading the file took longer than {limits.cpu_seconds + extra} seconds of "
                    "computing and was stopped; it is damaged or made to hang its reader."
                ) from None
            raise FormatError(
                "Reading the file crashed its reader, which ran apart from this program; "
                "the file is damaged or hostile."
            ) from None
        finally:
            clock.cancel()
            child.kill()


def confinement() -> Confinement:
    """What this machine's kernel forbids the child, as one that was started for it reports.

    It costs one start; see `Confinement.describe` for sentences. A Ctrl-C at the terminal does not
    reach it, since a child that is interrupted would say nothing.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [*process.interpreter(), str(_CONFINEMENT)],
            capture_output=True,
            env=process.environment(),
            timeout=LIMITS.wall_seconds,
            check=False,
            **_OWN_GROUP,
        )
        return Confinement(**json.loads(done.stdout))
    return Confinement(reported=False)


class _BrokenError(Exception):
    """The child stopped in the middle of a message, or said something it should not."""


def _contents(stream: IO[bytes], limits: Limits) -> Contents:
    contents, budget = Contents(""), limits.output_bytes
    for kind, size in _messages(stream):
        if kind == b"D" or size > 2 * limits.text_bytes + 64 * MIB:
            raise _BrokenError
        payload = stream.read(size)
        if len(payload) != size:
            raise _BrokenError
        if kind == b"E":
            raise FormatError(payload.decode("utf-8", "replace"))
        value = json.loads(payload)
        if kind == b"Z":
            return replace(contents, kind=value["kind"], names=tuple(value["names"]))
        if kind == b"G":
            contents.attributes[value["name"]] = value["values"]
            continue
        name, dtype, shape = value["name"], value["dtype"], tuple(value["shape"])
        if name in contents.arrays or name in contents.texts:
            raise FormatError(f"The file holds {name!r:.80} twice.")
        if not DTYPE.fullmatch(dtype):
            raise _BrokenError
        count = int(np.prod(shape, dtype=object))
        total = count * itemsize(dtype)
        budget -= total
        if budget < 0:
            raise FormatError(f"The file holds more than {megabytes(limits.output_bytes)}.")
        if dtype != "text":
            allowance.take_numbers(count, itemsize(dtype))
        raw = np.empty(total, np.uint8)
        _fill(stream, memoryview(raw.data))
        if dtype == "text":
            text = raw.tobytes()
            allowance.take_text(text)
            contents.texts[name] = _decoded(text, name)
        else:
            contents.arrays[name] = _array(raw, dtype, shape, value["order"])
    raise _BrokenError


def _messages(stream: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    while len(header := stream.read(HEADER.size)) == HEADER.size:
        yield HEADER.unpack(header)


def _fill(stream: IO[bytes], target: memoryview) -> None:
    """Read the blocks of one entry into place."""
    at = 0
    while at < len(target):
        kind, size = next(_messages(stream), (b"", 0))
        if kind == b"E" and size < BLOCK:
            raise FormatError(stream.read(size).decode("utf-8", "replace"))
        if kind != b"D" or not 0 < size <= len(target) - at:
            raise _BrokenError
        if stream.readinto(target[at : at + size]) != size:  # type: ignore[attr-defined]
            raise _BrokenError
        at += size


def _array(raw: np.ndarray, dtype: str, shape: tuple[int, ...], order: str) -> np.ndarray:
    """Numbers in the machine's own byte order, read-only."""
    if dtype == "bfloat16":  # the upper half of a float32
        array = (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        array = raw.view(dtype)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    array = array.reshape(shape, order="F" if order == "F" else "C")
    array.flags.writeable = False
    return array


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"The text {name!r:.80} is not in UTF-8; save it in UTF-8.") from None
