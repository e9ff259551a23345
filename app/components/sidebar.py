"""The sidebar: which model, how relevance flows, which colours, which device."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components import rule
from app.state import session_models, widgets
from lrp_engine.render.palettes import PALETTES

BUNDLED = "bundled"


def sidebar() -> None:
    """Everything but the device, which costs TensorFlow's import."""
    _model_picker()
    with st.expander("Rule and colours", expanded=False):
        rule.controls(session_models.current())
        st.selectbox(
            "Colours",
            list(PALETTES),
            format_func=lambda name: PALETTES[name].title,
            **widgets.bind("palette"),
        )


def device() -> None:
    """The device; the first one to ask for it loads TensorFlow, with the page already drawn."""
    st.caption(f"Runs on {cache.device()}")
    cache.warm(cache.bundled())


def model_names() -> dict[str, str]:
    """Names of the loaded models by upload hash, no two alike; the bundled one first."""
    names = {BUNDLED: cache.bundled().name}
    for upload_hash, model in session_models.uploaded().items():
        twice = model.name in names.values()
        names[upload_hash] = f"{model.name} ({upload_hash[:6]})" if twice else model.name
    return names


def _model_picker() -> None:
    names = model_names()
    st.selectbox(
        "Model",
        list(names),
        format_func=lambda upload_hash: names.get(upload_hash, ""),
        help="The Model page has more sample models, and you can upload your own there.",
        **session_models.bind(BUNDLED, names.values()),
    )
