"""The Conservation page: the verdict and where the score goes."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import lrp_engine
from app.account import FIRST, PARTS, flow, sweeps
from app.learn import lstm
from app.navigation import View
from lrp_engine import Epsilon, InputError
from tests.app.reading import healthy, html, messages, widget


@pytest.mark.parametrize("bias_factor", [0.0, 1.0])
def test_everything_adds_up(opened, bias_factor):
    app = opened("conservation")
    widget(app, "bias_factor").set_value(bias_factor).run()
    assert healthy(app)
    assert "Passed" in messages(app)
    assert "the words carry" in html(app)


def test_the_ledger_ends_in_the_score(opened):
    table = opened("conservation").dataframe[0].value
    parts, total = table[:-1], table.iloc[-1]
    assert total["kind"] == "total"
    assert parts["relevance"].sum() == pytest.approx(total["relevance"], abs=1e-5)


def test_the_way_through_an_lstm_is_followed_once(opened, monkeypatch):
    texts = []
    real = lstm.followed

    def counted(network, found):
        texts.append(" ".join(found.tokens[0]))
        return real(network, found)

    monkeypatch.setattr(lstm, "followed", counted)
    asked = {"text": "film film bad", "edited": "film film good", "pick": "1", "path": "1"}
    app = opened(account="time", **asked).switch_page(View.CONSERVATION.file).run()
    widget(app, "palette").set_value("mono").run()
    assert "most relevance passes at" in html(app)
    app.switch_page(View.EXPLAIN.file).run()
    assert healthy(app)
    assert "stays with the word" in html(app)
    assert texts == ["film film good"]


# Through layers ----------------------------------------------------------------------------

TEXT = "neither good nor suspenseful film ."


def traced(network, bias_factor=0.0):
    rule = lrp_engine.Epsilon(bias_factor=bias_factor)
    return network.explain([TEXT], "lrp", 2, rule, layers=True)


@pytest.mark.parametrize("bias_factor", [0.0, 1.0])
def test_every_layer_hands_on_or_keeps_what_arrives(network, bias_factor):
    found = traced(network, bias_factor)
    table = flow.checks(network, found)
    assert table["passed"].all()
    assert table["layer"].tolist()[0] == "explained score"
    assert table["arrives"][0] == pytest.approx(float(found.explained_score[0]))
    assert table["kept"].sum() == pytest.approx(float(found.ledger.total[0]))
    assert "Passed: each of" in flow.check_sentence(table)


def test_a_layer_that_loses_relevance_fails_by_name(network):
    found = traced(network)
    name = network.nodes[-2].name
    broken = dataclasses.replace(
        found, layers={**found.layers, name: np.array(found.layers[name]) + 0.1}
    )
    table = flow.checks(network, broken)
    assert not table["passed"].all()
    assert name in flow.check_sentence(table)


def test_nodes_that_read_the_same_are_checked_together():
    def node(name, *inputs):
        return SimpleNamespace(name=name, inputs=inputs)

    nodes = [node("a", "input"), node("b", "input"), node("c", "a", "b"), node("d", "c")]
    groups = [[one.name for one in group] for group in flow._groups(nodes)]
    assert groups == [["d"], ["c"], ["a", "b"]]


def test_directions_add_up_to_the_words(network):
    found = traced(network)
    table = flow.directions(network, found)
    assert table["direction"].tolist() == ["forward", "backward"]
    assert table["share"].sum() == pytest.approx(1)
    assert table["handed on"].sum() == pytest.approx(float(found.token_relevance.sum()), abs=1e-5)
    assert "the forward direction" in flow.direction_sentences(table)[0]


def test_states_hand_on_what_they_receive(network):
    exact = replace(network, dtype="float64")
    one = exact.explain([TEXT], layers=True, rule=Epsilon(eps=0.01, bias_factor=0.3))
    found = lstm.followed(exact, one)
    tracks = {track.name: track.values for track in flow.state_tracks(found)}
    node = found.node
    assert sum(v for k, v in tracks.items() if k.endswith("to the input")) == pytest.approx(
        one.token_relevance[0], abs=1e-12
    )
    for way, order in (("forward", range(len(one.tokens[0]))),
                       ("backward", range(len(one.tokens[0]) - 1, -1, -1))):  # fmt: skip
        hidden, cell, given = (
            tracks[f"{node}, {way}: {name}"]
            for name in ("hidden state", "cell state", "to the input")
        )
        steps = {k: v[0] for k, v in one.ledger.steps.items() if k.startswith(f"{node}/{way}/")}
        for earlier, later in itertools.pairwise(order):
            goes = given[later] + sum(kept[later] for kept in steps.values())
            # What arrives at a cell goes to the word, to the ledger, or to the step before.
            before = found.returns[way].from_later[earlier].sum() + hidden[earlier]
            assert cell[later] == pytest.approx(goes + before, abs=1e-12)
    said = flow.state_sentences(found)
    assert len(said) == 2
    assert "Reading forward" in said[0]


def test_states_are_refused_where_they_would_be_wrong(network):
    one = network.explain([TEXT], layers=True, rule=Epsilon(gates="half"))
    with pytest.raises(InputError, match="epsilon rule"):
        lstm.followed(network, one)


def test_tracks_are_the_words_and_what_is_kept(network):
    found = traced(network)
    tracks = flow.tracks(network, found)
    assert tracks[0].values == pytest.approx(found.token_relevance[0])
    assert len(tracks) == 1  # no layer hands its hidden states on
    kept = sum(track.values for track in flow.kept_tracks(found))
    assert kept == pytest.approx(sum(array[0] for array in found.ledger.steps.values()))


# Sweeps and precision ----------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "values"), [
    (sweeps.EPS, (1e-6, 1e-3, 1.0)), (sweeps.BIAS_FACTOR, (0.0, 0.5, 1.0))])  # fmt: skip
def test_a_sweep_is_what_the_engine_says_at_each_value(network, setting, values):
    sweep = sweeps.run(network, TEXT, 2, setting=setting, values=values, rule=lrp_engine.Epsilon())
    for n, value in enumerate(values):
        rule = lrp_engine.Epsilon(**{setting: value})
        one = network.explain([TEXT], "lrp", 2, rule)
        assert sweep.words[n] == pytest.approx(one.token_relevance[0])
    leak = sweeps.leak_lines(sweep).groupby("setting")["relevance"].sum()
    assert leak.to_numpy() == pytest.approx([sweep.score] * 3, abs=1e-5)
    assert set(sweeps.word_lines(sweep)["setting"]) == set(values)
    assert len(sweeps.table(sweep)) == 3
    assert sweeps.TITLES[setting] in sweeps.sentence(sweep)
    drawn = sweeps.chart(sweeps.leak_lines(sweep), setting, "Leak", now=[values[0]]).to_dict()
    assert "log" in str(drawn) or setting == sweeps.BIAS_FACTOR


def test_with_a_bias_factor_of_one_nothing_leaks_but_into_initial_states(network):
    sweep = sweeps.run(network, TEXT, 2, setting=sweeps.BIAS_FACTOR, values=(0.0, 1.0),
                       rule=lrp_engine.Epsilon())  # fmt: skip
    assert abs(sweep.biases[0]) > 1e-3
    assert sweep.biases[1] + sweep.stabilizers[1] == pytest.approx(0, abs=1e-5)


def test_the_other_precision_differs_by_rounding_only(network):
    double = dataclasses.replace(network, dtype="float64")
    one, other = traced(network), traced(double)
    table = sweeps.precisions(one, other)
    assert 0 < table["difference"].abs().max() < 1e-5
    assert abs(float(other.conservation_error[0])) < 1e-12
    assert "Between float32 and float64" in sweeps.precision_sentence(one, other)


SAYS = {
    "score": "the words carry",
    "time": "Of the relevance that reaches",
    "layers": "Passed: each of",
    "settings": "From bias factor",
    "precision": "Between float32 and float64",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_a_link_and_the_verdict_stands_above_each(opened, part):
    app = opened(account=part).switch_page(View.CONSERVATION.file).run()
    assert healthy(app)
    assert messages(app).count("Passed") == (2 if part == "layers" else 1)
    assert SAYS[part] in html(app) + messages(app)
    others = [said for name, said in SAYS.items() if name not in (part, "score")]
    assert not any(said in html(app) + messages(app) for said in others)
    assert dict(app.query_params).get("account", FIRST) == part
    widget(app, "account").set_value(FIRST).run()
    assert healthy(app)
    assert app.dataframe[0].value.iloc[-1]["kind"] == "total"


def test_a_part_that_does_not_exist_is_ignored_with_a_notice(opened):
    said = messages(opened(account="sideways"))
    assert "expected score or time or layers or settings or precision" in said
