"""A result as JSON that a terminal may show."""

from __future__ import annotations

import json
from typing import Any

# JSON itself escapes what lies below 32. These would steer a terminal, or reorder its letters.
_ESCAPES = {
    code: f"\\u{code:04x}"
    for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def to_json(value: Any) -> str:
    """A value as indented JSON that ends in a line break; control characters are escapes."""
    return json.dumps(value, indent=2, ensure_ascii=False).translate(_ESCAPES) + "\n"
