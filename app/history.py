"""Edits of the text shown: made, taken back, kept; the picked word moves with them.

An edit is a whole text, so that an address can say it. The steps back are the session's.
"""

from __future__ import annotations

from app import settings, state
from app.edits import Edit


def edit(made: Edit) -> None:
    """Show another version of the text, and pick one of its words."""
    steps = (*state.get("undo"), (state.get("edited"), state.get("pick")))
    _show(made.text, made.pick, steps[-settings.UNDO_STEPS :])


def undo() -> None:
    """Take the last edit back; one that came with a link leads back to the text itself."""
    steps = state.get("undo") or (("", None),)
    text, pick = steps[-1]
    _show(text, pick, steps[:-1])


def reset() -> None:
    """Show the text as it was typed."""
    _show("", None, ())


def keep() -> None:
    """Make the edited text the text."""
    if text := state.get("edited"):
        pick = state.get("pick")
        state.put("text", text)
        _show("", pick, ())


def _show(text: str, pick: int | None, steps: tuple) -> None:
    state.put("edited", "" if text == state.get("text") else text)
    state.put("pick", pick)
    state.put("undo", steps)
    state.ask_again()


def complain(sentence: str) -> None:
    """Say, where it was tried, why something cannot be done."""
    state.put("complaints", (*state.get("complaints"), sentence))


def complaints() -> tuple[str, ...]:
    """Sentences not shown yet."""
    found: tuple[str, ...] = state.get("complaints")
    state.put("complaints", ())
    return found
