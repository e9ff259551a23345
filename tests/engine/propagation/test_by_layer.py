"""Rules by layer: against the slow version node by node, what they name, what they cost."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from lrp_engine import (
    RULES,
    ZB,
    AlphaBeta,
    ByLayer,
    Epsilon,
    Flat,
    Gamma,
    InputError,
    WSquare,
    ZPlus,
    explain_stream,
)
from lrp_engine.corpora.settings import CorpusSettings
from lrp_engine.propagation.program import program_of
from lrp_engine.propagation.rules import from_dict, from_text
from lrp_engine.propagation.rules.by_layer import POSITIONS, named
from tests import zoo
from tests.engine.layers.test_contract import (
    LENGTHS,
    check_ledger,
    check_reference,
    check_words,
    eager,
    explain,
)

UP, LOW = Epsilon(eps=0.01), ZB(low=-2, high=2, eps=0.1, bias_factor=0.35)

# Network, rule, and by hand which node follows what; nodes not listed follow the default.
COMPOSED = [
    ("dense", ByLayer([("first", WSquare())], default=UP), {"dense_0": WSquare()}),
    (
        "dense",
        ByLayer([("dense_1", Flat()), ("input", LOW), ("dense", ZPlus())]),
        {"dense_0": LOW, "dense_1": Flat(), "dense_2": ZPlus()},
    ),
    (
        "convolution",
        ByLayer(
            [("last", Gamma(gamma=1)), ("conv1d", AlphaBeta(bias_factor=1.0))],
            default=Epsilon(bias_factor=0.5),
        ),
        {"dense_4": Gamma(gamma=1), "conv1d_0": AlphaBeta(bias_factor=1.0),
         "conv1d_2": AlphaBeta(bias_factor=1.0)},
    ),
    (
        "convolution_strides",
        ByLayer([("input", Flat()), ("lstm", Epsilon(gates="half", eps=0.1))], default=Gamma()),
        {"conv1d_1": Flat(), "lstm_4": Epsilon(gates="half", eps=0.1)},
    ),
    (
        "pooled_text_cnn",
        ByLayer([("input", LOW), ("mean", Epsilon(eps=1, bias_factor=1.0))], default=ZPlus()),
        {"words": LOW, "wide": LOW, "mean": Epsilon(eps=1, bias_factor=1.0)},
    ),
    (
        "stack",
        ByLayer(
            [("bidirectional", Epsilon(gates="abs", bias_factor=1.0)), ("first", WSquare()),
             ("lstm", Epsilon(gates="prop", eps=0.1))],
            default=Gamma(),
        ),
        {"bidirectional_0": Epsilon(gates="abs", bias_factor=1.0), "dense_1": WSquare(),
         "lstm_2": Epsilon(gates="prop", eps=0.1)},
    ),
    (
        "bidirectional_mul",
        ByLayer([("bidirectional_1", Epsilon(gates="half"))], default=Epsilon(gates="prop")),
        {"bidirectional_1": Epsilon(gates="half")},
    ),
    (
        "merged",
        ByLayer([("multiply", Epsilon(gates="half")), ("gru", Epsilon(gates="abs", eps=0.1))]),
        {"times": Epsilon(gates="half"), "square": Epsilon(gates="half"),
         "gated": Epsilon(gates="half"), "two": Epsilon(gates="abs", eps=0.1)},
    ),
    (
        "attention_by_columns",
        ByLayer([("scores", WSquare()), ("dot", Epsilon(bias_factor=1.0))], default=UP),
        {"scores": WSquare(), **dict.fromkeys(
            ("context", "other", "match", "level", "weighs"), Epsilon(bias_factor=1.0))},
    ),
]  # fmt: skip


@pytest.fixture(scope="module", params=COMPOSED, ids=lambda one: f"{one[0]}-{one[1].title}")
def composed(request):
    name, rule, by_hand = request.param
    network = zoo.network(name)
    return network, zoo.inputs(network, LENGTHS), rule, by_hand


def by_all(network, x, method="lrp", **options):
    """One trace of all passes serves all these tests; LRP by itself runs without one, below."""
    lengths = LENGTHS if network.input_shape.time else None
    return network.explain_all(x, lengths=lengths, layers=True, **options)[method]


def test_each_node_follows_its_rule(composed):
    network, x, rule, by_hand = composed
    slow = {node.name: by_hand.get(node.name, rule.default) for node in network.nodes}
    assert set(by_hand) <= set(slow)
    assert dict(zip(slow, rule.by_node(network.nodes), strict=True)) == slow
    check_reference(network, x, rule, slow, explain=by_all)
    check_words(network, x, by_all(network, x, rule=rule), rule=rule)


def test_ledger_closes(composed):
    network, x, rule, _ = composed
    check_ledger(network, x, rule, explain=by_all)


def test_other_methods_do_not_read_it(composed):
    network, x, rule, _ = composed
    names = ("sensitivity", "gradient_x_input")
    lengths = LENGTHS if network.input_shape.time else None
    plain = eager(replace(network)).explain_all(x, methods=names, lengths=lengths)
    for name in names:
        found = by_all(network, x, name, rule=rule)
        np.testing.assert_allclose(found.relevance, plain[name].relevance, atol=1e-12)
    found = by_all(network, x, rule=rule)
    assert found.rule == rule
    assert found.to_dict()["rule"] == rule.to_dict()


def test_float32_and_operation_by_operation_agree_with_the_trace(composed):
    network, x, rule, _ = composed
    exact = by_all(network, x, rule=rule)
    untraced = explain(eager(replace(network)), x, rule=rule)
    np.testing.assert_allclose(untraced.relevance, exact.relevance, rtol=0, atol=1e-11)
    found = explain(eager(replace(network, dtype="float32")), x, rule=rule)
    size = np.abs(found.relevance).sum() + sum(np.abs(k).sum() for k in found.ledger.values())
    assert (np.abs(found.conservation_error) <= 1e-4 * size).all()


@pytest.mark.parametrize("kind", RULES.values(), ids=list(RULES))
def test_the_same_rule_everywhere_is_that_rule_to_the_bit_and_costs_no_trace(kind):
    network, rule = zoo.network("pooled_text_cnn"), kind(eps=0.01, bias_factor=0.35)
    x = zoo.inputs(network, LENGTHS)
    plain = explain(network, x, rule=rule)
    made = program_of(network).traces()
    same = explain(network, x, rule=ByLayer([("first", rule), ("out", rule)], default=rule))
    np.testing.assert_array_equal(same.relevance, plain.relevance)
    assert set(same.ledger) == set(plain.ledger)
    for name, absorbed in plain.ledger.items():
        np.testing.assert_array_equal(same.ledger[name], absorbed)
    assert program_of(network).traces() == made == 1


def test_numbers_cost_no_trace_and_structures_cost_one_each():
    network = zoo.network("convolution")
    x = zoo.inputs(network, LENGTHS)
    found = []
    for n in range(1, 5):
        rule = ByLayer(
            [("first", ZB(low=-n, high=n, eps=0.1 * n)), ("last", Gamma(gamma=n))],
            default=Epsilon(eps=0.01 * n),
        )
        found.append(explain(network, x, rule=rule).relevance)
    assert program_of(network).traces() == 1
    assert all(np.abs(one - found[0]).max() > 1e-6 for one in found[1:])
    # Other words for the same layers are the same program.
    explain(network, x, rule=ByLayer([("dense", Gamma()), ("conv1d_0", ZB())]))
    assert program_of(network).traces() == 1
    explain(network, x, rule=ByLayer([("first", ZB(bias_factor=0.5)), ("last", Gamma())]))
    assert program_of(network).traces() == 2


@pytest.mark.parametrize(
    ("network", "where", "names"),
    [
        ("convolution_strides", "first", ["conv1d_1"]),
        ("convolution_strides", "last", ["dense_5"]),
        ("convolution_strides", "input", ["conv1d_1"]),  # behind a Masking
        ("pooled_text_cnn", "input", ["words", "wide"]),
        ("bilstm_words", "input", ["bidirectional_1"]),  # reads the embedding
        ("bilstm_words", "first", ["dense_2"]),  # an LSTM's sums follow the epsilon rule
        ("normalized", "input", ["batch_normalization_0"]),  # it has weights
        ("merged", "input", ["one", "two"]),
        ("merged", "dense", ["gate", "out"]),
        ("attention_query", "kind:attention", ["one", "two", "four"]),
    ],
)
def test_what_a_place_means(network, where, names):
    assert list(named(zoo.network(network).nodes, where)) == names


def test_a_sum_with_the_input_is_not_the_input():
    draw = zoo.Draw(0)
    network = zoo._graph(
        ("dense", zoo.Dense(draw(3, 3)), "input"),
        ("skip", zoo.Add(), "input", "dense"),
        ("flat", zoo.Activation("tanh"), "input"),
        ("side", zoo.Dense(draw(3, 3)), "flat"),
        ("both", zoo.Add(), "skip", "side"),
        ("out", zoo.Dense(draw(3, 2))),
    )
    assert named(network.nodes, "input") == ("dense", "side")
    with pytest.raises(InputError, match=r"different layers as a name and as a kind.*kind:dense"):
        named(network.nodes, "dense")
    assert named(network.nodes, "name:dense") == ("dense",)
    assert named(network.nodes, "kind:dense") == ("dense", "side", "out")
    assert named(network.nodes, "position:first") == ("dense",)
    assert named(network.nodes, "out") == ("out",)


WRONG = ByLayer([("conv1d", Gamma())])


def test_what_names_nothing_is_told_before_anything_is_computed():
    network = zoo.network("bilstm_words")
    told = (
        "'conv1d'.*'embedding_0', 'bidirectional_1', 'dense_2'.*'dense'.*'first', 'last', 'input'"
    )
    for ask in (
        lambda: network.explain(["w3 w4"], rule=WRONG),
        lambda: network.explain_all([], rule=WRONG),
        lambda: explain_stream(network, ["w3"], rule=WRONG),
        lambda: CorpusSettings(rule=WRONG).check(network),
    ):
        with pytest.raises(InputError, match=told):
            ask()
    assert "program" not in network.compiled
    no_sums = zoo._chain(zoo.Draw(0).lstm(), zoo.Activation())
    with pytest.raises(InputError, match="positions 'input'"):
        no_sums.explain(np.ones((1, 2, zoo.E)), rule=ByLayer([("first", Flat())]))


def test_a_stream_and_texts_follow_it():
    network = zoo.network("bilstm_words")
    rule = ByLayer([("input", Epsilon(eps=0.1, gates="half")), ("last", WSquare())])
    texts = ["w3 w4 w5", "w6", "w2 w2"]
    together = network.explain(texts, rule=rule)
    for n, one in enumerate(explain_stream(network, texts, rule=rule, units=True)):
        np.testing.assert_allclose(one.relevance, together[n].relevance, atol=1e-12)
        assert one.rule == rule


RULE = ByLayer(
    [("first", WSquare(eps=0.5)), ("kind:dense", Gamma(gamma=2, gates="half"))],
    default=AlphaBeta(alpha=1.5, beta=0.5),
)


def test_it_is_a_value():
    again = ByLayer(list(RULE.rules), default=RULE.default)
    assert again == RULE
    assert hash(again) == hash(RULE)
    assert len({RULE, again, ByLayer(RULE.rules), ByLayer(RULE.rules[::-1])}) == 3
    assert pickle.loads(pickle.dumps(RULE)) == RULE  # noqa: S301
    assert from_dict(RULE.to_dict()) == RULE
    assert from_text(json.dumps(RULE.to_dict())) == RULE
    assert repr(again) == repr(RULE)
    assert RULE.title == "alpha-beta; first layer: w-square; dense: gamma"
    assert RULE.common("eps") is None
    assert RULE.with_options(eps=0.25).common("eps") == 0.25
    assert RULE.with_options(eps=0.25).rules[1][1] == Gamma(gamma=2, gates="half", eps=0.25)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: ByLayer("first"), "expected pairs"),
        (lambda: ByLayer({"first": Flat()}), "expected pairs"),
        (lambda: ByLayer(None), "expected pairs"),
        (lambda: ByLayer([("first", Flat(), 1)]), "is no pair"),
        (lambda: ByLayer([Flat()]), "is no pair"),
        (lambda: ByLayer(["ab"]), "is no pair"),
        (lambda: ByLayer([(1, Flat())]), "'first', 'last', 'input'"),
        (lambda: ByLayer([("first", "flat")]), "is no rule of a layer"),
        (lambda: ByLayer([("first", RULE)]), "is no rule of a layer"),
        (lambda: ByLayer([], default=None), "is no rule of a layer"),
        (lambda: from_text("gama"), "There is no rule 'gama'; choose from 'epsilon'"),
        (lambda: from_text("{"), "is no JSON"),
        (lambda: from_text('{"name":' * 100_000), "is no JSON"),
        (lambda: from_text("{}"), "There is no rule None"),
        (lambda: from_text('{"name": ["by_layer"]}'), "There is no rule"),
        (lambda: from_text('{"name": "by_layer"}'), "are a list of objects"),
        (lambda: from_text('{"name": "by_layer", "rules": [{"layer": "first"}]}'), "are a list"),
        (lambda: from_text('{"name": "by_layer", "rules": [], "eps": 1}'), "no options 'eps'"),
        (lambda: from_text('{"name": "by_layer", "rules": [{"layer": 1, "rule": 2}]}'),
         "2 describes no rule"),
        (lambda: from_dict(RULE.to_dict() | {"default": RULE.to_dict()}),
         "There is no rule 'by_layer'"),
        (lambda: from_dict(RULE.to_dict() | {"default": None}), "describes no rule"),
        (lambda: from_text('{"name": "gamma", "gamma": NaN}'), "gamma must be"),
        (lambda: from_text('{"name": "gamma", "delta": 1}'), "has no options 'delta'"),
        (lambda: zoo.network("dense").explain(np.ones((1, 6)), rule="flat"), "ByLayer"),
    ],
)  # fmt: skip
def test_bad_ones_get_a_sentence(make, named):
    with pytest.raises(InputError, match=named):
        make()


def test_positions_are_documented():
    assert all(f'"{position}"' in ByLayer.__doc__ for position in POSITIONS)
