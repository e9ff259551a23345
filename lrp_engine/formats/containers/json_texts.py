"""JSON texts, read to see whether the parent may: what they hold is counted, nothing is told."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from .messages import JSON, Output
from .refusal import RefusalError


def recognizes(head: bytes) -> bool:
    """Whether the parent says that JSON follows."""
    return head.startswith(JSON)


def unpack(stream: BinaryIO, size: int, output: Output) -> str:
    """Count what the text holds; returns "json", or "text" where it is not valid.

    Raises:
        RefusalError: it holds too many values.
    """
    stream.read(len(JSON))
    try:
        value = json.loads(stream.read(size).decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return "text"
    limits = output.limits
    values, containers = _count(value)
    for count, most, what in (
        (values, limits.json_values, "values"),
        (containers, limits.json_containers, "lists and objects"),
    ):
        if count > most:
            raise RefusalError(f"The JSON holds {count:,} {what}; up to {most:,} are read.")
    return "json"


def _count(value: Any) -> tuple[int, int]:
    """Values, keys included, and how many of them are lists and objects."""
    values, containers, waiting = 1, 0, [value]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, (dict, list)):
            continue
        containers += 1
        values += len(one) * (2 if isinstance(one, dict) else 1)
        inner = one.values() if isinstance(one, dict) else one
        waiting += [item for item in inner if isinstance(item, (dict, list))]
    return values, containers
