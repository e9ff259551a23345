"""The sidebar: which model, how relevance flows, which colours, which device."""

from __future__ import annotations

import streamlit as st

from app import cache, loaded, settings, state
from app.choices import digits
from lrp_engine.palettes import PALETTES

BUNDLED = "bundled"


def sidebar() -> None:
    """Everything but the device, which costs TensorFlow's import."""
    _model_picker()
    with st.expander("Rule and colours", expanded=False):
        steps = sorted({*settings.EPS_STEPS, state.get("eps")})
        st.select_slider(
            "Stabilizer ε",
            steps,
            format_func=digits,
            help="Added to every sum that relevance is divided by, away from zero. Larger: calmer "
            "heatmaps, and more relevance is kept by the stabilizer.",
            **state.bind("eps", map(digits, steps)),
        )
        st.slider(
            "Bias factor",
            0.0,
            1.0,
            step=0.05,
            help="The share of what biases and stabilizers keep that is handed back to the words. "
            "0 is recommended; 1 is a check: then words and initial states add up to the score.",
            **state.bind("bias_factor"),
        )
        st.selectbox(
            "Colours",
            list(PALETTES),
            format_func=lambda name: PALETTES[name].title,
            **state.bind("palette"),
        )


def device() -> None:
    """The device; the first one to ask for it loads TensorFlow, with the page already drawn."""
    st.caption(f"Runs on {cache.device()}")
    cache.warm(cache.bundled())


def model_names() -> dict[str, str]:
    """Names of the loaded models by digest, no two alike; the bundled one first."""
    names = {BUNDLED: cache.bundled().name}
    for digest, model in loaded.uploaded().items():
        twice = model.name in names.values()
        names[digest] = f"{model.name} ({digest[:6]})" if twice else model.name
    return names


def _model_picker() -> None:
    names = model_names()
    st.selectbox(
        "Model",
        list(names),
        format_func=lambda digest: names.get(digest, ""),
        help="Upload your own on the Model page. Nobody else sees it.",
        **loaded.bind(BUNDLED, names.values()),
    )
