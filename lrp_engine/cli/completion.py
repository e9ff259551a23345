"""The command `completion SHELL`: a script that completes commands and options, made by shtab."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from lrp_engine.errors import InputError

SHELLS = ("bash", "zsh", "tcsh")


def add_parser(commands: Any, parser: Callable[[], argparse.ArgumentParser]) -> None:
    """The command's options.

    Args:
        parser: makes the parser that is completed.
    """
    command = commands.add_parser(
        "completion",
        help="print a script that completes commands in a shell",
        description="Print a script that completes commands, options and their values in a shell. "
        'For bash: eval "$(lrp-lens completion bash)" in ~/.bashrc.',
    )
    command.set_defaults(run=lambda options: _run(options, parser()))
    command.add_argument("shell", choices=SHELLS, help="the shell")


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    try:
        import shtab
    except ImportError:
        raise InputError("Completion needs the package shtab, which is not installed.") from None
    return str(shtab.complete(parser, shell=options.shell)) + "\n"
