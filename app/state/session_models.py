"""The models that a session brought, which one is chosen, and which one an address named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from app import cache, settings
from app.models.model import DIGITS, UPLOAD, Model, Reference
from app.state import session, widgets
from app.state.choices import CHOICES, NOTHING, PREDICTED
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from lrp_engine import Network


def link(reference: Reference | None) -> None:
    """Select the model that a link or a session names, the bundled one for None; opens a sample.

    Where it is not here, `fit` says so.
    """
    session.put("linked", reference)
    found = None if reference is None else find(reference)
    select(found.digest if found else None)


def find(reference: Reference) -> Model | None:
    """The uploaded or sample model of this hash, None for the bundled or an unknown one."""
    for model in uploaded().values():
        if reference.names(model):
            return model
    if reference.names(cache.bundled()):
        return None
    sample = cache.sample_named(reference)
    if sample is not None:
        _hold(sample)
    return sample


def gather(references: Iterable[Reference]) -> list[Reference]:
    """Open the samples among these models; returns those that are not here."""
    return [one for one in references if not one.names(cache.bundled()) and not find(one)]


def reference(network: Network) -> Reference | None:
    """An uploaded model by its hash and name; None for one that everybody has."""
    found = (m for m in uploaded().values() if m.network.hash == network.hash)
    model = next((m for m in found if m.origin == UPLOAD), None)
    return Reference(network.hash, model.name) if model else None


def uploaded() -> dict[str, Model]:
    """The models this session brought, by digest; nobody else sees them."""
    models: dict[str, Model] = session.get("models")
    return models


def add(model: Model) -> None:
    """Keep a model and select it.

    Raises:
        InputError: the server has no room for another upload.
    """
    _hold(model)
    select(model.digest)


def _hold(model: Model) -> None:
    if model.origin == UPLOAD:
        cache.held().add(model)
    models = uploaded()
    if model.digest not in models and len(models) >= settings.MODELS_PER_SESSION:
        dropped = models.pop(next(iter(models)))
        session.notify(
            f"“{dropped.name}” was dropped: a session keeps {settings.MODELS_PER_SESSION} models."
        )
    models[model.digest] = model


def keep(model: Model) -> None:
    """`add` a model that has just been read, and announce it."""
    add(model)
    session.put("arrived", model.digest)


def select(digest: str | None) -> None:
    """Choose a model by digest, None for the bundled one; class numbers mean nothing to it."""
    if session.get("selected") != digest:
        session.put("selected", digest)
        session.put("target", PREDICTED)
        session.put("contrast", NOTHING)
        session.put("numbers", "")
        session.reset_filters()


def bind(bundled: str, options: Iterable[str]) -> dict[str, Any]:
    """`widgets.bind` for the widget that picks a model; `bundled` stands for the bundled one."""
    return widgets.watch(
        "model",
        selected() or bundled,
        lambda value: select(None if value == bundled else value),
        options,
    )


def selected() -> str | None:
    digest = session.get("selected")
    return digest if digest in uploaded() else None


def current() -> Model:
    """The model in use."""
    digest = selected()
    return cache.bundled() if digest is None else uploaded()[digest]


def fit(model: Model) -> None:
    """Forget choices that the model cannot follow; say so, and when a link meant another one."""
    linked, network = session.get("linked"), model.network
    if linked:
        session.put("linked", None)
        if not linked.names(model):
            session.notify(
                f"The {linked.what} was made with another model, {described(linked)}, which is not "
                "loaded here: an upload lives until its page is reloaded. Upload it again on the "
                f"Model page. This is “{model.name}” ({network.hash[:DIGITS]}), so numbers may "
                "differ."
            )
    for name in ("target", "contrast"):
        value = session.get(name)
        if isinstance(value, int) and value >= network.classes:
            session.put(name, CHOICES[name].default)
            session.notify(
                f"Class {value} was ignored: the model has classes 0 to {network.classes - 1}."
            )


def described(linked: Reference) -> str:
    """Name, first digits and files of a model, for a sentence."""
    name = f"“{visible(linked.name)}” " if linked.name else ""
    files = f" of {', '.join(map(visible, linked.files))}" if linked.files else ""
    return f"{name}({visible(linked.digits[:DIGITS])}){files}"
