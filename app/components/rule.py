"""The controls of the rule: how sums and products hand relevance back."""

from __future__ import annotations

import streamlit as st

from app import settings
from app.models import facts
from app.models.model import Model
from app.state import session, widgets
from app.state.choices import shortest
from lrp_engine import RULES
from lrp_engine.propagation.rules import GATES

STEP = 0.25  # of the numbers that only some rules have

NO_SUMS = "It makes no difference here: this model has no dense or convolution layer."
NO_GATES = "It makes no difference here: this model multiplies no gate by a signal."


def controls(model: Model) -> None:
    """Stabilizer, bias factor, the rule with the numbers of its own, gates."""
    steps = sorted({*settings.EPS_STEPS, session.get("eps")})
    st.select_slider(
        "Stabilizer ε",
        steps,
        format_func=shortest,
        help="Added to every sum that relevance is divided by, away from zero. Larger: calmer "
        "heatmaps, and more relevance is kept by the stabilizer.",
        **widgets.bind("eps", map(shortest, steps)),
    )
    st.slider(
        "Bias factor",
        0.0,
        1.0,
        step=0.05,
        help="The share of what biases and stabilizers keep that is handed back to the words. "
        "0 is recommended; 1 is a check: then words and initial states add up to the score.",
        **widgets.bind("bias_factor"),
    )
    _sums(facts.follows_rule(model.network))
    _gates(facts.has_gates(model.network))


def _sums(matters: bool) -> None:
    meanings = " ".join(f"**{rule.title}**: {rule.meaning}" for rule in RULES.values())
    st.selectbox(
        "Rule",
        list(RULES),
        format_func=lambda name: RULES[name].title,
        disabled=not matters,
        help="How the sums of dense and convolution layers share their relevance among their "
        f"inputs; all other sums follow epsilon. {meanings if matters else NO_SUMS}",
        **widgets.bind("rule"),
    )
    for option in RULES[session.get("rule")].options:
        st.number_input(
            f"{option.title} of this rule",
            float(option.smallest),
            float(option.largest),
            step=STEP,
            format="%g",
            disabled=not matters,
            help=option.meaning,
            **widgets.bind(option.name),
        )


def _gates(matters: bool) -> None:
    st.selectbox(
        "Gates",
        list(GATES),
        format_func=lambda name: f"{name}: {GATES[name]}",
        disabled=not matters,
        help="A recurrent layer multiplies a gate, how much may pass, by a signal, what passes. "
        "Who of the two receives the relevance of their product? Usual: the signal takes all."
        f"{'' if matters else f' {NO_GATES}'}",
        **widgets.bind("gates"),
    )
