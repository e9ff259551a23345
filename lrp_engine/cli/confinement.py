"""The command `confinement`: what this machine forbids the process that reads files."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """The command takes no options."""
    command = commands.add_parser(
        "confinement",
        help="say what this machine forbids the process that reads files",
        description="Start the process that reads model files, and say what the kernel forbids it "
        "before it reads one. The exit code is 1 where something is missing.",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> tuple[str, int]:
    from lrp_engine.formats.containers import sandbox

    found = sandbox.confinement()
    return f"{found.describe()}\n", int(not found.complete)
