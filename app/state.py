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
from app.choices import CHOICES, NOTHING, PREDICTED
from lrp_engine import METHODS

if TYPE_CHECKING:
    from app.models import Model
    from lrp_engine import Network

ANY = "any"  # no filter
# Filters of the list of examples; not in the address.
FILTERS = ("true_class", "said_class", "verdict")
MODEL_PARAMETER = "model"  # checked, never loaded from
MODEL_DIGITS = 12

_BEGUN, _MODELS, _SELECTED, _LINKED, _NOTICES, _PAGE, _ENTERED, _ADDRESS, _EDITED, _DRAWN = (
    f"lens.{name}"
    for name in ("begun", "models", "selected", "linked", "notices", "page", "entered", "address",
                 "edited", "drawn")
)  # fmt: skip


def begin() -> None:
    """On a session's first run: take the choices from the address."""
    if _BEGUN in st.session_state:
        return
    st.session_state[_BEGUN] = True
    st.session_state[_NOTICES] = []
    st.session_state[_MODELS] = {}
    st.session_state[_SELECTED] = None
    st.session_state[_PAGE] = None
    st.session_state[_ENTERED] = {}
    st.session_state[_EDITED] = False
    st.session_state[_DRAWN] = {}
    put("bars", next(iter(METHODS)))
    put("arrived", None)
    _reset_filters()
    _take_address(st.query_params.to_dict())


def follow(page: str) -> None:
    """Back and Forward change the address under a session: take the choices from it again.

    Args:
        page: path of the page in the address.
    """
    seen, address = st.session_state[_ADDRESS], st.query_params.to_dict()
    moved = st.session_state[_PAGE] not in (None, page)
    st.session_state[_PAGE] = page
    edited, st.session_state[_EDITED] = st.session_state[_EDITED], False
    if not address:
        # Links between pages carry no choices: there an empty address means those of then.
        if moved:
            st.session_state[_ENTERED][page] = seen
        address = st.session_state[_ENTERED].get(page, {})
    # A browser that has just been used may not have heard of the newest address yet.
    if not edited and seen not in (address, st.query_params.to_dict()):
        _take_address(address)


def edited() -> None:
    """Callback of a widget: this run was asked for by it, not by Back or Forward."""
    st.session_state[_EDITED] = True


def _take_address(address: dict[str, str]) -> None:
    st.session_state[_ADDRESS] = address
    st.session_state[_LINKED] = linked = address.get(MODEL_PARAMETER, "")[:64]
    if linked:  # first, because another model forgets the classes
        select(next((d for d, m in uploaded().items() if m.network.hash.startswith(linked)), None))
    for name, choice in CHOICES.items():
        value = choice.default
        if name in address:
            try:
                value = choice.read(address[name])
            except (ValueError, KeyError):
                notify(f"The link's “{name}” was ignored: expected {choice.expected}.")
        put(name, value)


def _reset_filters() -> None:
    for name in FILTERS:
        put(name, ANY)


def get(name: str) -> Any:
    return st.session_state[f"lens.{name}"]


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
    key, drawn, page = _WIDGET(name), st.session_state[_DRAWN], st.session_state[_PAGE]
    # Only where they differ: an assignment overwrites what is being typed. On another page it is
    # another widget to the browser, which has to be told.
    if key not in st.session_state or st.session_state[key] != value or drawn.get(key) != page:
        st.session_state[key] = value
    drawn[key] = page

    def changed() -> None:
        edited()
        take(st.session_state[key])

    return {"key": key, "on_change": changed}


def file_key(field: str) -> str:
    """Key of a widget of the upload form, which is forgotten with the form."""
    return f"lens.file.{field}"


def publish(network: Network) -> None:
    """Write the choices that differ from the defaults into the address."""
    parameters = {
        name: choice.write(get(name))
        for name, choice in CHOICES.items()
        if get(name) != choice.default
    }
    if not text_fits_link():
        parameters.pop("text", None)
    if parameters:
        parameters[MODEL_PARAMETER] = network.hash[:MODEL_DIGITS]
    st.session_state[_ADDRESS] = parameters
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
