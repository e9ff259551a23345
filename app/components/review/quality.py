"""How good the model is on this set, whether its confidence is deserved, how reviewers agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.components import drawn
from app.components import quality as table
from app.components.review.common import Desk
from app.figures import quality_charts
from app.review import quality, reviewers
from app.review.outcomes import NO_CLASS
from app.review.quality import Quality, Share
from app.text.markdown import plain
from lrp_engine.render.numbers import percentage

FEW = 100  # texts: fewer say little of calibration


def show(desk: Desk) -> None:
    summary = desk.tables.summary
    judged = summary[(summary["truth"] != NO_CLASS) & (summary["said"] != NO_CLASS)]
    truth, predicted = (judged[name].to_numpy(int) for name in ("truth", "said"))
    found = quality.quality(truth, predicted, desk.set.true_classes)
    if found is None:
        st.info(
            "No text of this set has a true class, so nothing can be said of its quality. Add true "
            "classes under “Labels”."
        )
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            st.header("On this set", anchor=False)
            table.show(found, desk.set.true_classes)
            over_sampled(desk, found.accuracy)
        with right:
            st.header("Confidence", anchor=False)
            _calibration(judged["confidence"].to_numpy(float), (judged["off"] == 0).to_numpy())
    _reviewers(desk)


def over_sampled(desk: Desk, accuracy: Share) -> None:
    """Where mistakes are over-sampled: the rate on the test set beside."""
    whole = _whole(desk)
    if whole is None:
        return
    st.warning(quality.over_sampled(accuracy, whole.accuracy), icon=":material/balance:")


def beside(desk: Desk) -> list[str]:
    """What stands beside the counts of a set in which mistakes are over-sampled, as HTML."""
    whole = _whole(desk)
    if whole is None:
        return []
    return [
        f"mistakes over-sampled: on its test set <b>{percentage(whole.accuracy.value)}</b> right"
    ]


def _whole(desk: Desk) -> Quality | None:
    """Of the whole test set, where the set holds examples in which mistakes are over-sampled."""
    model = desk.model
    if model is None or model.tested is None or not desk.set.examples:
        return None
    return table.of_test_set(model) if model.tested.mistakes else None


def _calibration(confidence: np.ndarray, right: np.ndarray) -> None:
    bins = quality.calibration(confidence, right)
    points = pd.DataFrame(
        {
            "confidence": [one.confidence for one in bins],
            "accuracy": [one.right.value for one in bins],
            "low": [one.right.interval[0] for one in bins],
            "high": [one.right.interval[1] for one in bins],
            "texts": [one.right.of for one in bins],
        }
    )
    drawn.chart(
        quality_charts.calibration(points),
        alt="For each tenth of confidence the share of texts that are right, with 95 % intervals.",
    )
    count = len(confidence)
    few = f" The intervals are wide: there are only {count:,} texts." if count < FEW else ""
    st.caption(
        "On the dashed line the confidence is deserved; below it the model is too sure. Mean "
        f"distance (expected calibration error): {100 * quality.calibration_error(bins):.1f} "
        f"points.{few}"
    )


def _reviewers(desk: Desk) -> None:
    found = reviewers.agreements(desk.given)
    if not found:
        return
    st.header("Reviewers", anchor=False)
    st.markdown("\n".join(f"- {plain(reviewers.agreement_sentence(one))}" for one in found))
    st.caption(
        "κ is 1 where they always agree, and 0 where they agree only by chance (Cohen 1960)."
    )
