"""What a session has chosen: the only module that names session keys and query parameters.

A choice lives under a key of its own, not under its widget's: Streamlit drops a widget's value
when a page does not draw the widget. `bind` ties the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import settings
from app.choices import ANY, CHOICES, NOTHING, PREDICTED, REVIEW_VIEW
from lrp_engine import METHODS

if TYPE_CHECKING:
    from app.models import Model
    from lrp_engine import Network

# Filters of the list of examples; not in the address.
FILTERS = ("true_class", "said_class", "verdict")
# What a reviewer is about to do; not in the address. `seen`: the review on the screen, by set and
# row; `clash`: one that somebody else was faster with.
REVIEWING = {"reviewer": "", "seen": None, "clash": None, "onward": None, "asked": None,
             "spelling": ANY, "counted_class": 0, "at_least": 3}  # fmt: skip
MODEL_PARAMETER = "model"  # checked, never loaded from
MODEL_DIGITS = 12

_BEGUN, _MODELS, _SELECTED, _LINKED, _NOTICES = (
    f"lens.{name}" for name in ("begun", "models", "selected", "linked", "notices")
)


def begin() -> None:
    """On a session's first run: take the choices from the address."""
    if _BEGUN in st.session_state:
        return
    st.session_state[_BEGUN] = True
    st.session_state[_NOTICES] = []
    st.session_state[_MODELS] = {}
    st.session_state[_SELECTED] = None
    st.session_state[_LINKED] = st.query_params.get(MODEL_PARAMETER, "")[:64]
    for name, choice in CHOICES.items():
        value = choice.default
        if name in st.query_params:
            try:
                value = choice.read(st.query_params[name])
            except (ValueError, KeyError):
                notify(f"The link's “{name}” was ignored: expected {choice.expected}.")
        put(name, value)
    put("bars", next(iter(METHODS)))
    put("arrived", None)
    for name, value in REVIEWING.items():
        put(name, value)
    _reset_filters()


def _reset_filters() -> None:
    for name in FILTERS:
        put(name, ANY)


def get(name: str) -> Any:
    return st.session_state[f"lens.{name}"]


def default(name: str) -> Any:
    """What a choice is before anybody chooses."""
    return CHOICES[name].default


def put(name: str, value: Any) -> None:
    st.session_state[f"lens.{name}"] = value


_WIDGET = "lens.widget.{}".format


def bind(name: str, options: Iterable[str] = ()) -> dict[str, Any]:
    """`key` and `on_change` of the widget that edits a choice; call it just before the widget.

    Args:
        options: how the widget's options read, where that changes. The browser sends back what an
            option read like, so a list that reads differently must be another widget.
    """
    return _bound(f"{name}.{_digest(options)}", get(name), lambda value: put(name, value))


def _digest(options: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(options).encode()).hexdigest()[:12]


def _bound(name: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    key = _WIDGET(name)
    # Only where they differ: an assignment overwrites what is being typed.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return {"key": key, "on_change": lambda: take(st.session_state[key])}


def publish(network: Network, view: str = "") -> None:
    """Write the choices that differ from the defaults into the address of a view."""
    parameters = {
        name: choice.write(get(name))
        for name, choice in CHOICES.items()
        if get(name) != choice.default and choice.view in ("", view)
    }
    if not text_fits_link():
        parameters.pop("text", None)
    if any(not CHOICES[name].view for name in parameters):
        parameters[MODEL_PARAMETER] = network.hash[:MODEL_DIGITS]
    if parameters != st.query_params.to_dict():
        st.query_params.from_dict(parameters)


def text_fits_link() -> bool:
    return len(get("text")) <= settings.LINK_CHARACTERS


def optional(name: str) -> Any:
    """A filter's value, None where it lets everything pass."""
    value = get(name)
    return None if value == ANY else value


def pick(name: str, text_of: Callable[[int], str]) -> dict[str, Any]:
    """`bind` for a list that is only picked from: the choice becomes the text, the list is empty
    again."""

    def take(position: int | None) -> None:
        if position is not None:
            put("text", text_of(position))

    return _bound(f"{name}.", None, take)


def watch(name: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """`bind` for what is kept elsewhere than in the session."""
    return _bound(name, value, take)


def trigger(name: str, event: str, take: Callable[[Any], None]) -> dict[str, Any]:
    """`key` and callback of a component of our own that reports an event."""
    key = _WIDGET(name)
    return {"key": key, f"on_{event}_change": lambda: take(st.session_state[key][event])}


def list_row(name: str, shown: Iterable[str], row: int | None, take: Callable[[int], None]) -> dict:
    """`key` and `on_select` of a table whose rows are picked.

    Args:
        shown: what the rows are; another list is another widget.
        row: position of the one that is picked, None for none.
        take: called with the position of a newly picked one.
    """
    key = _WIDGET(f"{name}.{_digest(shown)}")
    rows = [] if row is None else [row]
    if key in st.session_state and list(st.session_state[key]["selection"]["rows"]) != rows:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def picked() -> None:
        found = st.session_state[key]["selection"]["rows"]
        if found:
            take(found[0])

    return {"key": key, "on_select": picked, "selection_default": {"selection": {"rows": rows}}}


def open_set(key: str) -> None:
    """Turn to another set, "" for none: what was filtered and picked in the last one is over."""
    for name, choice in CHOICES.items():
        if choice.view == REVIEW_VIEW:
            put(name, choice.default)
    for name in ("seen", "clash", "onward", "asked", "counted_class"):
        put(name, REVIEWING[name])
    put("set", key)


# Models ------------------------------------------------------------------------------------


def uploaded() -> dict[str, Model]:
    """The models this session brought, by digest; nobody else sees them."""
    return st.session_state[_MODELS]


def add(model: Model) -> Model | None:
    """Keep an uploaded model and select it; returns the one that had to go, if any."""
    models = uploaded()
    dropped = None
    if model.digest not in models and len(models) >= settings.MODELS_PER_SESSION:
        dropped = models.pop(next(iter(models)))
    models[model.digest] = model
    select(model.digest)
    return dropped


def select(digest: str | None) -> None:
    """Choose a model by digest, None for the bundled one; class numbers mean nothing to it."""
    if st.session_state[_SELECTED] != digest:
        st.session_state[_SELECTED] = digest
        put("target", PREDICTED)
        put("contrast", NOTHING)
        _reset_filters()


def bind_model(bundled: str, options: Iterable[str]) -> dict[str, Any]:
    """`bind` for the widget that picks a model; `bundled` stands for the bundled one."""
    return _bound(
        f"model.{_digest(options)}",
        selected() or bundled,
        lambda value: select(None if value == bundled else value),
    )


def selected() -> str | None:
    digest = st.session_state[_SELECTED]
    return digest if digest in uploaded() else None


def fit(network: Network) -> None:
    """Forget choices that the network cannot follow; say so, and when a link meant another one."""
    linked = st.session_state[_LINKED]
    if linked:
        st.session_state[_LINKED] = ""
        if not network.hash.startswith(linked):
            notify(
                f"The address names another model ({linked}): an upload that was forgotten when "
                "the page was reloaded (upload it again), or the model of whoever made the link. "
                f"This one is {network.hash[:MODEL_DIGITS]}, so numbers may differ."
            )
    for name in ("target", "contrast"):
        value = get(name)
        if isinstance(value, int) and value >= network.classes:
            put(name, CHOICES[name].default)
            notify(f"Class {value} was ignored: the model has classes 0 to {network.classes - 1}.")


# Messages ----------------------------------------------------------------------------------


def notify(sentence: str) -> None:
    st.session_state[_NOTICES].append(sentence)


def notices() -> list[str]:
    """Sentences not shown yet."""
    found: list[str] = st.session_state[_NOTICES]
    st.session_state[_NOTICES] = []
    return found
