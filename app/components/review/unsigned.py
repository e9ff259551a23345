"""What was typed before the name of its reviewer was known: theirs as soon as it is given."""

from __future__ import annotations

from app import cache
from app.review.verdicts import Review
from app.state import session
from lrp_engine.errors import InputError


def note(key: tuple[str, int], saved: Review) -> None:
    """Remember a version without a name, unless it was said that verdicts have none."""
    if not saved.verdict.reviewer and not session.get("nameless"):
        session.put("unsigned", {**session.get("unsigned"), key: saved.version})


def leave() -> None:
    """It was said that verdicts have no name: those that were saved stay so."""
    session.put("nameless", True)
    session.put("unsigned", {})


def sign(set_id: str) -> None:
    """Give this session's versions of a set to the reviewer, where the name is known."""
    name, waiting = session.get("reviewer"), session.get("unsigned")
    if not name:
        return
    session.put("unsigned", {key: n for key, n in waiting.items() if key[0] != set_id})
    for key, version in waiting.items():
        if key[0] != set_id:
            continue
        try:
            signed = cache.reviews().sign(set_id, key[1], name, seen=version)
        except InputError as error:
            session.notify(f"Row {key[1] + 1:,} keeps what was entered without a name. {error}")
            continue
        seen = session.get("seen")
        if signed is not None and key in seen:
            session.put("seen", {**seen, key: signed})
