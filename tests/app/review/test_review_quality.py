"""Quality of a model on labelled texts, by hand and by slow loops."""

from __future__ import annotations

import json
from math import sqrt

import altair as alt
import numpy as np
import pandas as pd
import pytest

from app.figures import quality_charts
from app.models import samples
from app.review.quality import (
    Share,
    calibration,
    calibration_error,
    of_confusion,
    quality,
    wilson,
)
from app.review.true_classes import TrueClasses


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (10, 10), (81, 130), (1, 1), (500, 1000)])
def test_the_interval_is_where_the_test_of_a_share_turns(hits, of):
    """Wilson's ends are the shares p whose normal test the observed share just passes."""
    for end in wilson(hits, of):
        if 1e-9 < end < 1 - 1e-9:
            distance = abs(hits / of - end) / sqrt(end * (1 - end) / of)
            assert distance == pytest.approx(1.959964, rel=1e-6)
    assert wilson(0, 0) == (0, 1)


def test_the_interval_of_a_known_share():
    # R's prop.test(81, 130, correct = FALSE): 0.5374 to 0.7015
    assert wilson(81, 130) == pytest.approx((0.5374, 0.7017), abs=5e-4)


def test_classes_by_hand():
    truth = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    found = quality(truth, predicted, TrueClasses(tuple("abcde")))
    said = str(found.accuracy).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("50.0 % (3 of 6; 95 % interval 18.8 % to 81.2 %")
    assert " %" not in str(found.accuracy)  # no line begins with a percent sign
    assert found.within_one == Share(5, 6)
    assert [one.label for one in found.classes] == [0, 1, 2]
    first, second, third = found.classes
    assert (first.precision, first.recall) == (2 / 4, 2 / 3)
    assert first.f1 == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert (second.precision, second.recall, second.f1) == (1 / 2, 1 / 2, 1 / 2)
    assert np.isnan(third.precision)
    assert (third.recall, third.f1) == (0, 0)
    assert found.macro_f1 == pytest.approx((first.f1 + 0.5) / 3)
    assert quality(truth[:0], predicted[:0], TrueClasses(tuple("abcde"))) is None
    assert quality(truth[:5], predicted[:5], TrueClasses(tuple("ab"))).within_one is None


@pytest.mark.parametrize("sample", samples.samples(), ids=lambda one: one.name)
def test_a_sample_model_says_of_its_test_set_what_its_metrics_say(sample):
    said = json.loads((sample.folder / samples.METRICS).read_text("utf-8"))["test"]
    tested = samples.tested(sample.folder)
    found = of_confusion(tested.confusion)
    assert found.accuracy.value == pytest.approx(said["accuracy"], abs=5e-5)
    for name, value in said.get("f1", {}).items():
        at = json.loads((sample.folder / samples.METRICS).read_text("utf-8"))["labels"].index(name)
        assert found.classes[at].f1 == pytest.approx(value, abs=5e-5)
    if "within_one_class" in said:
        assert found.within_one.value == pytest.approx(said["within_one_class"], abs=5e-5)
        assert found.macro_f1 == pytest.approx(said["macro_f1"], abs=5e-5)
    assert tested.mistakes == (sample.name in ("sentiment", "attention", "spam"))


def test_a_folder_without_metrics_says_nothing(tmp_path):
    assert samples.tested(tmp_path) is None
    (tmp_path / samples.METRICS).write_text('{"test": {}}')
    assert samples.tested(tmp_path) is None


def test_calibration_equals_a_loop():
    rng = np.random.default_rng(0)
    confidence = np.append(rng.uniform(0.2, 1, 200), [1.0, 0.5])
    right = rng.random(202) < confidence
    bins = calibration(confidence, right)
    error = 0.0
    for one in bins:
        inside = [
            n for n, p in enumerate(confidence)
            if one.low <= p < one.high or (one.high == 1 and p == 1)
        ]  # fmt: skip
        assert one.right == Share(sum(bool(right[n]) for n in inside), len(inside))
        assert one.confidence == pytest.approx(sum(confidence[n] for n in inside) / len(inside))
        error += len(inside) / 202 * abs(one.confidence - one.right.value)
    assert sum(one.right.of for one in bins) == 202
    assert calibration_error(bins) == pytest.approx(error)


def test_charts_hold_the_numbers():
    bins = pd.DataFrame(
        {"confidence": [0.5], "accuracy": [0.25], "low": [0.1], "high": [0.6], "texts": [8]}
    )
    chart = quality_charts.calibration(bins)
    assert isinstance(chart, alt.LayerChart)
    rows = [one for data in chart.to_dict()["datasets"].values() for one in data]
    assert bins.to_dict("records")[0] in rows
    table = pd.DataFrame(
        {"word": ["good", "good"], "negated": [False, True], "mean": [1.0, -2.0], "count": [3, 1]}
    )
    spec = quality_charts.words(table, "yes", "score").to_dict()
    rows = [one for d in spec["datasets"].values() for one in d if "row" in one]
    assert [one["word"] for one in rows] == ["good", "(not) good"]
    assert [one["mean"] for one in rows] == [1.0, -2.0]
    assert rows[0]["colour"] != rows[1]["colour"]
