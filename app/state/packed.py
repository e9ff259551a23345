"""Long texts in an address: JSON, deflated (zlib), as base64url.

A link may be made to do harm: what it unfolds to is bounded before it is read.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping

from app import settings
from app.kept.links import from_bytes, to_bytes

_PACKED = re.compile(r"[A-Za-z0-9_-]{4,}")


def pack(values: Mapping[str, str]) -> str:
    """Texts by name as part of an address."""
    packed = base64.urlsafe_b64encode(zlib.compress(to_bytes(values), 9))
    return packed.decode("ascii").rstrip("=")


def unpack(text: str) -> dict[str, str]:
    """The texts again.

    Raises:
        ValueError: it is none that `pack` made, or unfolds to more than a link may hold.
    """
    if len(text) > settings.ADDRESS_CHARACTERS or not _PACKED.fullmatch(text):
        raise ValueError("no packed texts")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unfolding = zlib.decompressobj()
        found = unfolding.decompress(data, settings.LINK_UNPACKED)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("damaged") from error
    if not unfolding.eof or unfolding.unused_data:
        raise ValueError("unfolds to more than a link may hold, or is cut off")
    values = from_bytes(found)
    if values is None:
        raise ValueError("no texts by name")
    return values
