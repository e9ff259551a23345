"""Which output is explained, of a model with several."""

from __future__ import annotations

import streamlit as st

from app.models.model import Model
from app.state import session_models, widgets
from lrp_engine.render.wording import visible


def picker(model: Model) -> None:
    """The outputs side by side; nothing where there is one."""
    models = {
        one.upload_hash: one for one in session_models.outputs_of(session_models.brought(model))
    }
    if len(models) < 2:
        return
    st.segmented_control(
        "Output that is explained",
        list(models),
        format_func=lambda key: visible(models[key].output),
        required=True,
        help="The model has several outputs; each has its own classes or values.",
        **widgets.watch(
            "output", model.upload_hash, session_models.select,
            [one.output for one in models.values()],
        ),
    )  # fmt: skip
