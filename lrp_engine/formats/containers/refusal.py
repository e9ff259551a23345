"""The one exception of the readers in the child, and safe quoting of what a file says."""

from __future__ import annotations


class RefusalError(Exception):
    """A container is malformed, hostile or not supported; the text is a sentence for the user."""


def quoted(value: object, limit: int = 60) -> str:
    """A printable, short form of something a file chose."""
    text = repr(value) if isinstance(value, str) else repr(str(value))
    text = text.encode("ascii", "backslashreplace").decode() if not text.isprintable() else text
    return text if len(text) <= limit else f"{text[: limit - 4]}...'"
