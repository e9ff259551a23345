"""The scale of colour: which one is chosen, what is typical for a model, and waiting for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from app import cache
from app.figures import scales
from app.figures.scales import Scale, scales_of
from app.learn.words import target_of
from app.methods import ACCOUNT_METHOD
from app.models import numeric
from app.models.model import Model
from app.state import session, widgets
from lrp_engine import METHODS, Explanations
from lrp_engine.propagation.rules import Rule

SECONDS = 0.5  # between two looks at what is being computed
Asked = tuple[Model, Rule, cache.Target]


def picker(models: Iterable[Model], noun: str) -> None:
    """Which scale; nothing where no model has a typical one."""
    if not any(map(cache.has_typical_scale, models)):
        return
    what = "text" if noun == numeric.WORD else "example"
    titles = scales.TITLES | {scales.TEXT: f"This {what}"}
    st.segmented_control(
        "Colour scale",
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        help=f"{titles[scales.TYPICAL]}: equal colours mean equal numbers in every {what}, and "
        f"weak {noun}s look pale. {titles[scales.TEXT]}: its strongest {noun} has the strongest "
        "colour.",
        **widgets.bind("scale"),
    )


def typical(method: str, asked: Asked) -> float | str:
    """What is typical for a model by a method, or why the scale is that of the text."""
    model, *_ = asked
    if session.get("scale") == scales.TEXT:
        return scales.CHOSEN
    if not cache.has_typical_scale(model):
        return scales.NO_EXAMPLES
    if not METHODS[method].live:
        return scales.ON_REQUEST
    found = cache.typical_scale(*asked)
    if found is None:
        return scales.BEING_COMPUTED
    return found.largest.get(method, scales.CHOSEN)


def asked_of(model: Model, explanations: Explanations) -> Asked:
    """What is asked to find out what is typical for an answer."""
    rule = explanations[ACCOUNT_METHOD.name].rule
    return model, rule if rule is not None else session.rule(), target_of(explanations)


def by_method(
    model: Model, explanations: Explanations, *, shared: bool = False
) -> Mapping[str, Scale]:
    """The scale of each method of an answer."""
    asked = asked_of(model, explanations)
    known = [typical(name, asked) for name in explanations]
    found = scales_of(list(explanations.values()), known, shared=shared)
    return dict(zip(explanations, found, strict=True))


def wait(asked: Iterable[Asked]) -> None:
    """Have what is typical computed, and draw the page once more when it has been.

    Last of all on a page: nothing of an answer waits for it.
    """
    if session.get("scale") == scales.TYPICAL:
        waiting = [one for one in asked if not cache.compute_typical_scale(*one)]
        if waiting:
            _look(waiting)


@st.fragment(run_every=SECONDS)
def _look(waiting: list[Asked]) -> None:
    known = [cache.compute_typical_scale(*one) for one in waiting]  # each is begun
    if all(known):
        st.rerun()
