"""The picker of real sentences, with filters on what is true and what the model says."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components.quality import of_test_set
from app.models.model import RIGHT, WRONG, Model, matching
from app.review.quality import Share, over_sampled
from app.state import session, widgets
from lrp_engine.render.wording import visible

VERDICTS = {session.ANY: "right or wrong", RIGHT: "right", WRONG: "wrong"}


def picker(model: Model) -> None:
    """Filters and the list; what is picked is asked about."""
    shown = _filtered(model) if model.network.decides else [*range(len(model.examples))]
    st.selectbox(
        f"{len(shown)} of {len(model.examples)} {'sentences' if model.reads_text else 'examples'}",
        shown,
        format_func=lambda n: visible(model.line(model.examples[n].text)),
        placeholder="Pick one, or type to search" if shown else "None fits the filters",
        disabled=not shown,
        **widgets.pick(
            "example",
            lambda n: model.examples[n].text,
            session.set_text if model.reads_text else session.set_numbers,
        ),
    )


def _filtered(model: Model) -> list[int]:
    """What the examples are, the filters, and the examples that pass them."""
    labels = model.network.labels
    classes = [session.ANY, *range(len(labels))]

    def named(c: int | str) -> str:
        return visible(labels[c]) if isinstance(c, int) else "any class"

    st.selectbox("True class", classes, format_func=named, **widgets.bind("true_class", labels))
    st.selectbox(
        "Predicted class", classes, format_func=named, **widgets.bind("said_class", labels)
    )
    st.selectbox(
        "The model is", list(VERDICTS), format_func=VERDICTS.__getitem__,
        **widgets.bind("verdict"),
    )  # fmt: skip
    predicted = cache.predicted(model)
    whole = of_test_set(model)
    if whole is not None and model.tested is not None and model.tested.mistakes:
        labelled = [n for n, example in enumerate(model.examples) if example.label is not None]
        right = len(matching(model.examples, predicted, verdict=RIGHT))
        st.caption(over_sampled(Share(right, len(labelled)), whole.accuracy))
    return matching(
        model.examples,
        predicted,
        true_class=session.optional("true_class"),
        predicted_class=session.optional("said_class"),
        verdict=session.optional("verdict"),
    )
