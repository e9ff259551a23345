"""Edits of the text shown: made, taken back, kept; the picked word moves with them.

An edit is a whole text, so that an address can say it. The steps back are the session's.
"""

from __future__ import annotations

from app import settings
from app.state import session
from app.text.edits import Edit


def edit(made: Edit, *, picks: bool = True) -> None:
    """Show another version of the text, and pick one of its words, or none."""
    steps = (*session.get("undo"), (session.get("edited"), session.get("pick")))
    _show(made.text, made.pick if picks else None, steps[-settings.UNDO_STEPS :])


def undo() -> None:
    """Take the last edit back; one that came with a link leads back to the text itself."""
    steps = session.get("undo") or (("", None),)
    text, pick = steps[-1]
    _show(text, pick, steps[:-1])


def reset() -> None:
    """Show the text as it was typed."""
    _show("", None, ())


def keep() -> None:
    """Make the edited text the text."""
    if text := session.get("edited"):
        pick = session.get("pick")
        session.put("text", text)
        _show("", pick, ())


def _show(text: str, pick: int | None, steps: tuple) -> None:
    session.put("edited", "" if text == session.get("text") else text)
    session.put("pick", pick)
    session.put("undo", steps)
    session.ask_again()


def complain(sentence: str) -> None:
    """Say, where it was tried, why something cannot be done."""
    session.put("complaints", (*session.get("complaints"), sentence))


def complaints() -> tuple[str, ...]:
    """Sentences not shown yet."""
    sentences: tuple[str, ...] = session.get("complaints")
    session.put("complaints", ())
    return sentences
