"""Charts and tables: every number exact, repeated words apart, unsigned never diverging."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
import streamlit as st

from app.compare.ranks import (
    AGREEMENT_SCALE,
    LEAST_WORDS,
    agreement_sentence,
    agreement_sentences,
    rank_agreement,
)
from app.components import drawn
from app.figures import axes, charts
from app.figures.charts import (
    conservation_verdict,
    ledger_table,
    score_bars,
    scores_table,
    step_chart,
    step_table,
    token_bars,
    token_table,
    waterfall,
    waterfall_table,
)
from app.figures.tables import step_runs
from app.figures.zeros import plain_zeros
from lrp_engine import METHODS, Epsilon, InputError, Ledger
from lrp_engine.render.numbers import NO_BREAK
from lrp_engine.render.palettes import PALETTES, THEMES
from tests import zoo
from tests.contrast import contrast

WORDS = ["<unk>", "not", "good", "bad", "the", "film", "a\nb"]
TEXT = ["the", "film", "not", "good", "not", "good", "zebra", "a\nb"]
E, C = zoo.E, 3


@pytest.fixture(scope="module")
def reader():
    return zoo.reader(WORDS, ["negative", "neutral", "positive"], seed=5)


@pytest.fixture(scope="module")
def explanations(reader):
    return reader.explain_all([TEXT], methods=list(METHODS))


@pytest.fixture(scope="module")
def long(reader):
    rng = np.random.default_rng(0)
    return reader.explain([[WORDS[n] for n in rng.integers(1, 6, 5000)]])


def bars(chart: alt.LayerChart) -> pd.DataFrame:
    """The data of a chart's bars."""
    assert chart.to_dict()  # valid by Vega-Lite's schema
    own = chart.layer[0].data
    return chart.data if own is alt.Undefined else own  # layers of the same data share it


def texts(chart: alt.LayerChart) -> str:
    return json.dumps(chart.to_dict(), ensure_ascii=False)


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_token_bars(explanations, method, name):
    explanation = explanations[method.name]
    chart = token_bars(explanation, palette=name)
    data, palette = bars(chart), PALETTES[name]
    assert data["value"].tolist() == explanation.token_relevance[0].tolist()
    assert data["row"].is_unique  # repeated words stay apart
    assert data["row"].tolist() == sorted(data["row"])  # in reading order
    assert [row[6:].split("  ")[0] for row in data["row"]] == [
        "the", "film", "not", "good", "not", "good", "zebra?", "a↵b",
    ]  # fmt: skip
    if method.signed:
        expected = [
            palette.negative_mark if v < 0 else palette.positive_mark for v in data["value"]
        ]
        # What reads as zero has no sign.
        assert all(row[-5] in (" " if row.endswith("0.00") else "+−") for row in data["row"])
    else:
        expected = [palette.unsigned_mark] * len(data)
    assert data["colour"].tolist() == expected
    assert method.unit in texts(chart)


def test_token_bars_of_a_contrast(reader):
    chart = token_bars(reader.explain([TEXT], target=(0, 2)))
    assert set(bars(chart)["direction"]) <= {"supports negative", "supports positive"}


@pytest.mark.parametrize("method", METHODS)
def test_long_texts_show_the_strongest_and_say_so(long, method):
    explanation = replace(long, method=method)
    chart = token_bars(explanation, strongest=40)
    data = bars(chart)
    assert len(data) == 40
    assert data["position"].is_monotonic_increasing
    sizes = np.abs(explanation.token_relevance[0])
    assert data["value"].abs().min() >= np.sort(sizes)[-40]
    assert "The 40 strongest of 5,000 words" in texts(chart)
    assert "strongest" not in texts(token_bars(explanation, strongest=5000))


def test_nothing_of_a_chart_outgrows_a_phone(reader, long):
    word = "donaudampfschifffahrtsgesellschaft"
    one = reader.explain([f"{word} film film"])
    data = bars(token_bars(one, pick=0))
    assert data["row"].iloc[0][6:].startswith("▸ donaudampfschifffahrt…?  ")
    assert data["number"].tolist() == [1, 2, 3]
    title = token_bars(replace(one, labels=("no", word, word)), pick=0).to_dict()["title"]["text"]
    wide, narrow = map(
        json.loads, re.fullmatch(r"width > \d+ \? (.*) : (.*)", title["expr"]).groups()
    )
    assert [" ".join(narrow)] == wide
    assert wide[0].startswith(one.method_info.title)
    assert max(map(len, narrow)) <= 34
    strongest = bars(token_bars(long, strongest=5))  # words are told apart by their numbers
    rows = strongest["row"].str[6:].tolist()
    assert [row.split(". ")[0] for row in rows] == strongest["number"].astype(str).tolist()


def test_what_reads_as_zero_in_a_table_has_no_sign():
    table = pd.DataFrame(
        {"a": [-0.00004, -0.00006, 2.0, np.nan], "n": [-1, 0, 1, 2], "b": [-0.4] * 4}
    )
    shown = {"a": "%.4f", "b": "%.0f %%"}
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in shown.items()}
    decimals = {name: drawn._decimals(one) for name, one in columns.items()}
    assert decimals == {"a": 4, "b": 0}
    assert drawn._decimals(st.column_config.NumberColumn(format="%g")) is None
    assert drawn._decimals("text") is None
    plain = plain_zeros(table, decimals | {"gone": 2, "n": 1})
    assert not any(f"{value:.4f}" == "-0.0000" for value in plain["a"])
    assert plain["a"].tolist()[1:3] == [-0.00006, 2.0]
    assert np.isnan(plain["a"].iloc[3])
    assert plain["b"].tolist() == [0.0] * 4
    assert not np.signbit(plain[["a", "b"]].iloc[0]).any()
    assert plain["n"].tolist() == [-1, 0, 1, 2]


def test_zeros(explanations):
    explanation = explanations["lrp"]
    nil = replace(explanation, relevance=np.zeros_like(explanation.relevance))
    assert bars(token_bars(nil))["value"].eq(0).all()
    assert bars(waterfall(nil))["end"].iloc[-1] == explanation.explained_score[0]


def test_no_words(reader):
    empty = reader.explain([[]])
    for chart in (token_bars(empty), waterfall(empty), score_bars(empty), step_chart(empty)):
        assert chart.to_dict()
    assert len(token_table({"lrp": empty})) == 0
    assert rank_agreement(empty, empty) is None


@pytest.mark.parametrize("target", [None, 1, (0, 2)])
@pytest.mark.parametrize("rule", [Epsilon(), Epsilon(eps=0.1, bias_factor=1.0)])
def test_waterfall_ends_at_the_score(reader, target, rule):
    explanation = reader.explain([TEXT], target=target, rule=rule)
    table = waterfall_table(explanation)
    steps, total = table.iloc[:-1], table.iloc[-1]
    score = explanation.explained_score[0]
    assert steps["end"].iloc[-1] == total["end"] == score  # exactly
    assert steps["start"].iloc[0] == total["start"] == 0
    assert steps["start"].iloc[1:].tolist() == steps["end"].iloc[:-1].tolist()
    assert steps["relevance"].to_numpy() == pytest.approx(
        (steps["end"] - steps["start"]).to_numpy(), abs=1e-12
    )
    assert steps["relevance"].sum() == pytest.approx(score, abs=1e-12)
    assert (steps["kind"] == "word").sum() == len(TEXT)
    assert set(steps["kind"]) == {"word", "initial state", "bias", "stabilizer", "rounding"}
    assert bars(waterfall(explanation))["row"].is_unique


def test_waterfall_groups_many_words(long):
    table = waterfall_table(long)
    words = table[table["kind"].isin(["word", "words"])]
    assert (table["kind"] == "word").sum() == charts.tables.WATERFALL_STRONGEST
    assert len(words) <= charts.tables.WATERFALL_STRONGEST + 2
    assert words["relevance"].sum() == pytest.approx(long.token_relevance.sum())
    assert table["end"].iloc[-2] == long.explained_score[0]
    counts = [
        int(step.split()[0].replace(",", "")) for step in table["step"] if "other words" in step
    ]
    assert sum(counts) == 5000 - charts.tables.WATERFALL_STRONGEST


@pytest.mark.parametrize("method", [m for m in METHODS.values() if m.completeness != "score"])
def test_no_account_without_a_sum(explanations, method):
    for function in (waterfall, waterfall_table, ledger_table, conservation_verdict):
        with pytest.raises(InputError, match="does not promise"):
            function(explanations[method.name])
    with pytest.raises(InputError, match="per time step"):
        step_chart(explanations[method.name])


def test_ledger_table_adds_up(explanations):
    explanation = explanations["lrp"]
    table = ledger_table(explanation)
    total = table.iloc[-1]
    assert total["kind"] == "total"
    assert total["relevance"] == explanation.explained_score[0]
    assert total["share"] == 1
    assert table["relevance"].iloc[:-1].sum() == pytest.approx(total["relevance"], abs=1e-12)
    assert len(table) == 3 + len(explanation.initial_states) + len(explanation.ledger)
    assert "bilstm, forward: biases of the cell signal" in set(table["part"])
    assert "output: stabilizers of the weighted sum" in set(table["part"])


@pytest.mark.parametrize(
    ("dtype", "relative", "said"),
    [("float32", 1e-4, "0.0001"), ("float64", 1e-10, "1 × 10⁻¹⁰".replace(" ", NO_BREAK))],
)
def test_verdict(reader, dtype, relative, said):
    chosen = reader if dtype == reader.dtype else replace(reader, dtype=dtype)
    explanation = chosen.explain([TEXT])
    verdict = conservation_verdict(explanation)
    assert verdict.ok
    assert verdict.sentence.startswith("Passed")
    assert abs(verdict.error) <= verdict.tolerance
    assert f": {said} (for {dtype})" in verdict.sentence
    assert dtype in verdict.sentence
    sizes = np.abs(explanation.token_relevance[0]).sum()
    sizes += sum(abs(kept[0]) for kept in explanation.ledger.values())
    scale = max(abs(explanation.explained_score[0]), sizes)
    assert verdict.tolerance == pytest.approx(relative * scale)
    wrong = replace(explanation, explained_score=explanation.explained_score + 0.01)
    assert not conservation_verdict(wrong).ok
    assert conservation_verdict(wrong).sentence.startswith("Failed")
    broken = replace(explanation, explained_score=np.array([np.nan]))
    assert not conservation_verdict(broken).ok


def test_steps(explanations):
    explanation = explanations["lrp"]
    table = step_table(explanation)
    steps = explanation.ledger.steps
    assert table["kept"].sum() == pytest.approx(sum(array.sum() for array in steps.values()))
    forward = table[(table["place"] == "bilstm, forward") & (table["kind"] == "bias")]
    expected = sum(
        array[0]
        for name, array in steps.items()
        if name.startswith("bilstm/forward") and name.endswith("bias")
    )
    assert forward["kept"].tolist() == pytest.approx(expected.tolist())
    data = bars(step_chart(explanation))
    assert data["kept"].sum() == pytest.approx(table["kept"].sum())
    assert "bilstm, backward: biases" in set(data["part"])


def test_steps_kept_by_many_parts_have_a_colour_each(explanations):
    one = explanations["lrp"]
    steps = {
        f"{layer}/{way}/signal/{kind}": np.full((1, len(one.tokens[0])), 0.1)
        for layer in ("a", "b")
        for way in ("forward", "backward")
        for kind in ("bias", "stabilizer")
    }  # fmt: skip
    silent = {"c/forward/signal/bias": np.zeros((1, len(one.tokens[0])))}
    many = replace(one, ledger=Ledger({}, steps | silent, len(one.tokens[0])))
    for most, parts in (
        (6, {"a: biases", "a: stabilizers", "b: biases", "b: stabilizers"}),
        (3, {"biases", "stabilizers"}),
    ):
        table, _ = step_runs(many, most=60, parts=most)
        assert set(table["part"]) == parts
        assert table["kept"].sum() == pytest.approx(0.8 * len(one.tokens[0]))
    table, _ = step_runs(many, most=60, parts=8)
    assert table["part"].nunique() == 8


def test_labels_of_features_and_steps_stay_whole():
    assert axes.brief("body mass index = −0.123456", "feature") == "body mass index"
    assert axes.brief("bare", "feature") == "bare"
    assert axes.counted(2, "nor") == "3. nor"
    assert axes.counted(2, "3: 0.5, 1", "step") == "3: 0.5, 1"
    assert axes.time_title("step") == "time step"
    assert axes.time_title("word") == "word at the time step"


def test_steps_of_a_long_text_are_summed(long):
    chart = step_chart(long)
    data = bars(chart)
    assert data["step"].nunique() <= charts.STEPS_SHOWN
    assert data["kept"].sum() == pytest.approx(step_table(long)["kept"].sum())
    assert "Summed over runs of 84 words" in texts(chart)


@pytest.mark.parametrize("target", [None, 1, (0, 2)])
def test_scores(reader, target):
    explanation = reader.explain([TEXT], target=target)
    table = scores_table(explanation)
    assert table["score"].tolist() == explanation.scores[0].tolist()
    assert table["probability"].sum() == pytest.approx(1)
    assert table["predicted"].tolist() == [c == explanation.predicted[0] for c in range(C)]
    chart = score_bars(explanation)
    rows = " ".join(bars(chart)["row"])
    assert "predicted" in rows
    assert ("explained for" in rows and "explained against" in rows) is isinstance(target, tuple)
    assert "explained" in rows


def test_many_classes_are_cut_but_not_the_explained_one(explanations):
    rng = np.random.default_rng(0)
    many = replace(
        explanations["lrp"],
        labels=tuple(f"class {n}" for n in range(300)),
        scores=np.sort(rng.normal(size=(1, 300)))[:, ::-1],
        probabilities=np.full((1, 300), 1 / 300),
        target=np.array([299]),
    )
    chart = score_bars(many)
    assert len(bars(chart)) == charts.CLASSES_SHOWN + 1
    assert "21 of 300 classes" in texts(chart)
    assert "class 299 (explained)" in texts(chart)


def test_token_table(explanations):
    table = token_table(explanations)
    assert table["position"].tolist() == list(range(len(TEXT)))
    assert table["token"].tolist() == [*TEXT[:-1], "a↵b"]
    assert table["unknown"].tolist() == [False] * 6 + [True, False]
    for explanation in explanations.values():
        column = f"{explanation.method_info.short} ({explanation.method_info.unit})"
        assert table[column].tolist() == explanation.token_relevance[0].tolist()


def test_different_texts_are_refused(reader, explanations):
    other = reader.explain([["good"] * len(TEXT)])
    with pytest.raises(InputError, match="different texts"):
        token_table({"lrp": explanations["lrp"], "other": other})
    with pytest.raises(InputError, match="different texts"):
        rank_agreement(explanations["lrp"], other)
    with pytest.raises(InputError, match="no explanation"):
        token_table({})


def with_values(explanation, values):
    """A copy whose words have these values."""
    relevance = np.zeros((1, len(values), E))
    relevance[0, :, 0] = values
    return replace(
        explanation,
        tokens=(("w",) * len(values),),
        unknown=np.zeros((1, len(values)), bool),
        relevance=relevance,
    )


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, -2, 3, -4], [1, 2, 3, 4], 1.0),  # sizes count, not signs
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 2, 3], [1, 2, 3, 4], 0.9486832980505138),  # ties share their rank
        ([106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
         [7, 27, 2, 50, 28, 29, 20, 12, 6, 17], -29 / 165),
        ([1, 1, 1], [1, 2, 3], None),
        ([1, 2], [1, 2], None),
    ],
)  # fmt: skip
def test_rank_agreement(explanations, one, two, expected):
    a, b = (with_values(explanations["lrp"], values) for values in (one, two))
    value = rank_agreement(a, b)
    assert value == (expected if expected is None else pytest.approx(expected))
    sentence = agreement_sentence(a, b)
    judged = expected is not None and len(one) >= LEAST_WORDS
    assert sentence.startswith("LRP and LRP" if judged else "Whether")
    assert sentence.endswith(".")


def test_agreement_in_words(explanations):
    values = list(range(LEAST_WORDS))
    a = with_values(explanations["lrp"], values)
    b = with_values(explanations["sensitivity"], values)
    assert agreement_sentence(a, b).startswith(
        "LRP and SA put the words in nearly the same order of importance: rank agreement 1.00"
    )
    assert agreement_sentences([a, b]) == [agreement_sentence(a, b), AGREEMENT_SCALE]
    assert agreement_sentences([a]) == []
    short = with_values(explanations["lrp"], values[:-1])
    why = "seven words are too few; at least eight are needed"
    said = f"Whether LRP and LRP agree cannot be said: {why}."
    assert agreement_sentences([short, short]) == [said]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_categories_stand_out(theme):
    for colour in charts.CATEGORIES:
        assert contrast(colour, theme.background) >= 3


def test_features(explanations):
    network = zoo.NETWORKS["dense"](zoo.Draw(0))
    explanation = network.explain(np.ones((1, 6)))
    assert len(bars(token_bars(explanation))) == 6
    assert waterfall_table(explanation)["end"].iloc[-1] == explanation.explained_score[0]
    with pytest.raises(InputError, match="per time step"):
        step_chart(explanation)


def test_second_sample_of_a_batch(reader):
    both = reader.explain([["good"], TEXT])
    alone = reader.explain([TEXT])
    assert bars(token_bars(both[0]))["value"].size == 1
    one, other = waterfall_table(both[1]), waterfall_table(alone)
    assert one["end"].to_numpy() == pytest.approx(other["end"].to_numpy(), abs=1e-5)
    assert len(step_table(both[0])) * len(TEXT) == len(step_table(both[1]))


def test_charts_set_no_text_colour_and_no_gradient_legend(explanations):
    explanation = explanations["lrp"]
    for chart in (
        token_bars(explanation),
        score_bars(explanation),
        waterfall(explanation),
        step_chart(explanation),
    ):
        found = texts(chart)
        for word in ("labelColor", "titleColor", "subtitle", '"type": "text"', "gradient"):
            assert word not in found


def test_modules_import_no_streamlit():
    for module in (charts, charts.tables):
        assert "streamlit" not in Path(module.__file__).read_text().split('"""', 2)[2]
