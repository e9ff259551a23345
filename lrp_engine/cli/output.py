"""A result as JSON that a terminal may show, or as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lrp_engine.errors import InputError

# JSON itself escapes what lies below 32. These would steer a terminal, or reorder its letters.
_ESCAPES = {
    code: f"\\u{code:04x}"
    for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def to_json(value: Any) -> str:
    """A value as indented JSON that ends in a line break; control characters are escapes."""
    return json.dumps(value, indent=2, ensure_ascii=False).translate(_ESCAPES) + "\n"


def write_file(path: str | Path, text: str) -> None:
    """Write a file; one that was there stays as it is where there is no room for the new one.

    Raises:
        InputError: it cannot be written; says which and why.
    """
    from lrp_engine.corpora import durable

    data = text.encode()
    try:
        durable.replace_file(Path(path), lambda file: file.write(data))
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r:.200}: {durable.why(error)}.") from None
