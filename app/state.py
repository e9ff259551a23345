"""What a session has chosen: the only module that names session keys.

A choice lives under a key of its own, not under its widget's: Streamlit drops a widget's value
when a page does not draw the widget. `bind` ties the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import streamlit as st

from app import settings
from app.choices import ANY, CHOICES
from lrp_engine import RULES

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from lrp_engine.rules import Rule

# Filters of the list of examples; not in the address.
FILTERS = ("true_class", "said_class", "verdict")
# What a reviewer is about to do; not in the address. `seen`: the reviews shown last, by set and
# row; `clash`: one that somebody else was faster with.
REVIEWING: dict[str, Any] = {
    "reviewer": "", "seen": {}, "clash": None, "onward": None, "presses": 0, "asked": None,
}  # fmt: skip

# The browser's own: a link to a set must not make its reader sign with the writer's name.
REVIEWER_COOKIE = "lens_reviewer"

_BEGUN = "lens.begun"
_NOTICES = "lens.notices"
_PAGE = "lens.page"
_USED = "lens.used"
_DRAWN = "lens.drawn"
_STANDS = "lens.stands"
_STALE = "lens.stale"


def begin() -> None:
    """On a session's first run: nothing is chosen yet."""
    if _BEGUN in st.session_state:
        return
    cookie = st.context.cookies.get(REVIEWER_COOKIE)
    reviewer = unquote(cookie) if isinstance(cookie, str) else ""  # AppTest's are mocks
    for name, value in {
        "begun": True, "notices": [], "page": None, "used": False, "drawn": {}, "stands": {},
        "stale": False, "models": {}, "selected": None, "linked": None, "turn": None,
        "restored": 0, "undo": (), "grid.steps": None, "complaints": (),
        "arrived": None, "address": None, "entered": {},
        **REVIEWING, "reviewer": reviewer[: settings.REVIEW_NAME],
        **{name: choice.default for name, choice in CHOICES.items()},
    }.items():  # fmt: skip
        put(name, value)
    reset_filters()


def used() -> None:
    """Callback of a widget: this run was asked for by it, not by Back or Forward."""
    st.session_state[_USED] = True


def take_used() -> bool:
    """Whether a widget asked for this run; the next run starts afresh."""
    was, st.session_state[_USED] = st.session_state[_USED], False
    return was


def turn_to(page: str) -> bool:
    """Note the page of this run; returns whether another one was on the screen before."""
    last, st.session_state[_PAGE] = st.session_state[_PAGE], page
    return last not in (None, page)


def reset_filters() -> None:
    for name in FILTERS:
        put(name, ANY)


def get(name: str) -> Any:
    return st.session_state[f"lens.{name}"]


def default(name: str) -> Any:
    """What a choice is before anybody chooses."""
    return CHOICES[name].default


def rule(name: str | None = None, **options: Any) -> Rule:
    """The rule that is chosen; another one, or with other options, where they are given."""
    kind = RULES[name or get("rule")]
    chosen = ("eps", "bias_factor", "gates", *(option.name for option in kind.asks))
    return kind.of(**{one: get(one) for one in chosen} | options)


def put(name: str, value: Any) -> None:
    st.session_state[f"lens.{name}"] = value


def set_text(text: str) -> None:
    """Ask about another text: the edits and the picked word of the last one are over."""
    if text != get("text"):
        put("text", text)
        for name, value in (("edited", ""), ("pick", None), ("undo", ())):
            put(name, value)
        ask_again()


def set_numbers(numbers: str) -> None:
    """Ask about other numbers; the place that is picked stays picked."""
    if numbers != get("numbers"):
        put("numbers", numbers)
        ask_again()


_WIDGET = "lens.widget.{}".format


def bind(name: str, options: Iterable[str] = ()) -> dict[str, Any]:
    """`key` and `on_change` of the widget that edits a choice; call it just before the widget.

    Args:
        options: how the widget's options read, where that changes. The browser sends back what an
            option read like, so a list that reads differently must be another widget.
    """
    take = set_text if name == "text" else lambda value: put(name, value)
    return _bound(f"{name}.{_digest(options)}", get(name), take)


def _digest(options: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(options).encode()).hexdigest()[:12]


def _stands(place: str, key: str) -> Callable[[], bool]:
    """Note which widget is drawn at a place; returns whether it is the last one drawn there.

    A browser that has not heard yet of another one in its place says the old one's value once
    more, and Streamlit, which has forgotten that value, takes it for a change.
    """
    standing = st.session_state[_STANDS]
    standing[place] = key
    return lambda: standing[place] == key


def _bound(
    name: str, value: Any, take: Callable[[Any], None], late: bool = False
) -> dict[str, Any]:
    stands = _stands(name.split(".")[0], _WIDGET(name))
    key, drawn, page = _WIDGET(name), st.session_state[_DRAWN], st.session_state[_PAGE]
    # Only where they differ: an assignment overwrites what is being typed. On another page it is
    # another widget to the browser, which has to be told.
    if key not in st.session_state or st.session_state[key] != value or drawn.get(key) != page:
        st.session_state[key] = value
    drawn[key] = page

    def changed() -> None:
        if late or stands():
            used()
            take(st.session_state[key])

    return {"key": key, "on_change": changed}


def file_key(field: str) -> str:
    """Key of a widget of the upload form, which is forgotten with the form."""
    return f"lens.file.{field}"


def uploaded_file(key: str) -> UploadedFile | None:
    """What a callback finds in a file uploader."""
    file: UploadedFile | None = st.session_state.get(key)
    return file


def optional(name: str) -> Any:
    """A filter's value, None where it lets everything pass."""
    value = get(name)
    return None if value == ANY else value


def pick(
    name: str, text_of: Callable[[int], str], ask: Callable[[str], None] = set_text
) -> dict[str, Any]:
    """`bind` for a list that is only picked from: what is picked is asked about, the list is empty
    again."""

    def take(position: int | None) -> None:
        if position is not None:
            ask(text_of(position))

    return _bound(f"{name}.", None, take)


# Words -------------------------------------------------------------------------------------


def hear(key: str, **takes: Callable[[Any], None]) -> dict[str, Any]:
    """`key` and callbacks of a part of the page in JavaScript: what it tells, by event."""
    name = _WIDGET(key)

    def heard(event: str, take: Callable[[Any], None]) -> Callable[[], None]:
        def changed() -> None:
            value = (st.session_state.get(name) or {}).get(event)
            if value is not None:
                used()
                take(value)

        return changed

    return {"key": name, **{f"on_{event}_change": heard(event, take)
                            for event, take in takes.items()}}  # fmt: skip


def pick_word(position: Any) -> None:
    """Pick a word of the text shown; a negative position picks none."""
    if isinstance(position, int):
        put("pick", position if 0 <= position < settings.TEXT_WORDS else None)


def ask_again() -> None:
    """Callback: the answer on the page is out of date, whichever part of it runs by itself."""
    st.session_state[_STALE] = True
    used()


def field(name: str) -> str:
    """Key of a field of a form that is emptied when the form is sent."""
    return _WIDGET(name)


def take_field(name: str) -> str:
    """What was typed into a field; it is empty afterwards."""
    value: str = st.session_state.get(_WIDGET(name)) or ""
    st.session_state[_WIDGET(name)] = ""
    return value


def take_list(name: str) -> list[Any]:
    """What was picked in a field; it is empty afterwards."""
    value: list[Any] = st.session_state.get(_WIDGET(name)) or []
    st.session_state[_WIDGET(name)] = []
    return value


def shown_text() -> str:
    """The text that is explained: the edited one, where there is one."""
    return get("edited") or get("text")


def answered() -> None:
    """The page's answer is to the text shown."""
    st.session_state[_STALE] = False


def stale() -> bool:
    return st.session_state[_STALE]


# Reviews -----------------------------------------------------------------------------------


def choose(**values: Any) -> None:
    """Callback of a button that changes choices."""
    used()
    for name, value in values.items():
        put(name, value)


def watch(
    name: str,
    value: Any,
    take: Callable[[Any], None],
    options: Iterable[str] = (),
    late: bool = False,
) -> dict[str, Any]:
    """`bind` for what is kept elsewhere than among the choices.

    Args:
        late: hear the widget even where another one has taken its place, see `_stands`.
    """
    return _bound(f"{name}.{_digest(options)}" if options else name, value, take, late)


def grid(name: str, value: str) -> tuple[str, str]:
    """Key of a table that is edited, and what it was made of: it keeps its edits since then.

    Args:
        value: what the table says, edits included. One that it was not told by `edited` makes
            another table.
    """
    count, made, said = get(f"grid.{name}") or (0, "", None)
    key = _WIDGET(f"{name}.{count}")
    if said != value or key not in st.session_state:
        count, made = count + 1, value
    put(f"grid.{name}", (count, made, value))
    return _WIDGET(f"{name}.{count}"), made


def edited(name: str, value: str) -> None:
    """What a table of `grid` says now."""
    count, made, _ = get(f"grid.{name}")
    put(f"grid.{name}", (count, made, value))


def list_row(name: str, shown: Iterable[str], row: int | None, take: Callable[[int], None]) -> dict:
    """`key` and `on_select` of a table whose rows are picked.

    Args:
        shown: what the rows are; another list is another widget.
        row: position of the one that is picked, None for none.
        take: called with the position of a newly picked one.
    """
    key = _WIDGET(f"{name}.{_digest(shown)}")
    stands = _stands(name, key)
    rows = [] if row is None else [row]
    if key in st.session_state and list(st.session_state[key]["selection"]["rows"]) != rows:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def picked() -> None:
        found = st.session_state[key]["selection"]["rows"]
        if found and stands():
            used()
            take(found[0])

    return {"key": key, "on_select": picked, "selection_default": {"selection": {"rows": rows}}}


# Messages ----------------------------------------------------------------------------------


def notify(sentence: str) -> None:
    st.session_state[_NOTICES].append(sentence)


def notices() -> list[str]:
    """Sentences not shown yet."""
    found: list[str] = st.session_state[_NOTICES]
    st.session_state[_NOTICES] = []
    return found
