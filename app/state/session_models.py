"""The models that a session brought, which one is chosen, and which one an address named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import cache, settings
from app.models.model import UPLOAD, Model, ModelRef, short_hash
from app.state import session, widgets
from app.state.choices import CHOICES, NOTHING, PREDICTED
from lrp_engine.errors import LensError
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from app.models.uploads import Upload
    from lrp_engine.formats.companions.reference import Reference


def link(ref: ModelRef | None) -> None:
    """Select the model that a link or a session names, the bundled one for None; opens a sample.

    Where it is not here, `drop_invalid` says so.
    """
    session.put("linked", ref)
    model = None if ref is None else find(ref)
    if model is None and ref is not None and ref.key:
        model = reopen(ref.key, ref)
        if model is not None:
            session.put("linked", None)
    select(model.upload_hash if model else None)


def reopen(key: str, ref: ModelRef | None = None) -> Model | None:
    """The model that is kept on the server under a key, read again; None where that cannot be.

    Args:
        ref: what a link says of it, with the output that is explained.
    """
    model = next((one for one in uploaded().values() if one.key == key), None)
    if model is None:
        try:
            with st.spinner("Opening the model …"):
                model = cache.reopened(key)
        except LensError as error:
            session.notify(f"The uploaded model could not be opened again. {error}")
        if model is None:
            return None
        _hold(model)
    named = next((one for one in outputs_of(model) if ref is not None and ref.names(one)), None)
    if ref is not None and named is None:
        session.notify(
            f"“{model.name}” is not read as it was when the link was made, so numbers may differ."
        )
    return named or model


def kept(model: Model, upload: Upload, before: Model | None = None) -> Model:
    """The model with its files on the server's disk; a notice where they cannot be there.

    Args:
        before: what it is made of by answers, whose place it takes there.
    """
    models, same = cache.kept_models(), uploaded().get(model.upload_hash)
    key = before.key if before is not None else same.key if same is not None else ""
    try:
        if key:
            models.change(key, upload)
        else:
            key = models.keep(upload)
    except LensError as error:
        session.notify(
            f"“{model.name}” is not kept on this server: it lives until this page is reloaded. "
            f"{error}"
        )
        return model
    return replace(model, key=key)


def kept_tried(model: Model, reference: Reference, way: str = "") -> None:
    """Keep the texts that showed how a kept model reads texts; a notice where that cannot be.

    Args:
        way: the one that a person chose, see `KeptModels.keep_tried`.
    """
    home = brought(model)
    output = "" if home.upload_hash == model.upload_hash else model.output
    if home.key:
        try:
            cache.kept_models().keep_tried(home.key, reference, way, output=output)
        except LensError as error:
            session.notify(f"The texts are not kept with the model. {error}")


def delete(model: Model) -> None:
    """Callback: delete a model, from the server's disk and from this session."""
    session.used()
    try:
        cache.kept_models().delete(model.key)
    except LensError as error:
        session.notify(str(error))
        return
    uploaded().pop(model.upload_hash, None)
    for name in ("draft", "tried", "arrived"):
        session.put(name, None)
    select(None)


def key_of(model_hash: str) -> str:
    """The key under which an uploaded model is kept; "" where it is not."""
    same = (m for m in every().values() if m.model_hash == model_hash)
    return next((brought(m).key for m in same), "")


def find(ref: ModelRef) -> Model | None:
    """The uploaded or sample model of this hash, None for the bundled or an unknown one."""
    for model in every().values():
        if ref.names(model):
            return model
    if ref.names(cache.bundled()):
        return None
    sample = cache.sample_named(ref)
    if sample is not None:
        _hold(sample)
    return sample


def gather(refs: Iterable[ModelRef]) -> list[ModelRef]:
    """Open the samples and the kept uploads among these models; returns those that are not here."""
    return [one for one in refs if not one.names(cache.bundled()) and not _opened(one)]


def _opened(ref: ModelRef) -> Model | None:
    return find(ref) or (reopen(ref.key, ref) if ref.key else None)


def upload_name(model_hash: str) -> str | None:
    """What its owner calls an uploaded model; None for a model that everybody has."""
    same = (m for m in every().values() if m.model_hash == model_hash)
    return next((m.name for m in same if m.origin == UPLOAD), None)


def uploaded() -> dict[str, Model]:
    """The models this session brought, by upload hash; nobody else sees them."""
    models: dict[str, Model] = session.get("models")
    return models


def every() -> dict[str, Model]:
    """The same, and the other outputs of each, by upload hash."""
    return {one.upload_hash: one for model in uploaded().values() for one in outputs_of(model)}


def outputs_of(model: Model) -> tuple[Model, ...]:
    """A model that was brought and those of its other outputs, in the order of the file."""
    order = model.network.output_names
    if not order:
        return (model,)
    return tuple(sorted((model, *model.others), key=lambda one: order.index(one.output)))


def brought(model: Model) -> Model:
    """The model that was brought, of one that may explain another output of it."""
    for one in uploaded().values():
        if model.upload_hash in {output.upload_hash for output in outputs_of(one)}:
            return one
    return model


def add(model: Model) -> None:
    """Keep a model and select it."""
    _hold(model)
    select(model.upload_hash)


def _hold(model: Model) -> None:
    models = uploaded()
    if model.upload_hash not in models and len(models) >= settings.MODELS_PER_SESSION:
        dropped = models.pop(next(iter(models)))
        session.notify(
            f"“{dropped.name}” was dropped: a session keeps {settings.MODELS_PER_SESSION} models."
        )
    models[model.upload_hash] = model


def exchange(upload_hash: str, model: Model) -> None:
    """Keep a model in the place of the one that it was made of, and select it.

    Args:
        upload_hash: of that one; it may explain another output of what was brought.
    """
    for key, one in uploaded().items():
        hashes = [other.upload_hash for other in one.others]
        if upload_hash in hashes:
            at = hashes.index(upload_hash)
            others = (*one.others[:at], replace(model, others=()), *one.others[at + 1 :])
            uploaded()[key] = replace(one, others=others)
            select(model.upload_hash)
            return
    uploaded().pop(upload_hash, None)
    add(model)


def keep(model: Model) -> None:
    """`add` a model that has just been read, and announce it."""
    add(model)
    session.put("arrived", model.upload_hash)


def select(upload_hash: str | None) -> None:
    """Choose a model, None for the bundled one; class numbers mean nothing to it."""
    if session.get("selected") != upload_hash:
        session.put("selected", upload_hash)
        session.put("target", PREDICTED)
        session.put("contrast", NOTHING)
        session.put("numbers", "")
        session.put("measured", "")
        session.reset_filters()


def bind(bundled: str, options: Iterable[str]) -> dict[str, Any]:
    """`widgets.bind` for the widget that picks a model; `bundled` stands for the bundled one."""
    return widgets.watch(
        "model",
        brought(current()).upload_hash if selected() else bundled,
        lambda value: select(None if value == bundled else value),
        options,
    )


def selected() -> str | None:
    """The upload hash of the chosen model, None for the bundled one."""
    upload_hash = session.get("selected")
    return upload_hash if upload_hash in every() else None


def current() -> Model:
    """The model in use."""
    return every().get(session.get("selected")) or cache.bundled()


def drop_invalid(model: Model) -> None:
    """Forget choices that the model cannot follow; say so, and when a link meant another one."""
    linked, network = session.get("linked"), model.network
    if linked:
        session.put("linked", None)
        if not linked.names(model):
            session.notify(
                f"The {linked.what} was made with another model, {described(linked)}, which is not "
                f"loaded here: {_why_not(linked)}. Upload it again on the Model page. This is "
                f"“{model.name}” ({model.short_hash}), so numbers may differ."
            )
    kind = network.output_kind
    for name in ("target", "contrast"):
        value = session.get(name)
        if name == "target" and value == 0 and not kind.has_classes:
            session.put(name, PREDICTED)  # the first value is what nobody has to choose
        if isinstance(value, int) and value >= network.classes:
            session.put(name, CHOICES[name].default)
            session.notify(
                f"{kind.noun.capitalize()} {value} was ignored: the model has {kind.nouns} 0 to "
                f"{network.classes - 1}."
            )


def _why_not(linked: ModelRef) -> str:
    if linked.key:
        return (
            "it was deleted from the server, or nobody had opened it for "
            f"{settings.MODEL_DAYS} days"
        )
    return f"the {linked.what} holds no key to it"


def described(linked: ModelRef) -> str:
    """Name, short hash and files of a model, for a sentence."""
    name = f"“{visible(linked.name)}” " if linked.name else ""
    files = f" of {', '.join(map(visible, linked.files))}" if linked.files else ""
    return f"{name}({visible(short_hash(linked.model_hash))}){files}"
