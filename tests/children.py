"""Counts the child processes that files are read in."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from lrp_engine.formats.containers import sandbox


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry per child that is started from now on."""
    started: list[Any] = []
    start = subprocess.Popen

    def popen(*command: Any, **options: Any) -> Any:
        started.append(command)
        return start(*command, **options)

    monkeypatch.setattr(sandbox.subprocess, "Popen", popen)
    return started
