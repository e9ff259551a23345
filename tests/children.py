"""The child processes that files are read in: counted, or done without."""

from __future__ import annotations

import os
import subprocess
import warnings
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from lrp_engine.formats.containers import allowance, sandbox, worker
from lrp_engine.formats.containers.limits import LIMITS, Limits
from lrp_engine.formats.containers.messages import Output

IN_A_CHILD = sandbox.unpack


def in_this_process(
    file: BinaryIO, size: int, limits: Limits = LIMITS, *, expected: str = ""
) -> sandbox.Contents:
    """As `sandbox.unpack`: the same reader, the same messages, without the start of a process."""
    limits, said = allowance.within(limits), BytesIO()
    file.flush()
    with os.fdopen(os.dup(file.fileno()), "rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a child's are heard by nobody
        stream.seek(0)
        worker.read(stream, size, Output(said, limits, size), expected, confine=lambda: None)
    said.seek(0)
    return sandbox._contents(said, limits)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Files are read in children from now on; one entry per child that is started."""
    started: list[Any] = []
    start = subprocess.Popen

    def popen(*command: Any, **options: Any) -> Any:
        started.append(command)
        return start(*command, **options)

    monkeypatch.setattr(sandbox, "unpack", IN_A_CHILD)
    monkeypatch.setattr(sandbox.subprocess, "Popen", popen)
    return started
