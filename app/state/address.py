"""The address says what is on the screen: the only module that names query parameters.

Streamlit's own `bind="query-params"` (1.67) is no way to do this. It writes what an option reads
like: links would depend on the names of classes, and older ones would lose their choices. It drops
what it cannot read without a word, and replaces the entry in the browser's history, so that Back
would skip what was asked on a page. A parameter lives only as long as its one widget is drawn, but
a picked word, edits, rows of Compare and the row under review have no widget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.models.model import ModelRef, short_hash
from app.navigation import View
from app.state import long_texts, session, session_models
from app.state.choices import CHOICES
from app.state.session import ANSWER, TEXTS
from lrp_engine.errors import FormatError

if TYPE_CHECKING:
    from lrp_engine import Network

# A model's short hash, and what its owner calls it: looked for, never loaded from.
MODEL_PARAMETER, NAME_PARAMETER = "model", "model_name"
# The key to an uploaded model: whoever has the address can open it.
KEY_PARAMETER = "model_key"
# A part of a page that a link leads to: gone to once, and then no more in the address.
PART_PARAMETER = "show"
# A set has texts of its own, explained for the predicted class.
_OF_OTHERS = {
    View.REVIEW: frozenset(
        ("text", "edited", "numbers", "pick", "target", "contrast", "all_methods", "path", "bars")
    )
}


def follow(view: View) -> None:
    """Take the choices from the address of a page: on the first run, after Back and Forward."""
    seen, address = session.get("address"), st.query_params.to_dict()
    moved, used = session.turn_to(view), session.take_used()
    if (part := address.pop(PART_PARAMETER, None)) in (TEXTS, ANSWER):
        session.go_to(part)
    if seen is None:
        session.put("sent", any(name in CHOICES or name == MODEL_PARAMETER for name in address))
        _take(address)
        if view is View.REVIEW and "row" in address:
            session.go_to(session.ROW)
        return
    if not address:
        # Links between pages carry no choices: there an empty address means those of then.
        entered = session.get("entered")
        if moved:
            kept = {n: v for n, v in seen.items() if n not in CHOICES or not CHOICES[n].view}
            session.put("entered", entered | {view.path: kept | _said(view)})
            return
        address = entered.get(view.path, {})
    # A browser that has just been used may not have heard of the newest address yet.
    if not used and seen not in (address, st.query_params.to_dict()):
        _take(address, view)


def _take(address: dict[str, str], view: View | None = None) -> None:
    """Set the choices as an address says; those of other pages stay as they are."""
    session.put("address", address)
    address = long_texts.whole(address)
    # First, because another model forgets the classes.
    session_models.link(_linked(address))
    for name, choice in CHOICES.items():
        if view is not None and choice.view not in (None, view):
            continue
        value = choice.default
        if name in address:
            try:
                value = choice.read(address[name])
            except (ValueError, KeyError):
                session.notify(f"The link's “{name}” was ignored: expected {choice.expected}.")
        session.put(name, value)
    session_models.gather(ModelRef(row.model) for row in session.get("rows") if row.model)


def _linked(address: dict[str, str]) -> ModelRef | None:
    """The model that an address names; an older link does not say what it is called."""
    if not (named := address.get(MODEL_PARAMETER)):
        return None
    try:
        return ModelRef(
            named, address.get(NAME_PARAMETER, ""), key=address.get(KEY_PARAMETER, "")
        ).checked()
    except FormatError:
        session.notify(
            f"The link's “{MODEL_PARAMETER}” was ignored: expected the first digits of a hash."
        )
        return None


def leading_to(part: str) -> dict[str, str]:
    """What a link to a part of a page, as `session.TEXTS`, says behind the page."""
    return {PART_PARAMETER: part}


def publish(network: Network) -> None:
    """Write the choices that differ from the defaults into the address of the page."""
    parameters = _parameters(network)
    session.put("address", parameters)
    if parameters != st.query_params.to_dict():
        st.query_params.from_dict(parameters)


def shared() -> dict[str, str]:
    """What a link to this view takes along: without the questions of other pages, which the
    address keeps so that they are there after a reload."""
    others = _OF_OTHERS.get(session.view(), frozenset())
    said = {name: value for name, value in _said(session.view()).items() if name not in others}
    return _with_model(said, session_models.current().network)


def _parameters(network: Network) -> dict[str, str]:
    """The address of this view: its choices, and the model where they depend on it."""
    return _with_model(_said(session.view()), network)


def _with_model(parameters: dict[str, str], network: Network) -> dict[str, str]:
    if session_models.selected() is not None or any(not CHOICES[name].view for name in parameters):
        parameters[MODEL_PARAMETER] = short_hash(network.hash)
        if name := session_models.upload_name(network.hash):
            parameters[NAME_PARAMETER] = name
        if key := session_models.key_of(network.hash):
            parameters[KEY_PARAMETER] = key
    return long_texts.shortened(parameters)


def _said(view: View) -> dict[str, str]:
    """The choices of a view as its address says them."""
    return {
        name: choice.write(session.get(name))
        for name, choice in CHOICES.items()
        if session.get(name) != choice.default and choice.view in (None, view)
    }


def link() -> dict[str, str] | None:
    """The address of this view, once it was read again and says the same; else None."""
    said = _said(session.view())
    parameters = _parameters(session_models.current().network)
    found = long_texts.whole(parameters)
    try:
        same = all(CHOICES[name].read(found[name]) == session.get(name) for name in said)
    except (ValueError, KeyError):
        return None
    return parameters if same else None


def keep_texts() -> str:
    """Keep the texts of this view for a link; returns why that cannot be."""
    return long_texts.keep(_said(session.view()))


def settle(network: Network) -> None:
    """End of a part of the page that runs by itself: the address, or the whole page once more."""
    if session.stale():
        st.rerun()
    publish(network)
    session.take_used()
