"""The command line, `lrp-lens` or `python -m lrp_engine`: a table of commands, and how one ends."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from lrp_engine.cli import (
    completion,
    confinement,
    corpora,
    dashboard,
    evaluation,
    explain,
    inspection,
    proof,
    samples,
)
from lrp_engine.errors import LensError
from lrp_engine.lazy import own_process
from lrp_engine.version import __version__

SCRIPT = "lrp-lens"


def script(prog: str = SCRIPT) -> int:
    """`main` in a process of its own."""
    own_process()
    return main(prog=prog)


def main(arguments: Sequence[str] | None = None, *, prog: str = SCRIPT) -> int:
    """Run a command; returns the exit code, 2 for anything the user can mend.

    A command returns what it prints, or that and an exit code of its own.
    """
    options = parser(prog).parse_args(arguments)
    try:
        result = options.run(options)
        output, code = (result, 0) if isinstance(result, str) else result
    except (LensError, OSError) as error:
        print(f"lrp_engine: {_sentence(error)}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"lrp_engine: There is not enough memory. {_sentence(error)}".rstrip(),
              file=sys.stderr)  # fmt: skip
        return 2
    except KeyboardInterrupt as stop:
        print(f"lrp_engine: {str(stop) or 'Stopped.'}", file=sys.stderr)
        return 130
    if sys.stdout is None:  # closed by the caller, `>&-`
        print("lrp_engine: Cannot write the result: the output is closed.", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal's encoding
    try:
        sys.stdout.write(output)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it is tried again
        if not isinstance(error, BrokenPipeError):  # the reader (`head`) has seen enough
            print(f"lrp_engine: Cannot write the result: {error.strerror}.", file=sys.stderr)
            return 2
    return code


def parser(prog: str = SCRIPT) -> argparse.ArgumentParser:
    """The options; building it imports no TensorFlow."""
    top = argparse.ArgumentParser(
        prog=prog, description="Why a recurrent text classifier decided what it decided."
    )
    top.add_argument("--version", action="version", version=f"lrp-lens {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for add_parser in COMMANDS:
        add_parser(commands)
    return top


# As they are listed. To add a command, write a module with `add_parser` and name it here.
COMMANDS: tuple[Callable[[Any], None], ...] = (
    dashboard.add_parser,
    explain.add_parser,
    corpora.add_parser,
    evaluation.add_parser,
    proof.add_parser,
    inspection.add_parser,
    samples.add_parser,
    confinement.add_parser,
    partial(completion.add_parser, parser=parser),
)


def _sentence(error: Exception) -> str:
    from lrp_engine.render.wording import visible

    if isinstance(error, OSError) and error.filename is not None:
        return visible(f"Cannot read {str(error.filename)!r}: {error.strerror}.")
    return " ".join(visible(line) for line in str(error).splitlines())
