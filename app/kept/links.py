"""Parts of links that are too long for an address: on disk, under a key that is in the link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from app import settings
from app.kept.folders import Folders, Room, new_key
from lrp_engine.errors import InputError

_FACTS = "link.json"


class Links:
    """Texts by name, by key; `folder` is made where it does not exist."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(folder, listed=_FACTS, days=settings.LINK_DAYS)

    def keep(self, values: Mapping[str, str]) -> str:
        """Keep texts; returns their key.

        Raises:
            InputError: the server keeps no more. LensError: the disk refuses.
        """
        data = to_bytes(values)
        if len(data) > settings.LINK_UNPACKED:
            raise InputError(
                f"The text has {len(data):,} bytes; links keep up to {settings.LINK_UNPACKED:,}."
            )
        room = Room(
            most=settings.LINKS_KEPT,
            megabytes=settings.LINKS_MEGABYTES,
            full="This server keeps no more long texts for links. Save the session as a file "
            "instead (“Session” in the sidebar), or tell whoever runs the server.",
        )
        key = new_key()
        self.folders.add(key, {_FACTS: data}, room)
        return key

    def find(self, key: str) -> dict[str, str] | None:
        """The texts under a key; None where there are none, or not as they were written."""
        if self.folders.facts(key) is None:
            return None
        data = self.folders.files(key).read(_FACTS)
        if data is None:
            return None
        self.folders.opened(key)
        return from_bytes(data)

    def delete(self, key: str) -> None:
        """Raises LensError where the disk refuses."""
        self.folders.delete(key)


def to_bytes(values: Mapping[str, str]) -> bytes:
    """Texts by name, as JSON."""
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(data: bytes) -> dict[str, str] | None:
    """Texts by name, of JSON of a bounded length; None where it is anything else."""
    try:
        parsed = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or not all(isinstance(v, str) for v in parsed.values()):
        return None
    return parsed
