"""What is kept on disk by key besides sets: uploaded models, long texts of links."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import streamlit as st

from app import settings
from app.cache.dropped import tried
from app.cache.models import uploaded
from app.kept.links import Links
from app.models.kept import KeptModels
from app.models.model import Model
from app.models.waiting_line import WaitingLine
from lrp_engine.errors import LensError


def links() -> Links:
    """Texts that are too long for an address."""
    return _links(str(settings.data_folder() / "links"))


@st.cache_resource(show_spinner=False)
def _links(folder: str) -> Links:
    return Links(Path(folder))


def kept_models() -> KeptModels:
    """Uploaded models."""
    return _kept_models(str(settings.data_folder() / "models"))


@st.cache_resource(show_spinner=False)
def _kept_models(folder: str) -> KeptModels:
    return KeptModels(Path(folder))


@cache
def _opening() -> WaitingLine:
    """Whose files are read from the disk: of one model at a time, since they may be large."""
    return WaitingLine(1, waiting=settings.OPENING_WAITING)


def reopened(key: str, tell: Callable[[int], object] = int) -> Model | None:
    """The model under a key, read and proven as when it was uploaded; None where there is none.

    Args:
        tell: as for `uploaded`.

    Raises:
        LensError: its files are damaged; or as `uploaded`.
    """
    with _opening().take(tell):
        upload = kept_models().find(key)
        if upload is None:
            return None
        model = _as_tried(replace(uploaded(upload, tell), key=key), key, "", tell)
        others = tuple(_as_tried(one, key, one.output, tell) for one in model.others)
        return replace(model, others=others)


def _as_tried(model: Model, key: str, output: str, tell: Callable[[int], object]) -> Model:
    """The model as it reads the texts that were tried on it; `output` as for `keep_tried`."""
    texts, way = kept_models().tried(key, output), kept_models().chosen_way(key, output)
    with suppress(LensError):  # the model is there without what texts show of it
        if texts is not None:
            model, found = tried(model, texts, tell=tell)
            chosen = next((one for one in found.candidates if str(one) == way), None)
            if chosen is not None:
                model, _ = tried(model, texts, chosen=chosen, tell=tell)
    return model
