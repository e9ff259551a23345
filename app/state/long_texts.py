"""Texts that make an address long: packed into it where they fit, else kept on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import quote

from app import cache, settings
from app.state import session
from app.state.packed import pack, unpack
from app.text.dates import day
from lrp_engine.errors import LensError

# Choices that go together: a word is picked in a text.
NAMES = ("text", "edited", "beside", "numbers", "pick")
PACKED, KEPT = "packed", "kept"  # parameters that stand for them


def shortened(parameters: Mapping[str, str]) -> dict[str, str]:
    """The same address without long texts: packed, or by the key under which they are kept.

    Where they are too long and nobody has kept them, they are left out.
    """
    said, others = _parted(parameters)
    if sum(len(quote(text)) for text in said.values()) <= settings.LINK_CHARACTERS:
        return dict(parameters)
    packed = pack(said)
    if len(packed) <= settings.ADDRESS_CHARACTERS:
        return others | {PACKED: packed}
    kept, key = session.get("kept_texts")
    if kept == said and cache.links().find(key) == said:
        return others | {KEPT: key}
    return others


def whole(address: Mapping[str, str]) -> dict[str, str]:
    """The address with its long texts; what cannot be read is left out, with a notice."""
    found = dict(address)
    packed, key = found.pop(PACKED, None), found.pop(KEPT, None)
    if packed is not None:
        try:
            return _texts(unpack(packed)) | found
        except ValueError:
            session.notify(f"The link's “{PACKED}” was ignored: it is damaged or not complete.")
    if key is not None:
        texts = cache.links().find(key)
        if texts is None:
            session.notify(
                "The text of this link is not kept here (any more): it was deleted, nobody had "
                f"opened it for {settings.LINK_DAYS} days, or the address is not complete."
            )
        else:
            session.put("kept_texts", (texts, key))
            return _texts(texts) | found
    return found


def keep(parameters: Mapping[str, str]) -> str:
    """Keep the long texts of an address on the server, for a link.

    Returns:
        Why that cannot be; "" where it is done.
    """
    said, _ = _parted(parameters)
    try:
        session.put("kept_texts", (said, cache.links().keep(said)))
    except LensError as error:
        return str(error)
    return ""


def delete() -> None:
    """Callback: delete the texts of this view from the server's disk; they stay on the page."""
    _, key = session.get("kept_texts")
    session.used()
    try:
        cache.links().delete(key)
    except LensError as error:
        session.notify(str(error))
    else:
        session.put("kept_texts", (None, ""))


def until() -> str:
    """The day until which texts are kept that are opened today."""
    return day(date.today() + timedelta(days=settings.LINK_DAYS))


def _parted(parameters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    said = _texts(parameters)
    return said, {name: text for name, text in parameters.items() if name not in said}


def _texts(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: parameters[name] for name in NAMES if name in parameters}
