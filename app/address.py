"""The address says what is on the screen: the only module that names query parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import loaded, settings, state
from app.choices import CHOICES
from app.models import Reference
from lrp_engine.errors import FormatError

if TYPE_CHECKING:
    from lrp_engine import Network

# A model's first digits, and what its owner calls it: looked for, never loaded from.
MODEL_PARAMETER, NAME_PARAMETER = "model", "model_name"


def follow(page: str) -> None:
    """Take the choices from the address: on the first run, and after Back and Forward.

    Args:
        page: path of the page in the address.
    """
    seen, address = state.get("address"), st.query_params.to_dict()
    moved, used = state.turn_to(page), state.take_used()
    if seen is None:
        _take(address)
        return
    if not address:
        # Links between pages carry no choices: there an empty address means those of then.
        entered = state.get("entered")
        if moved:
            kept = {n: v for n, v in seen.items() if n not in CHOICES or not CHOICES[n].view}
            state.put("entered", entered | {page: kept | _said(page)})
            return
        address = entered.get(page, {})
    # A browser that has just been used may not have heard of the newest address yet.
    if not used and seen not in (address, st.query_params.to_dict()):
        _take(address, page)


def _take(address: dict[str, str], page: str | None = None) -> None:
    """Set the choices as an address says; those of other pages stay as they are."""
    state.put("address", address)
    # First, because another model forgets the classes.
    loaded.link(_linked(address))
    for name, choice in CHOICES.items():
        if page is not None and choice.view not in ("", page):
            continue
        value = choice.default
        if name in address:
            try:
                value = choice.read(address[name])
            except (ValueError, KeyError):
                state.notify(f"The link's “{name}” was ignored: expected {choice.expected}.")
        state.put(name, value)
    loaded.gather(Reference(row.model) for row in state.get("rows") if row.model)


def _linked(address: dict[str, str]) -> Reference | None:
    """The model that an address names; an older link does not say what it is called."""
    if not (digits := address.get(MODEL_PARAMETER)):
        return None
    try:
        return Reference(digits, address.get(NAME_PARAMETER, "")).checked()
    except FormatError:
        state.notify(
            f"The link's “{MODEL_PARAMETER}” was ignored: expected the first digits of a hash."
        )
        return None


def publish(network: Network, view: str = "") -> None:
    """Write the choices that differ from the defaults into the address of a view."""
    parameters = _said(view)
    if loaded.selected() is not None or any(not CHOICES[name].view for name in parameters):
        parameters[MODEL_PARAMETER] = network.hash[: loaded.DIGITS]
        if own := loaded.reference(network):
            parameters[NAME_PARAMETER] = own.name
    state.put("address", parameters)
    if parameters != st.query_params.to_dict():
        st.query_params.from_dict(parameters)


def _said(view: str) -> dict[str, str]:
    """The choices of a view as its address says them."""
    parameters = {
        name: choice.write(state.get(name))
        for name, choice in CHOICES.items()
        if state.get(name) != choice.default and choice.view in ("", view)
    }
    if not text_fits_link():
        for name in ("text", "edited", "numbers", "pick"):
            parameters.pop(name, None)
    return parameters


def text_fits_link() -> bool:
    said = ("text", "edited", "numbers")
    return sum(len(state.get(name)) for name in said) <= settings.LINK_CHARACTERS


def settle(network: Network) -> None:
    """End of a part of the page that runs by itself: the address, or the whole page once more."""
    if state.stale():
        st.rerun()
    publish(network)
    state.take_used()
