"""The models that a session brought, which one is chosen, and which one an address named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from app import settings, state
from app.choices import CHOICES, NOTHING, PREDICTED

if TYPE_CHECKING:
    from app.models import Model
    from lrp_engine import Network

DIGITS = 12  # of a hash, in an address


def link(digits: str) -> None:
    """Note the model that an address names, and select it where it is loaded."""
    state.put("linked", digits)
    if digits:
        select(next((d for d, m in uploaded().items() if m.network.hash.startswith(digits)), None))


def uploaded() -> dict[str, Model]:
    """The models this session brought, by digest; nobody else sees them."""
    models: dict[str, Model] = state.get("models")
    return models


def add(model: Model) -> Model | None:
    """Keep an uploaded model and select it; returns the one that had to go, if any."""
    models = uploaded()
    dropped = None
    if model.digest not in models and len(models) >= settings.MODELS_PER_SESSION:
        dropped = models.pop(next(iter(models)))
    models[model.digest] = model
    select(model.digest)
    return dropped


def keep(model: Model) -> None:
    """`add` a model that has just been read, and say what it drove out."""
    dropped = add(model)
    if dropped is not None:
        state.notify(
            f"“{dropped.name}” was dropped: a session keeps {settings.MODELS_PER_SESSION} models."
        )
    state.put("arrived", model.digest)


def select(digest: str | None) -> None:
    """Choose a model by digest, None for the bundled one; class numbers mean nothing to it."""
    if state.get("selected") != digest:
        state.put("selected", digest)
        state.put("target", PREDICTED)
        state.put("contrast", NOTHING)
        state.put("numbers", "")
        state.reset_filters()


def bind(bundled: str, options: Iterable[str]) -> dict[str, Any]:
    """`state.bind` for the widget that picks a model; `bundled` stands for the bundled one."""
    return state.watch(
        "model",
        selected() or bundled,
        lambda value: select(None if value == bundled else value),
        options,
    )


def selected() -> str | None:
    digest = state.get("selected")
    return digest if digest in uploaded() else None


def fit(network: Network) -> None:
    """Forget choices that the network cannot follow; say so, and when a link meant another one."""
    linked = state.get("linked")
    if linked:
        state.put("linked", "")
        if not network.hash.startswith(linked):
            state.notify(
                f"The address names another model ({linked}): an upload that was forgotten when "
                "the page was reloaded (upload it again), or the model of whoever made the link. "
                f"This one is {network.hash[:DIGITS]}, so numbers may differ."
            )
    for name in ("target", "contrast"):
        value = state.get(name)
        if isinstance(value, int) and value >= network.classes:
            state.put(name, CHOICES[name].default)
            state.notify(
                f"Class {value} was ignored: the model has classes 0 to {network.classes - 1}."
            )
