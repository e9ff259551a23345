"""The lesson: its numbers are the engine's, its steps are links, nothing on it breaks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape

import numpy as np
import pytest

from app import learn, settings
from app.components.learn import lesson
from app.learn import charts, formulas, gates, lstm, sums, words
from app.learn import deletion as learned
from app.methods import LEFT_OUT_METHOD
from lrp_engine import Epsilon, InputError, Network
from lrp_engine.attribution.ablation import deletion
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.layers import LSTM, Bidirectional, Dense
from lrp_engine.model.graph import Node
from tests.app.reading import component, healthy, html, messages, press, widget
from tests.app.tiny import LABELS, C, E, H

TEXT = "neither good nor bad film ."
RULES = (Epsilon(), Epsilon(eps=0.05, bias_factor=0.4), Epsilon(bias_factor=1.0))


def latex(app) -> str:
    """All formulas."""
    return "\n".join(element.value for element in app.latex)


def stacked(network: Network) -> Network:
    """A network whose words are read by one LSTM that hands on every state, backwards."""
    rng = np.random.default_rng(3)

    def read(units: int, **options: bool) -> LSTM:
        sizes = ((units, 4 * H), (H, 4 * H), (4 * H,))
        return LSTM(*(rng.normal(0, 0.5, size) for size in sizes), **options)

    return replace(
        network,
        nodes=(
            network.nodes[0],
            Node("one", read(E, return_sequences=True, go_backwards=True), ("embedding",)),
            Node("two", read(H), ("one",)),
            Node("scores", Dense(rng.normal(size=(H, C)), rng.normal(size=C)), ("two",)),
        ),
    )


@pytest.fixture(scope="module", params=["bidirectional", "stacked"])
def exact(network, request) -> Network:
    found = replace(network, dtype="float64")
    return found if request.param == "bidirectional" else stacked(found)


# The numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [(1.0, 0.5, -1.0), (-2.0, 1.0, 0.3), (0.0, 0.0, 0.0)], ids=str)
@pytest.mark.parametrize(("eps", "bias_factor"), [(1e-3, 0.0), (0.5, 0.3), (1.0, 1.0)])
def test_the_sum_is_the_formula(x, eps, bias_factor):
    found = sums.account(x, eps=eps, bias_factor=bias_factor)
    z = sum(a * w for a, w in zip(x, sums.WEIGHTS, strict=True)) + sums.BIAS
    stabilizer = eps if z >= 0 else -eps
    s = z / (z + stabilizer)
    share = bias_factor * (sums.BIAS + stabilizer) * s / 3
    assert (found.z, found.s) == pytest.approx((z, s), abs=1e-12)
    by_hand = [a * w * s + share for a, w in zip(x, sums.WEIGHTS, strict=True)]
    assert pytest.approx(by_hand, abs=1e-12) == found.R
    assert found.bias == pytest.approx((1 - bias_factor) * sums.BIAS * s, abs=1e-12)
    assert found.total == pytest.approx(z, abs=1e-12)
    assert sum(value for _, value in found.parts()) == pytest.approx(z, abs=1e-12)


@pytest.mark.parametrize(("gate", "signal"), [(0.8, 1.5), (0.25, -2.0), (0.0, 1.0)])
def test_the_signal_takes_all(gate, signal):
    found = gates.shares(gate, signal)
    assert found.product == found.signal == pytest.approx(gate * signal)
    assert found.gate == 0
    assert found.gate_gi == found.signal_gi == pytest.approx(gate * signal)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"eps={rule.eps},{rule.bias_factor}")
def test_the_inside_of_an_lstm_is_the_engines(exact, rule):
    one = exact.explain([TEXT], rule=rule, layers=True)
    found = lstm.inside(exact, one)
    assert found.disagreement < 1e-12
    steps = one.ledger.steps
    for way, back in found.returns.items():
        place = f"{found.node}/{way}" if len(found.returns) > 1 else found.node
        kept = {name: steps[f"{place}/{name}"][0] for name in
                ("signal/bias", "signal/stabilizer", "cell/stabilizer")}  # fmt: skip
        np.testing.assert_allclose(back.bias, kept.pop("signal/bias"), atol=1e-12)
        np.testing.assert_allclose(back.stabilizer, sum(kept.values()), atol=1e-12)
        last = found.readings[way].order[-1]  # where the reading begins, going back ends
        first = found.readings[way].order[0]
        assert last != first
        np.testing.assert_allclose(
            back.to_h[first].sum(), one.initial_states[f"{place}/h"][0], atol=1e-12
        )


def test_gates_and_the_way_back_follow_from_the_numbers_beside_them(exact):
    one = exact.explain([TEXT], rule=Epsilon(eps=0.01, bias_factor=0.5), layers=True)
    found = lstm.inside(exact, one)
    for way, r in found.readings.items():
        back = found.returns[way]
        sums = r.from_word + r.from_before + r.bias
        for n, name in enumerate(lstm.PARTS):
            squash = np.tanh if name == "g" else lambda z: 1 / (1 + np.exp(-z))
            np.testing.assert_allclose(squash(sums[:, n]), getattr(r, name), atol=1e-12)
        share = back.share[:, None]
        assert (share != 0).any()
        np.testing.assert_allclose(r.f * r.c_before * back.s + share, back.to_c, atol=1e-12)
        np.testing.assert_allclose(r.i * r.g * back.s + share, back.to_g, atol=1e-12)


def test_a_share_stands_in_the_formula_where_there_is_one(exact):
    for factor, shared in ((0.0, False), (1.0, True)):
        rule = Epsilon(eps=0.01, bias_factor=factor)
        found = lstm.inside(exact, exact.explain([TEXT], rule=rule, layers=True))
        way = next(iter(found.readings))
        assert (r"\delta" in formulas.backward_step(found, way, 1, 0, eps=0.01)) is shared


def test_states_are_those_of_predictions_on_prefixes(network):
    exact = replace(network, dtype="float64")
    one = exact.explain([TEXT], layers=True)
    found = lstm.inside(exact, one)
    dense = exact.nodes[-1].layer
    words_ = one.tokens[0]
    for t in range(len(words_)):
        prefix, rest = [words_[: t + 1]], [words_[t:]]
        # The forward state after a prefix is h_t; the backward one of a suffix is h_t.
        for way, sentence in (("forward", prefix), ("backward", rest)):
            alone = lstm.inside(exact, exact.explain(sentence, layers=True))
            other = "backward" if way == "forward" else "forward"
            end = alone.readings[other].h[0 if other == "backward" else -1]
            both = {way: found.readings[way].h[t], other: end}
            h = np.concatenate([both["forward"], both["backward"]])
            np.testing.assert_allclose(
                h @ dense.kernel + dense.bias, exact.predict(sentence)[0], atol=1e-12
            )


def test_every_step_hands_on_what_arrives(exact):
    found = lstm.inside(exact, exact.explain([TEXT], layers=True))
    for way in found.returns:
        for t in range(len(found.tokens)):
            account = words.step_account(found, way, t)
            arrives, goes = (sum(v for _, v in account[part]) for part in ("arrives", "goes"))
            assert arrives == pytest.approx(goes, abs=1e-12)


def test_through_time_sums_to_the_words(exact):
    one = exact.explain([TEXT], layers=True)
    table = words.through_time(lstm.inside(exact, one))
    total = table.groupby("position")["to the word"].sum()
    np.testing.assert_allclose(total, one.token_relevance[0], atol=1e-12)


def test_the_path_of_a_word_says_what_arrives_and_goes(exact):
    explanation = exact.explain([TEXT], layers=True)
    table = words.through_time(lstm.inside(exact, explanation))
    for row, said in zip(table[table["position"] == 1].to_dict("records"),
                         words.path_sentences(table, 1), strict=True):  # fmt: skip
        values = [float(found.replace("−", "-")) for found in re.findall(r"[+−]?\d+\.\d+", said)]
        arrives, stays, kept, onward = values
        assert arrives == pytest.approx(row["arriving"], abs=0.006)
        assert stays == pytest.approx(row["to the word"], abs=0.006)
        assert arrives == pytest.approx(stays + kept + onward, abs=0.03)
    near = words.around(table, 2)
    assert near["position"].between(2 - words.AROUND, 2 + words.AROUND).all()


def test_padding_is_passed_by(network):
    rng = np.random.default_rng(0)
    layer = network.nodes[1].layer.forward_layer
    x = rng.normal(size=(4, E))
    real = np.array([True, False, True, True])
    full, short = lstm.read(layer, x, real), lstm.read(layer, x[real], real[real])
    np.testing.assert_array_equal(full.h[real], short.h)
    back = lstm.send_back(full, x, rng.normal(size=H), eps=1e-3, bias_factor=1.0)
    assert not back.to_x[1].any()


def test_words_not_read_by_an_lstm_are_refused(network):
    dense = Node("dense", Dense(np.ones((E, H))), ("embedding",))
    tail = Node("scores", network.nodes[-1].layer, ("read",))
    read = Node("read", Bidirectional(*(
        replace(one, kernel=np.ones((H, 4 * H)))
        for one in (network.nodes[1].layer.forward_layer, network.nodes[1].layer.backward_layer)
    )), ("dense",))  # fmt: skip
    other = replace(network, nodes=(network.nodes[0], dense, read, tail))
    with pytest.raises(InputError, match="read by a layer of kind “dense”"):
        lstm.find(other)
    with pytest.raises(InputError, match="without the relevance"):
        lstm.inside(network, network.explain([TEXT]))
    with pytest.raises(InputError, match="by LRP"):
        lstm.inside(network, network.explain([TEXT], "gradient_x_input", layers=True))


@pytest.mark.parametrize("target", [None, 1, (2, 0)])
def test_scores_of_other_sentences_are_predictions(network, target):
    one = network.explain([TEXT], target=target)
    tokens = list(one.tokens[0])
    first, *other = np.atleast_1d(one.target[0])

    def score(sentence: list[str]) -> float:
        scores = network.predict([sentence])[0]
        return float(scores[first] - (scores[other[0]] if other else 0))

    prefixes = words.prefix_scores(network, one)
    assert prefixes[-1] == pytest.approx(float(one.explained_score[0]), abs=1e-5)
    assert prefixes[1] == pytest.approx(score(tokens[:2]), abs=1e-5)
    left_out = network.explain([TEXT], LEFT_OUT_METHOD.name, target=target)
    changes = words.score_changes(left_out)
    assert changes[2] == pytest.approx(float(one.explained_score[0]) - score(
        tokens[:2] + tokens[3:]), abs=1e-5)  # fmt: skip
    assert np.isnan(words.score_changes(network.explain(["good"], LEFT_OUT_METHOD.name))).all()


def test_the_comparison_says_where_signs_differ(network):
    found = network.explain_all([TEXT])
    table = words.comparison(found, network.explain([TEXT], LEFT_OUT_METHOD.name))
    for row in table.itertuples():
        assert (row.signs == "differ") == (row.LRP * row.GI < 0)
    at = words.disputed(table, found["lrp"].tokens[0], None)
    assert table["word"][at] in ("neither", "nor")
    assert words.disputed(table, found["lrp"].tokens[0], 3) == 3
    said = dict(words.verdicts(table, at, found))
    assert list(said) == ["LRP", "GI", "SA", "Left out"]
    label = found["lrp"].target_label()
    for name, value in (("LRP", table["LRP"][at]), ("Left out", table["left out"][at])):
        assert (f"supports “{label}”" in said[name]) == (value >= 0)


def test_the_account_of_both_factors_ends_in_the_score(network):
    both = {f: network.explain([TEXT], rule=Epsilon(bias_factor=f)) for f in (0.0, 1.0)}
    table = words.account_table(both).set_index("part")
    for column in table:
        assert table[column][:-1].sum() == pytest.approx(table[column]["the score"], abs=1e-6)
    assert table[1.0][["biases", "stabilizers"]].tolist() == [0, 0]


def test_charts_draw_the_numbers(exact):
    one = exact.explain([TEXT], layers=True)
    found = lstm.inside(exact, one)
    table = words.through_time(found)
    for chart in (
        charts.parts([("a", 1.0), ("a", -2.0)], "parts", palette="mono", span=2),
        charts.prefixes(one.tokens[0], words.prefix_scores(exact, one), "prefixes"),
        charts.travelling(table, "travelling"),
        charts.delivered(table, "delivered"),
    ):
        drawn = chart.to_dict(validate=True)
        rows = max(drawn["datasets"].values(), key=len)
        assert len(rows) in (2, len(one.tokens[0]), len(table))


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.000"), (-1.5, "-1.500"), (-1e-7, r"-1.0 \cdot 10^{-7}")]
)
def test_formulas_show_numbers_as_they_are(value, text):
    assert formulas.plain(value) == text


# The page ----------------------------------------------------------------------------------


def test_every_step_has_a_title_and_a_function():
    assert list(lesson.STEPS) == list(learn.STEPS)
    assert learn.neighbours(learn.FIRST)[0] is None
    walked = [learn.FIRST]
    while (after := learn.neighbours(walked[-1])[1]) is not None:
        walked.append(after)
    assert walked == list(learn.STEPS)


@pytest.mark.parametrize("step", learn.STEPS)
def test_a_step_is_a_link(opened, step):
    app = opened("learn", step=step, text=TEXT)
    assert healthy(app)
    assert not messages(app) or step == "bias"
    assert learn.STEPS[step] in app.header[0].value
    found = dict(app.query_params)
    assert found.get("step", learn.FIRST) == step


def test_from_the_first_step_to_the_last_and_back(opened):
    app = opened("learn")
    for n, title in enumerate(list(learn.STEPS.values())[1:], start=2):
        app = press(app, f"Next: {n}. {title}")
        assert healthy(app)
        assert app.header[0].value == f"{n}. {title}"
    assert not [b for b in app.button if b.label.startswith("Next")]
    app = press(app, f"Back: {len(learn.STEPS) - 1}. {list(learn.STEPS.values())[-2]}")
    assert healthy(app)
    assert dict(app.query_params)["step"] == list(learn.STEPS)[-2]


@pytest.mark.parametrize("step", ["score", "lstm", "time", "bias", "methods", "trust"])
@pytest.mark.parametrize(
    ("text", "said"),
    [("good", ""), ("", "Type a text"), ("film " * (settings.LESSON_WORDS + 1), "a shorter one"),
     ("zebra <b>*x* $y$", "")],
    ids=["one word", "empty", "long", "odd"],
)  # fmt: skip
def test_any_sentence_is_fine(opened, step, text, said):
    app = opened("learn", step=step, text=text)
    assert healthy(app)
    assert said in messages(app)
    assert "zebra <b>" not in html(app)


def test_the_last_step_says_what_the_first_words_were_worth(opened, network):
    app = opened("learn", step="trust", text=TEXT)
    explained = network.explain_all([TEXT])
    made = deletion(network, [TEXT], explained)
    said = learned.sentences(made, explained)
    assert len(said) == len(LIVE_METHODS) + 1
    assert all(escape(sentence) in html(app) for sentence in said)
    table = learned.points(made)
    lrp = table[table["explainer"] == "LRP"]
    np.testing.assert_allclose(lrp["value"], made.figures["lrp"])
    assert set(table["explainer"]) == {"LRP", "SA", "GI", learned.RANDOM}
    assert any("random orders" in caption.value for caption in app.caption)


def test_sliders_move_the_sum(opened):
    app = opened("learn", step="sum")
    assert json.loads(component(app, "lens_copy").json)["local"].endswith("this computer only.")
    widget(app, "x1").set_value(-2.0).run()
    widget(app, "sum_bias_factor").set_value(1.0).run()
    assert healthy(app)
    found = sums.account([-2.0, 0.5, -1.0], eps=1e-3, bias_factor=1.0)
    assert formulas.weighted_sum(found) in latex(app)
    assert formulas.handed_back(found, 1e-3, 1.0) in latex(app)
    assert {"x1": "-2", "sum_bias_factor": "1"}.items() <= dict(app.query_params).items()


def test_the_formulas_of_a_step_are_those_of_the_chosen_word_and_unit(opened, network):
    app = opened("learn", step="lstm", text=TEXT)
    widget(app, "lesson_word").set_value(2).run()
    widget(app, "direction").set_value("backward").run()
    assert healthy(app)
    found = lstm.inside(network, network.explain([TEXT], layers=True))
    unit = words.strongest_units(found, "backward", 2)[0]
    assert formulas.forward_step(found, "backward", 2, unit) in latex(app)
    assert formulas.backward_step(found, "backward", 2, unit, eps=0.001) in latex(app)


def test_a_link_beyond_the_model_falls_back_to_the_strongest(opened):
    app = opened("learn", step="lstm", text=TEXT, pick="99", unit="999")
    assert healthy(app)
    assert widget(app, "lesson_word").value < len(TEXT.split())
    assert widget(app, "lesson_unit").value < H
    assert not {"pick", "unit"} & set(dict(app.query_params))


@pytest.mark.parametrize("name", ["step", "x1", "gate", "direction", "unit"])
def test_nonsense_in_a_link_is_ignored_with_a_notice(opened, name):
    app = opened(**{name: "--1"})
    assert healthy(app)
    assert "ignored" in messages(app)


def test_another_class_is_explained(opened):
    app = opened("learn", step="time", text=TEXT, target="0", contrast="2")
    assert healthy(app)
    assert f"{LABELS[0]} − {LABELS[2]}" in html(app)


def test_real_sentences_with_a_negation_can_be_picked(opened):
    app = opened("learn", step="methods")
    picker = widget(app, "negated")
    picker.set_value(picker.options and 2).run()
    assert healthy(app)
    assert widget(app, "text").value == "neither good nor bad ."
    assert all(method.short in html(app) for method in LIVE_METHODS.values())
