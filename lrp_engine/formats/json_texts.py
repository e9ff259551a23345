"""JSON that somebody gives: a large text is read in the child process first, which may refuse it.

A text of a few MB can hold values that take hundreds, and hold up whoever shares the process.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.containers.messages import JSON

SMALL = 64_000  # characters: whatever they say is read in no time


class NotJsonError(FormatError):
    """A text is not valid JSON."""


def parse_json(
    text: str,
    what: str,
    *,
    values: int = LIMITS.json_values,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """The value of a JSON text.

    Args:
        what: names it in the error. values: that it may hold, keys included.
        pairs: makes the value of an object, of its pairs of a name and a value.

    Raises:
        NotJsonError: it is not valid. FormatError: it holds too many values.
    """
    try:
        if len(text) > SMALL and not _is_json(text, what, values):
            raise ValueError
        return json.loads(text, object_pairs_hook=pairs)
    except FormatError:  # a ValueError, too
        raise
    except (ValueError, RecursionError):
        raise NotJsonError(f"{what} is not valid JSON.") from None


def _is_json(text: str, what: str, values: int) -> bool:
    """Whether the child process can read it, and finds no more in it than it may hold."""
    with tempfile.TemporaryFile() as file:
        size = file.write(JSON + text.encode("utf-8", "surrogatepass"))
        try:
            return sandbox.unpack(file, size, replace(LIMITS, json_values=values)).kind == "json"
        except FormatError as error:
            raise FormatError(f"{what} cannot be read. {error}") from None
