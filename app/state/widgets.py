"""Widgets and what they edit: the only module that names their session keys.

A choice lives under a key of its own, not under its widget's: Streamlit drops a widget's value
when a page does not draw the widget. `bind` ties the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.state import session

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_WIDGET = "lens.widget.{}".format


def bind(name: str, options: Iterable[str] = ()) -> dict[str, Any]:
    """`key` and `on_change` of the widget that edits a choice; call it just before the widget.

    Args:
        options: how the widget's options read, where that changes. The browser sends back what an
            option read like, so a list that reads differently must be another widget.
    """
    take = session.set_text if name == "text" else lambda value: session.put(name, value)
    return _bound(f"{name}.{_fingerprint(options)}", session.get(name), take)


def _fingerprint(options: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(options).encode()).hexdigest()[:12]


def _current_widget(place: str, key: str) -> Callable[[], bool]:
    """Note which widget is drawn at a place; returns what tells whether it still is the one there.

    A browser that has not heard yet of another one in its place says the old one's value once
    more, and Streamlit, which has forgotten that value, takes it for a change.
    """
    current = session.get("current_widget")
    current[place] = key
    return lambda: current[place] == key


def _bound(
    name: str, value: Any, take: Callable[[Any], None], late: bool = False
) -> dict[str, Any]:
    is_current = _current_widget(name.split(".")[0], _WIDGET(name))
    key, drawn, page, run = (_WIDGET(name), *map(session.get, ("drawn", "page", "run")))
    # Only where they differ: an assignment overwrites what is being typed. On another page, or
    # after a run that did not draw it, it is another widget to the browser, which has to be told:
    # Streamlit keeps the value of one that is missing from a run that was cut short.
    known = drawn.get(key) in ((page, run), (page, run - 1))
    if not known or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    drawn[key] = page, run

    def changed() -> None:
        if late or is_current():
            session.used()
            take(st.session_state[key])

    return {"key": key, "on_change": changed}


def watch(
    name: str,
    value: Any,
    take: Callable[[Any], None],
    options: Iterable[str] = (),
    late: bool = False,
) -> dict[str, Any]:
    """`bind` for what is kept elsewhere than among the choices.

    Args:
        late: hear the widget even where another one has taken its place, see `_current_widget`.
    """
    return _bound(f"{name}.{_fingerprint(options)}" if options else name, value, take, late)


def pick(
    name: str, text_of: Callable[[int], str], ask: Callable[[str], None] = session.set_text
) -> dict[str, Any]:
    """`bind` for a list that is only picked from: what is picked is asked about, the list is empty
    again."""

    def take(position: int | None) -> None:
        if position is not None:
            ask(text_of(position))

    return _bound(f"{name}.", None, take)


def list_row(name: str, shown: Iterable[str], row: int | None, take: Callable[[int], None]) -> dict:
    """`key` and `on_select` of a table whose rows are picked.

    Args:
        shown: what the rows are; another list is another widget.
        row: position of the one that is picked, None for none.
        take: called with the position of a newly picked one.
    """
    key = _WIDGET(f"{name}.{_fingerprint(shown)}")
    is_current = _current_widget(name, key)
    rows = [] if row is None else [row]
    if key in st.session_state and list(st.session_state[key]["selection"]["rows"]) != rows:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def picked() -> None:
        selected = st.session_state[key]["selection"]["rows"]
        if selected and is_current():
            session.used()
            take(selected[0])

    return {"key": key, "on_select": picked, "selection_default": {"selection": {"rows": rows}}}


def grid(name: str, value: str) -> tuple[str, str]:
    """Key of a table that is edited, and what it was made of: it keeps its edits since then.

    Args:
        value: what the table says, edits included. One that it was not told by `edited` makes
            another table.
    """
    count, made, said = session.get(f"grid.{name}") or (0, "", None)
    key = _WIDGET(f"{name}.{count}")
    if said != value or key not in st.session_state:
        count, made = count + 1, value
    session.put(f"grid.{name}", (count, made, value))
    return _WIDGET(f"{name}.{count}"), made


def edited(name: str, value: str) -> None:
    """What a table of `grid` says now."""
    count, made, _ = session.get(f"grid.{name}")
    session.put(f"grid.{name}", (count, made, value))


# Forms, files, and parts in JavaScript ---------------------------------------------------------


def file_key(field: str) -> str:
    """Key of a widget of the upload form, which is forgotten with the form."""
    return f"lens.file.{field}"


def uploaded_file(key: str) -> UploadedFile | None:
    """What a callback finds in a file uploader."""
    file: UploadedFile | None = st.session_state.get(key)
    return file


def field(name: str) -> str:
    """Key of a field of a form that is emptied when the form is sent."""
    return _WIDGET(name)


def take_field(name: str) -> str:
    """What was typed into a field; it is empty afterwards."""
    value: str = st.session_state.get(_WIDGET(name)) or ""
    st.session_state[_WIDGET(name)] = ""
    return value


def take_number(name: str) -> list[float]:
    """The number that was typed into a field, if any; it is empty afterwards."""
    value: float | None = st.session_state.get(_WIDGET(name))
    st.session_state[_WIDGET(name)] = None
    return [] if value is None else [value]


def take_list(name: str) -> list[Any]:
    """What was picked in a field; it is empty afterwards."""
    value: list[Any] = st.session_state.get(_WIDGET(name)) or []
    st.session_state[_WIDGET(name)] = []
    return value


def hear(key: str, **takes: Callable[[Any], None]) -> dict[str, Any]:
    """`key` and callbacks of a part of the page in JavaScript: what it tells, by event."""
    name = _WIDGET(key)

    def heard(event: str, take: Callable[[Any], None]) -> Callable[[], None]:
        def changed() -> None:
            value = (st.session_state.get(name) or {}).get(event)
            if value is not None:
                session.used()
                take(value)

        return changed

    return {"key": name, **{f"on_{event}_change": heard(event, take)
                            for event, take in takes.items()}}  # fmt: skip
