"""Rules and gates: every entry of their tables can be chosen, linked, compared and reviewed."""

from __future__ import annotations

import csv
import inspect
import io
import json
from dataclasses import replace

import pytest

from app.cache.answers import _settings
from app.compare.compared import Row, rule_words
from app.figures import tables
from app.models import facts
from app.navigation import BY_PATH, View
from app.review.sets import Sets
from app.state.choices import CHOICES
from lrp_engine import RULES, ZB, AlphaBeta, ByLayer, Epsilon, Flat, Gamma, WSquare, ZPlus
from lrp_engine.layers import LAYERS, Bidirectional
from lrp_engine.propagation.rules import GATES, from_dict, from_text
from lrp_engine.propagation.rules.doubts import LARGE_EPS
from lrp_engine.render.numbers import MINUS
from tests.app import sets as small
from tests.app.reading import healthy, heatmaps, html, messages, press, widget


def numbers(app):
    """What the rows of the heatmaps say, by method."""
    return [[cell[2] for cell in row["cells"]] for row in heatmaps(app)["rows"]]


def inside(option):
    return 1.25 if option.largest > 0 else -1.25


@pytest.mark.parametrize("kind", RULES.values(), ids=list(RULES))
def test_a_rule_of_the_table_brings_its_controls(kind):
    assert kind.meaning.endswith(".")
    assert {option.name for option in kind.options} <= set(kind.own_options())
    for option in kind.options:
        choice = CHOICES[option.name]
        assert option.smallest <= choice.default <= option.largest
        assert choice.read(choice.write(inside(option))) == inside(option)
        assert all(option.smallest <= one <= option.largest for one in option.suggested)
    # Those that are asked for are enough to make it.
    made = kind.of(eps=0.1, **{option.name: inside(option) for option in kind.options})
    assert from_dict(made.to_dict()) == made
    assert CHOICES["rule"].read(kind.name) == kind.name


def test_rules_never_share_a_cached_answer():
    rules = [kind(gates=gates) for kind in RULES.values() for gates in GATES]
    rules += [Gamma(gamma=1), AlphaBeta(alpha=3, beta=2), Epsilon(eps=0.1), ZPlus(bias_factor=1)]
    assert len({_settings(rule) for rule in rules}) == len(rules)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_layers_say_which_settings_matter(layer):
    # Of all layers those that call the operation that a setting is about.
    source = inspect.getsource(inspect.getmodule(layer)).partition(f"class {layer.__name__}(")[2]
    source = source.partition("\nclass ")[0]
    assert layer.follows_rule == (".layer_sum(" in source)
    if layer is not Bidirectional:
        called = ".product(" in source or "merging.multiply(" in source
        assert called == ("has_gates" in vars(layer))


def test_a_model_says_which_settings_matter(network):
    assert facts.follows_rule(network)
    assert facts.has_gates(network)


# Each pair of a rule and a gate rule is traced once: the tests below share a few of them.


def test_rule_and_gates_change_the_numbers_of_lrp_alone_and_stand_in_the_address(opened):
    app = opened()
    first = numbers(app)
    rules, gates = widget(app, "rule").options, widget(app, "gates").options
    assert sorted(option.removesuffix(" (for research)") for option in rules) == sorted(
        kind.title for kind in RULES.values()
    )
    assert rules[-2:] == ["alpha-beta (for research)", "z-plus (for research)"]
    assert [option.split(":")[0] for option in gates] == list(GATES)
    assert [option.endswith(" (for research)") for option in gates] == [False, True, True, True]
    with pytest.raises(AssertionError):
        widget(app, "gamma")
    seen = [first[0]]
    for name, value in (("rule", "gamma"), ("gamma", 2.0), ("gates", "half")):
        widget(app, name).set_value(value).run()
        assert healthy(app)
        lrp, *others = numbers(app)
        assert lrp not in seen
        assert others == first[1:]
        seen.append(lrp)
    found = {name: dict(app.query_params)[name] for name in ("rule", "gamma", "gates")}
    assert found == {"rule": "gamma", "gamma": "2", "gates": "half"}


LINK = {"rule": "gamma", "gamma": "1.5", "gates": "half"}


def test_a_link_restores_rule_and_gates(opened):
    app = opened(**LINK)
    assert healthy(app)
    assert messages(app).count("is for research") == len(app.warning) == 1
    remarks = [note.value for note in app.sidebar.caption if "For research" in note.value]
    assert len(remarks) == 1
    assert "0.057" in remarks[0]
    assert widget(app, "rule").value == "gamma"
    assert widget(app, "gamma").value == 1.5
    assert widget(app, "gates").value == "half"


def test_the_account_closes_and_the_lesson_says_what_it_follows(opened):
    app = opened(account="layers", **LINK).switch_page(View.CONSERVATION.file).run()
    assert healthy(app)
    assert len(app.success) == 2  # in all, and layer by layer
    app = opened("learn", step="score", **LINK)
    assert healthy(app)
    assert any("The lesson follows the epsilon rule" in note.value for note in app.caption)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rule", "x"),
        ("rule", ""),
        ("gates", "none"),
        ("gamma", "-1"),
        ("alpha", "0.5"),
        ("low", "1"),
        ("low", "--1"),
        ("low", "-"),
        ("high", "-1"),
    ],
)
def test_nonsense_in_the_address_is_ignored_with_a_notice(opened, name, value):
    app = opened(**{name: value})
    assert healthy(app)
    assert f"“{name}” was ignored" in messages(app)


def test_rules_are_rows_of_the_comparison(opened):
    app = opened("compare")
    press(app, "LRP by every rule")
    assert healthy(app)
    said = html(app)
    for kind in RULES.values():
        assert f"LRP, rule {rule_words(kind())}" in said
    rows = CHOICES["rows"].read(dict(app.query_params)["rows"])
    assert rows == tuple(Row(method="lrp").settled(kind()) for kind in RULES.values())


def test_a_set_is_reviewed_by_the_rule_it_was_begun_with(network, tmp_path):
    sets = Sets(tmp_path)
    rule = AlphaBeta.of(alpha=1.5, gates="half")
    # Whether the names are those of layers is asked where a set is begun, not where it is kept.
    sets.add(one := replace(small.new(network), rule=rule.to_dict()), small.as_csv())
    found = sets.find(one.id)
    assert found.corpus.rule == rule


def test_a_set_of_the_time_of_one_rule_is_still_read(network, tmp_path):
    sets = Sets(tmp_path)
    sets.add(one := small.new(network), small.as_csv())
    facts_ = {name: value for name, value in vars(one).items() if name != "rule"}
    path = tmp_path / one.id / "set.json"
    path.write_text(json.dumps({**facts_, "eps": 0.01, "bias_factor": 0.5}))
    found = sets.find(one.id)
    assert found.corpus.rule == Epsilon(eps=0.01, bias_factor=0.5)


def test_exports_say_the_rule(network):
    rule = Gamma(gamma=0.5)
    table = tables.token_csv(network.explain_all(["good film"], rule=rule))
    head, row, *_ = (line.split(",") for line in table.splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["rule"], found["gamma"], found["gates"]) == ("gamma", "0.5", "all")


# Rules by layer ------------------------------------------------------------------------------

BY_LAYER = ByLayer([("last", WSquare(eps=0.5))], default=Epsilon(eps=0.1))
ODD = ByLayer([("a~b, c%7E+é", Flat())], default=Gamma(gamma=2))


def follows(network, app, rule):
    """Whether the heatmap of LRP shows what the engine says, and the usual rule says otherwise."""
    said = (cell.partition(", relevance ")[2].replace(MINUS, "-") for cell in numbers(app)[0])
    shown = [float(one.partition(",")[0].split()[0]) for one in said]
    ours, usual = (
        network.explain([app.text_area[0].value], rule=one).token_relevance[0]
        for one in (rule, Epsilon())
    )
    assert max(abs(ours - usual)) > 0.002
    return max(abs(ours - shown)) <= 0.0006  # three decimals


def test_the_first_layer_has_a_rule_of_its_own(opened, network, monkeypatch):
    app = opened()
    assert widget(app, "first_layer").disabled  # this model has one such layer only
    assert "no two such layers" in widget(app, "first_layer").help
    monkeypatch.setattr(facts, "has_first_layer", lambda network: True)
    app.run()
    kinds = [kind for kind in RULES.values() if kind.for_inputs]
    assert widget(app, "first_layer").options == ["as the others", *(k.title for k in kinds)]
    widget(app, "first_layer").set_value("z_b").run()
    widget(app, "high").set_value(3.0).run()
    assert healthy(app)
    rule = ByLayer([("first", ZB(high=3))])
    assert follows(network, app, rule)
    address = dict(app.query_params)
    assert (address["first_layer"], address["high"]) == ("z_b", "3")
    again = opened(**{name: address[name] for name in ("first_layer", "high")})
    assert numbers(again)[0] == numbers(app)[0]
    assert not widget(again, "first_layer").disabled


def test_a_whole_rule_by_layer_comes_with_a_link_and_can_be_left(opened, network):
    app = opened(rule=json.dumps(BY_LAYER.to_dict()))
    assert healthy(app)
    assert messages(app) == LARGE_EPS
    assert follows(network, app, BY_LAYER)
    words = "epsilon (ε 0.1); last layer: w-square (ε 0.5)"
    assert rule_words(BY_LAYER) == words
    assert any(words in note.value for note in app.caption)
    assert all(widget(app, name).disabled for name in ("eps", "bias_factor", "gates"))
    assert from_text(dict(app.query_params)["rule"]) == BY_LAYER
    for page in ("conservation", "learn"):
        app = app.switch_page(BY_PATH[page].file).run()
        assert healthy(app)
    widget(app, "rule").set_value("gamma").run()
    assert dict(app.query_params)["rule"] == "gamma"
    assert not widget(app, "eps").disabled


def test_a_place_that_the_model_lacks_is_a_sentence_and_the_rule_can_be_left(opened):
    app = opened(rule=json.dumps(ByLayer([("conv1d", Flat())]).to_dict()))
    assert any("names 'conv1d'" in error.value.replace("\\", "") for error in app.error)
    widget(app, "rule").set_value("epsilon").run()
    assert healthy(app)


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "{}",
        '{"name": "gamma"}',
        '{"name": "by_layer", "rules": 1}',
        json.dumps(ByLayer([("a" * 1_500, Flat())]).to_dict()),
        json.dumps({**BY_LAYER.to_dict(), "default": BY_LAYER.to_dict()}),
        json.dumps(BY_LAYER.to_dict()).replace("0.5", "-1"),
        json.dumps(BY_LAYER.to_dict()).replace("0.5", "1e999"),
        '{"name":' * 150,
    ],
)
def test_a_hostile_rule_by_layer_is_ignored_with_a_notice(opened, value):
    app = opened(rule=value)
    assert healthy(app)
    assert "“rule” was ignored" in messages(app)
    assert widget(app, "rule").value == "epsilon"


def test_rows_of_the_comparison_keep_a_rule_by_layer(opened, network):
    app = opened("compare", rule=json.dumps(BY_LAYER.to_dict()))
    press(app, "LRP for every class")
    assert healthy(app)
    rows = CHOICES["rows"].read(dict(app.query_params)["rows"])
    assert {from_text(row.rule) for row in rows} == {BY_LAYER}
    assert f"rule {rule_words(BY_LAYER)}" in html(app)
    widget(app, "rule").set_value("gamma").run()
    assert CHOICES["rows"].read(dict(app.query_params)["rows"]) == rows
    press(app, "LRP with small and large ε")
    assert len(CHOICES["rows"].read(dict(app.query_params)["rows"])) == 4


@pytest.mark.parametrize("rule", [BY_LAYER, ODD], ids=["plain", "odd"])
def test_a_rule_by_layer_survives_links_rows_and_sets(rule, network, tmp_path):
    choice = CHOICES["rule"]
    said = choice.read(json.dumps(rule.to_dict(), indent=2))
    assert choice.read(choice.write(said)) == said
    assert from_text(said) == rule
    rows = (Row(method="lrp", target=1).settled(rule), Row(method="lrp"))
    written = CHOICES["rows"].write(rows)
    assert CHOICES["rows"].read(written) == rows
    assert from_text(rows[0].rule) == rule
    sets = Sets(tmp_path)
    # Whether the names are those of layers is asked where a set is begun, not where it is kept.
    sets.add(one := replace(small.new(network), rule=rule.to_dict()), small.as_csv())
    assert sets.find(one.id).corpus.rule == rule


def test_exports_say_a_rule_by_layer(network):
    table = tables.token_csv(network.explain_all(["good film"], rule=BY_LAYER))
    row = next(csv.DictReader(io.StringIO(table)))
    assert from_text(row["rule"]) == BY_LAYER
    assert not {"rules", "default", "eps"} & set(row)


def test_controls_that_make_no_difference_are_disabled(opened, monkeypatch):
    for name in ("follows_rule", "has_gates"):
        monkeypatch.setattr(facts, name, lambda network: False)
    app = opened(rule="gamma")
    assert all(widget(app, name).disabled for name in ("rule", "gates", "gamma"))
    assert "makes no difference here" in widget(app, "gates").help
