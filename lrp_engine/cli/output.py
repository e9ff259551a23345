"""A result as JSON that a terminal may show, or as a file."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
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

    file, data = Path(os.path.realpath(path)), text.encode()
    before = durable.temporary_name(file.name)
    try:
        if (file.exists() and not file.is_file()) or not os.access(file.parent, os.W_OK):
            file.write_bytes(data)  # a device or a pipe; or the folder takes no other file
        else:
            durable.write(file.with_name(before), data)
            if file.exists():
                shutil.copymode(file, file.with_name(before))
            durable.rename(file.with_name(before), file)
    except OSError as error:
        full = "the disk is full" if error.errno in durable.FULL else error.strerror
        raise InputError(f"Cannot write {str(path)!r:.200}: {full}.") from None
    finally:
        with contextlib.suppress(OSError):
            file.with_name(before).unlink(missing_ok=True)
