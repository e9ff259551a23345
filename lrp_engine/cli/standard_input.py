"""What comes in by a pipe, where a command is given "-" in place of a text or a file."""

from __future__ import annotations

import io
import sys

from lrp_engine.errors import InputError

NAME = "-"
LARGEST = 64 * 2**20  # bytes


def read_text() -> str:
    """All of standard input, as text.

    Raises:
        InputError: it is closed, too long, or no text in UTF-8.
    """
    if sys.stdin is None:
        raise InputError("There is no standard input to read '-' from; it is closed.")
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"Standard input has more than {LARGEST // 2**20} MB; give a file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("Standard input is no text in UTF-8.") from None


def read_lines() -> list[str]:
    """The lines of standard input that are not empty; line breaks alone end them.

    Raises:
        InputError: there is none, or as of `read_text`.
    """
    lines = [line.rstrip("\n") for line in io.StringIO(read_text(), newline=None) if line.strip()]
    if not lines:
        raise InputError("Standard input holds no text; expected one text a line.")
    return lines
