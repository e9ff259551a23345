"""The controls of the rule: how sums and products hand relevance back."""

from __future__ import annotations

import streamlit as st

from app import settings
from app.compare.compared import rule_words
from app.models import facts
from app.models.model import Model
from app.state import session, widgets
from app.state.choice import shortest
from app.state.choices import AS_OTHERS, FIRST_LAYER_RULES
from app.text.markdown import plain
from app.text.rules import GATE_NAMES, RULE_NAMES, gate_title, remark, rule_title
from lrp_engine import RULES, ByLayer
from lrp_engine.propagation.rules import GATES
from lrp_engine.propagation.rules.doubts import DOUBTFUL_EPS, LARGE_EPS, LONG_HINT

STEP = 0.25  # of the numbers that only some rules have

NO_SUMS = "It makes no difference here: this model has no dense or convolution layer."
NO_FIRST_LAYER = "It makes no difference here: this model has no two such layers."
NO_GATES = "It makes no difference here: this model multiplies no gate by a signal."


def controls(model: Model) -> None:
    """Stabilizer, bias factor, the rule with the numbers of its own, the first layer's, gates."""
    whole = session.rule_by_layer()
    steps = sorted({*settings.EPS_STEPS, session.get("eps")})
    st.select_slider(
        "Stabilizer ε",
        steps,
        format_func=shortest,
        disabled=whole is not None,
        help="Added to every sum that relevance is divided by, away from zero. Larger: calmer "
        f"heatmaps, and more relevance is kept by the stabilizer. {LONG_HINT}",
        **widgets.bind("eps", map(shortest, steps)),
    )
    if whole is None and session.get("eps") >= DOUBTFUL_EPS:
        st.caption(LARGE_EPS)
    st.slider(
        "Bias factor",
        0.0,
        1.0,
        step=0.05,
        disabled=whole is not None,
        help="The share of what biases and stabilizers keep that is handed back to the words. "
        "0 is recommended; 1 is a check: then words and initial states add up to the score.",
        **widgets.bind("bias_factor"),
    )
    matters = facts.follows_rule(model.network)
    _sums(matters, whole)
    if whole is None:
        _numbers(session.get("rule"), "this rule", disabled=not matters)
        _first_layer(facts.has_first_layer(model.network))
    _gates(facts.has_gates(model.network), whole)


def _sums(matters: bool, whole: ByLayer | None) -> None:
    meanings = " ".join(f"**{rule.title}**: {rule.meaning}" for rule in RULES.values())
    # One that came as a whole, with a link or a session, can be left, not made, here.
    by_layer = [] if whole is None else [session.get("rule")]
    st.selectbox(
        "Rule",
        [*RULE_NAMES, *by_layer],
        format_func=lambda name: rule_title(name) if name in RULES else "by layer",
        disabled=not matters and whole is None,
        help="How the sums of dense and convolution layers share their relevance among their "
        "inputs; all other sums follow epsilon, or relative epsilon. "
        f"{meanings if matters else NO_SUMS}",
        **widgets.bind("rule", by_layer),
    )
    chosen = session.get("rule")
    if matters and chosen in RULES and (research := RULES[chosen].research):
        st.caption(remark(research))
    if whole is not None:
        st.caption(f"{plain(rule_words(whole))}. It brings its own ε, bias factors and gates.")


def _numbers(name: str, whose: str, *, disabled: bool) -> None:
    """The numbers that only this rule has."""
    for option in RULES[name].options:
        st.number_input(
            f"{option.title} of {whose}",
            float(option.smallest),
            float(option.largest),
            step=STEP,
            format="%g",
            disabled=disabled,
            help=option.meaning,
            **widgets.bind(option.name),
        )


def _first_layer(matters: bool) -> None:
    name = session.get("first_layer")
    disabled = not matters and name == AS_OTHERS  # one that came with a link can be left
    st.selectbox(
        "First layer",
        FIRST_LAYER_RULES,
        format_func=lambda name: "as the others" if name == AS_OTHERS else RULES[name].title,
        disabled=disabled,
        help="The first dense or convolution layer may follow a rule that is meant for inputs."
        f"{'' if matters else f' {NO_FIRST_LAYER}'}",
        **widgets.bind("first_layer"),
    )
    if name not in (AS_OTHERS, session.get("rule")):
        _numbers(name, "the first layer", disabled=disabled)


def _gates(matters: bool, whole: ByLayer | None) -> None:
    st.selectbox(
        "Gates",
        GATE_NAMES,
        format_func=gate_title,
        disabled=not matters or whole is not None,
        help="A recurrent layer multiplies a gate, how much may pass, by a signal, what passes. "
        "Who of the two receives the relevance of their product? Usual: the signal takes all."
        f"{'' if matters else f' {NO_GATES}'}",
        **widgets.bind("gates"),
    )
    if matters and whole is None and (research := GATES[session.get("gates")].research):
        st.caption(remark(research))
