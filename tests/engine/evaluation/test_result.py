"""What an Evaluation says: intervals, differences, sentences, charts, reports."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrp_engine import InputError
from lrp_engine.evaluation import bootstrap
from lrp_engine.evaluation.explainer import CHANCE, Explainer, rules_named
from lrp_engine.evaluation.result import Evaluation
from lrp_engine.evaluation.verdict import of_random_weights
from lrp_engine.propagation.rules import ByLayer, Epsilon, Gamma

GOOD, SAME, POOR = Explainer(method="lrp", rule="a|b<c>"), Explainer(method="occlusion"), Explainer(
    method="sensitivity"
)  # fmt: skip


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(60, 1, 5)) * 0.3
    noise = rng.normal(size=(60, 4, 5)) * 0.02
    noise[:, 1] = noise[:, 0] + 0.001  # real to the bootstrap, too small to matter
    comp = base + np.array([0.3, 0.3, 0.05, 0.05])[:, None] + noise
    comp[3, 2] = np.nan  # one text that one method cannot explain
    slope = np.concatenate([rng.normal(1, 0.2, (60, 3, 1)), np.full((60, 1, 1), np.nan)], axis=1)
    return Evaluation(
        explainers=(GOOD, SAME, POOR, CHANCE),
        values={"comprehensiveness": comp, "slope": slope},
        places={"comprehensiveness": np.arange(60), "slope": np.arange(60)},
        points={"comprehensiveness": (0.01, 0.05, 0.1, 0.2, 0.5), "slope": ()},
        left_out={"shapley": "It takes long; ask for it by name."},
        texts=61, unexplained=1, seed=4,
        settings={"model": "0" * 64, "removal": "drop", "seed": 4},
    )  # fmt: skip


def test_intervals_equal_a_slow_paired_bootstrap(evaluation):
    values = evaluation.counted("comprehensiveness")
    assert len(values) == 59
    counts = np.random.default_rng(4).multinomial(59, np.full(59, 1 / 59), size=2_000)
    found = evaluation.estimates["comprehensiveness"]
    for draw in range(0, 2_000, 500):
        again = np.repeat(values, counts[draw], axis=0)
        np.testing.assert_allclose(found.draws[draw], again.mean(axis=(0, 2)), rtol=1e-12)
    assert len(evaluation.counted("slope")) == 60
    low, high = found.interval
    frame = evaluation.to_frame()
    assert list(frame) == ["method", "rule", "measure", "value", "low", "high", "n"]
    first = frame.iloc[0]
    assert (first["low"], first["high"]) == (low[0], high[0])
    assert first["value"] == pytest.approx(values[:, 0].mean(), abs=1e-12)
    # 95 % of normal means lie within 1.96 standard errors.
    error = values[:, 0].mean(axis=1).std() / np.sqrt(59)
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * error, rel=0.1)


@pytest.mark.parametrize("combine", bootstrap.COMBINE)
def test_a_text_that_counts_twice_is_two_texts(combine):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(7, 3, 6))
    values[..., [0, 3, 4]] = np.abs(values[..., [0, 3, 4]]) + 5
    counts = np.array([[1, 0, 2, 3, 0, 1, 0], [0, 1, 1, 1, 1, 1, 1]])
    once = bootstrap.COMBINE[combine]
    for row, one in zip(once(values, counts.astype(float)), counts, strict=True):
        again = np.repeat(values, one, axis=0)
        expected = once(again, np.ones((1, len(again))))[0]
        np.testing.assert_allclose(row, expected, rtol=1e-12)
        if combine == "median":
            np.testing.assert_allclose(row, np.median(again[..., 0], axis=0), rtol=1e-12)


def test_memory_does_not_follow_the_draws(monkeypatch):
    values = np.random.default_rng(2).normal(size=(50, 2, 3))
    whole = bootstrap.estimate(values, "mean", seed=1).draws
    monkeypatch.setattr(bootstrap, "BLOCK", 500)
    again = bootstrap.estimate(values, "mean", seed=1).draws
    np.testing.assert_allclose(again, whole, rtol=0, atol=1e-12)


def test_a_difference_is_real_where_it_is_sure_and_large_enough(evaluation):
    frame = evaluation.differences().set_index(["measure", "method"])
    same, poor = (frame.loc[("comprehensiveness", m)] for m in ("occlusion", "sensitivity"))
    assert same["low"] > 0
    assert not same["real"]
    assert poor["real"]
    assert not poor["better"]
    assert poor["difference"] == pytest.approx(-0.25, abs=0.01)
    against = evaluation.differences(CHANCE).set_index(["measure", "method"])
    assert against.loc[("comprehensiveness", "lrp"), "better"]
    assert not against.loc[("comprehensiveness", "sensitivity"), "real"]
    with pytest.raises(InputError, match=re.escape("choose from 'lrp (a|b<c>)', 'occlusion'")):
        evaluation.differences(Explainer(method="lime"))


def test_the_sentences_say_what_is_best_what_ties_and_what_is_chance(evaluation):
    assert evaluation.sentence == (
        "For this model and these 59 texts, Occlusion (OC) orders words best (comprehensiveness); "
        "Layer-wise Relevance Propagation (LRP, a|b<c>) cannot be told apart from it; Sensitivity "
        "Analysis (SA) does not beat chance."
    )
    assert evaluation.sentences["comprehensiveness"] == (
        "Best: OC; no real difference: LRP (a|b<c>); no better than chance: SA; SA has no number "
        "for 1 text (59 texts)."
    )
    assert "chance" not in evaluation.sentences["slope"]


def test_where_texts_are_too_short_to_count_it_is_said(evaluation):
    short = replace(evaluation, texts=65)
    assert short.sentence.startswith("For this model and these 59 texts of 5 or more words, Occ")
    assert short.sentences["slope"].endswith("(60 texts of 5 or more words).")
    documents = replace(evaluation, values={"pointing": evaluation.values["slope"]}, texts=65)
    assert documents.sentences["pointing"].endswith("(60 documents).")


def test_texts_that_are_classified_the_other_way_are_not_called_too_short(evaluation):
    values = evaluation.values["slope"]
    found = replace(evaluation, values={"deletion_right": values, "deletion_wrong": values[:1]},
                    places={}, texts=65)  # fmt: skip
    said = "60 texts that are classified right"
    assert found.sentence.startswith(f"For this model and these {said},")
    assert found.sentences["deletion_right"].endswith(f"({said}).")
    assert found.sentences["deletion_wrong"].endswith("(1 text that is classified wrong).")
    all_right = replace(found, texts=61)
    assert all_right.sentences["deletion_right"].endswith("(60 texts).")


def test_random_weights_say_whose_order_is_learned(evaluation):
    signed = np.tile(np.array([0.02, -0.1, 0.7, np.nan])[:, None], (30, 1, 2))
    absolute = np.tile(np.array([0.2, 0.1, 0.3, np.nan])[:, None], (30, 1, 2))
    found = replace(evaluation, values={
        "randomized_signed": signed, "randomized_absolute": absolute,
    }, places={})  # fmt: skip
    assert of_random_weights(found) == (
        "Layer-wise Relevance Propagation (LRP, a|b<c>) and Occlusion (OC) order words anew when "
        "all weights are random (rank correlation up to 0.20); Sensitivity Analysis (SA) keeps "
        "much of its order when all weights are random (up to 0.70): it says little of what was "
        "learned."
    )
    assert of_random_weights(evaluation) == "No text can be measured so."


def test_one_that_fails_takes_no_texts_from_the_others(evaluation):
    values = np.array(evaluation.values["comprehensiveness"])
    values[10:40, 1] = np.nan
    found = replace(evaluation, values={"comprehensiveness": values})
    assert len(found.counted("comprehensiveness")) == 59
    frame = found.to_frame().set_index("method")
    assert np.isnan(frame.loc["occlusion", "value"])
    expected = evaluation.to_frame().set_index(["measure", "method"])
    assert frame.loc["lrp", "value"] == expected.loc[("comprehensiveness", "lrp"), "value"]
    assert found.failed("comprehensiveness") == {SAME: 30, POOR: 1}
    assert found.sentence.startswith("For this model and these 59 texts, Layer-wise Relevance")
    assert "OC" not in found.sentence
    assert "OC has no number for 30 texts" in found.to_text()
    nothing = replace(evaluation, values={"comprehensiveness": values * np.nan})
    assert nothing.sentence.startswith("Nothing was measured")
    assert "No text can be measured so." in nothing.to_markdown()


def test_reports_hold_every_number_and_escape_names(evaluation):
    moved = {name: values - 0.2 for name, values in evaluation.values.items()}
    evaluation = replace(evaluation, values=moved)
    markdown, page, text = evaluation.to_markdown(), evaluation.to_html(), evaluation.to_text()
    assert (evaluation.to_frame()["value"] < 0).any()
    for row in evaluation.to_frame().itertuples():
        for report, minus in ((markdown, "−"), (page, "−"), (text, "-")):
            value, low, high = (f"{v:z.3f}".replace("-", minus) for v in row[4:7])
            assert value in report
            assert f"{low} to {high}" in report
    assert "a\\|b\\<c\\>" in markdown
    assert "a|b&lt;c&gt;" in page
    assert "<c>" not in page
    assert "script" not in page
    assert "shapley" in page
    assert "1 not explained" in text


def test_curves_are_drawn_with_bands(evaluation):
    chart = evaluation.chart("comprehensiveness").to_dict()
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["area", "line"]
    (rows,) = chart["datasets"].values()
    assert len(rows) == 4 * 5
    assert {row["explainer"] for row in rows} == {one.name for one in evaluation.explainers}
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    with pytest.raises(InputError, match="has no curve; choose from 'comprehensiveness'"):
        evaluation.chart("slope")
    with pytest.raises(InputError, match=r"was not measured \(It takes long"):
        evaluation.chart("shapley")


def test_every_text_is_there(evaluation):
    frame = evaluation.by_text()
    assert list(frame) == ["text", "method", "rule", "measure", "value"]
    one = frame[(frame["text"] == 5) & (frame["method"] == "lrp")].set_index("measure")["value"]
    expected = evaluation.values["comprehensiveness"][5, 0].mean()
    assert one["comprehensiveness"] == pytest.approx(expected, abs=1e-12)
    assert isinstance(frame, pd.DataFrame)


def test_an_evaluation_is_frozen(evaluation):
    with pytest.raises(ValueError, match="read-only"):
        evaluation.values["slope"][0] = 1
    with pytest.raises(TypeError):
        evaluation.left_out["slope"] = ""
    with pytest.raises(AttributeError):
        evaluation.texts = 3


def test_rules_are_called_by_what_differs():
    rules = rules_named([Epsilon(), Epsilon(eps=0.01, gates="half"), Gamma(gamma=0.5)])
    assert list(rules) == ["epsilon eps 0.001", "epsilon eps 0.01 gates half",
                           "gamma eps 0.001 gamma 0.5"]  # fmt: skip
    assert list(rules_named({"mine": Gamma()})) == ["mine"]
    by_layer = ByLayer([("dense", Gamma())])
    assert list(rules_named(by_layer)) == [by_layer.title]
