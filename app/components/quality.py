"""Quality as a table and a sentence: on Review of a set, on Model of the test set."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.models.model import Model
from app.review import class_order, quality
from app.review.quality import Quality
from app.review.true_classes import TrueClasses
from app.text.markdown import plain
from lrp_engine.render.wording import visible

SHARE = st.column_config.NumberColumn(format="%.1f %%", width=72)


def of_test_set(model: Model) -> Quality | None:
    """How a bundled model did on its test set; None where nobody says."""
    return None if model.tested is None else quality.of_confusion(model.tested.confusion)


def section(model: Model) -> None:
    """The same as a part of a page; nothing where nobody says."""
    found = of_test_set(model)
    if found is None:
        return
    st.header("Quality", anchor=False)
    st.markdown("On its test set, which it never saw in training:")
    show(found, TrueClasses(model.network.labels))


def show(found: Quality, classes: TrueClasses) -> None:
    """Accuracy with its interval, within one class where they stand in an order, and a table."""
    lines = [f"**Accuracy** {plain(str(found.accuracy))}."]
    if found.within_one is not None and class_order.in_order(classes.labels):
        lines.append(f"Within one class: {plain(str(found.within_one))}.")
    st.markdown("  \n".join(lines))
    table = pd.DataFrame(
        {
            "class": [visible(classes.name(one.label)) for one in found.classes],
            "texts": [one.texts for one in found.classes],
            "predicted": [one.predicted for one in found.classes],
            "precision": [100 * one.precision for one in found.classes],
            "recall": [100 * one.recall for one in found.classes],
            "F1": [100 * one.f1 for one in found.classes],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(width=180 if classes.groups else 115),
            "texts": st.column_config.NumberColumn(width=55),
            "predicted": st.column_config.NumberColumn(width=75),
            "precision": SHARE,
            "recall": SHARE,
            "F1": SHARE,
        },
        placeholder="–",
        alt="Each class: its texts, how many were predicted as it, precision, recall, F1.",
    )
    st.caption(
        f"Mean F1 of the classes (macro): {100 * found.macro_f1:.1f} %. Precision: the "
        "share of the texts predicted as a class that belong to it. Recall: the share of its texts "
        "that are found. F1: their harmonic mean."
    )
