"""Rules other than plain epsilon: the contract on chosen networks, and numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine import (
    RULES,
    ZB,
    AlphaBeta,
    ByLayer,
    Epsilon,
    Flat,
    Gamma,
    InputError,
    RelativeEpsilon,
    WSquare,
    ZPlus,
)
from lrp_engine.layers import (
    Activation,
    Conv1D,
    Dense,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
    Multiply,
    Reshape,
    Softmax,
)
from lrp_engine.propagation.program import program_of
from lrp_engine.propagation.rules import GATES
from tests import zoo
from tests.engine.layers.test_contract import (
    LENGTHS,
    check_ledger,
    check_reference,
    check_words,
    close,
    eager,
    explain,
    samples,
)

# What a rule changes, on networks that hold it.
PAIRS = [
    ("lstm", Epsilon(gates="half")),
    ("gru_before", Epsilon(gates="half", eps=0.1, bias_factor=1.0)),
    ("attention_by_columns", Epsilon(gates="half")),
    ("lstm_backwards", Epsilon(gates="prop", eps=0.1, bias_factor=0.35)),
    ("bidirectional_mul", Epsilon(gates="prop")),
    ("gru", Epsilon(gates="abs")),
    ("merged", Epsilon(gates="abs", bias_factor=0.5)),
    ("dense", Gamma()),
    ("convolution", Gamma()),
    ("convolution_strides", Gamma(gamma=3, eps=0.1, bias_factor=1.0)),
    ("dense", AlphaBeta()),
    ("pooled_text_cnn", AlphaBeta(bias_factor=0.35)),
    ("stack", AlphaBeta(alpha=1.5, beta=0.5, gates="half")),
    ("convolution", ZPlus(gates="prop")),
    ("dense_selu", ZPlus(bias_factor=1.0)),
    ("lstm", RelativeEpsilon()),
    ("gru", RelativeEpsilon(relative=0.3, eps=1e-6, gates="half")),
    ("gru_before", RelativeEpsilon(bias_factor=1.0)),
    ("attention_by_columns", RelativeEpsilon(relative=0.1, bias_factor=0.35)),
    ("merged", RelativeEpsilon(relative=1)),
    ("pooled_text_cnn", RelativeEpsilon(bias_factor=0.35)),
    # Without and with time; windows valid, same and causal, with strides, dilation and gaps.
    *(
        (name, kind(**options))
        for kind in (WSquare, Flat, ZB)
        for name, options in (
            ("dense", {}),
            ("stack", {"eps": 0.1, "bias_factor": 0.35}),
            ("convolution", {}),
            ("convolution_strides", {"bias_factor": 1.0}),
            ("pooled_text_cnn", {"eps": 0.1, "bias_factor": 0.35, "gates": "half"}),
            ("padded_windows", {"eps": 0.01}),
        )
    ),
    ("convolution", ZB(low=-0.5, high=0, eps=0.1)),  # most inputs lie outside of these
    ("padded_windows", Gamma(bias_factor=0.35)),
]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def pair(request):
    name, rule = request.param
    network = zoo.network(name)
    return network, zoo.inputs(network, LENGTHS), rule


def test_every_rule_and_gate_rule_is_tested():
    assert {type(rule) for _, rule in PAIRS} == set(RULES.values())
    assert {rule.gates for _, rule in PAIRS} == set(GATES)
    assert all(getattr(lrp_engine, kind.__name__) is kind for kind in RULES.values())
    for name, kind in RULES.items():
        assert kind.name == name
        assert kind.title
        assert "doi" in kind.source


def test_relevance_and_ledger_equal_reference(pair):
    check_reference(*pair)


def test_ledger_closes(pair):
    check_ledger(*pair)


def test_words_alone_have_what_their_units_add_up_to(pair):
    network, x, rule = pair
    check_words(network, x, explain(network, x, rule=rule), rule=rule)


def test_bias_factor_one_leaves_nothing_in_the_ledger(pair):
    network, x, rule = pair
    # Equal shares leave nothing over, unless another sum follows the epsilon rule.
    exact = (Dense, Conv1D, MaxPooling1D, GlobalMaxPooling1D)
    flat = isinstance(rule, Flat) and all(type(node.layer) in exact for node in network.nodes)
    if rule.bias_factor == 1 or flat:
        assert not any(kept.any() for kept in explain(network, x, rule=rule).ledger.values())
    else:
        assert any(kept.any() for kept in explain(network, x, rule=rule).ledger.values())


def test_padding_gets_exactly_zero_and_a_batch_equals_one_by_one(pair):
    network, x, rule = pair
    clean = explain(network, x, rule=rule)
    for n, one in enumerate(samples(network, x)):
        alone = network.explain(one[None], rule=rule, layers=True)
        close(alone.relevance[0], clean[n].relevance[0], 1e-11)
    if network.input_shape.time:
        dirty_x = x.copy()
        for n, length in enumerate(LENGTHS):
            dirty_x[n, length:] = np.nan
            assert not clean.relevance[n, length:].any()
            assert all(not kept[n, length:].any() for kept in clean.ledger.steps.values())
        dirty = explain(network, dirty_x, rule=rule)
        np.testing.assert_array_equal(clean.relevance, dirty.relevance)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("lstm", Epsilon(gates="abs")),
        ("convolution", Gamma()),
        ("dense", AlphaBeta()),
        *((name, kind()) for kind in (WSquare, Flat, ZB) for name in ("dense", "padded_windows")),
    ],
    ids=str,
)
def test_float32_ledger_closes(name, rule):
    single = eager(replace(zoo.network(name), dtype="float32"))
    found = explain(single, zoo.inputs(single, LENGTHS), rule=rule)
    size = np.abs(found.relevance).sum() + sum(np.abs(k).sum() for k in found.ledger.values())
    assert (np.abs(found.conservation_error) <= 1e-5 * size).all()


@pytest.mark.parametrize(
    ("name", "rule"),
    [("gru", Epsilon(gates="prop")), ("convolution", AlphaBeta()), ("stack", Gamma(gates="half"))],
    ids=str,
)
def test_eager_equals_graph(name, rule):
    network = zoo.network(name)
    x = zoo.inputs(network, LENGTHS)
    graph = explain(network, x, rule=rule).relevance
    close(explain(eager(zoo.network(name)), x, rule=rule).relevance, graph, 1e-11)


def test_numbers_of_a_rule_cost_no_trace():
    network = zoo.network("convolution")
    for n in range(1, 6):
        x = zoo.inputs(network, [n] * n)
        network.explain_all(x, rule=Gamma(gamma=n, eps=0.01 * n))
        network.explain_all(x, rule=AlphaBeta(alpha=n + 1, beta=n))
        network.explain_all(x, rule=ZPlus())
        network.explain_all(x, rule=ZB(low=-n, high=0.5 * n))
    assert program_of(network).traces() == 3  # gamma; alpha-beta and z-plus; z-B


def test_methods_that_read_no_rule_are_traced_once_for_all_rules():
    network = zoo.network("dense")
    x = zoo.inputs(network, LENGTHS)
    rules = [Epsilon(), Epsilon(bias_factor=0.5), Gamma(), ByLayer([("first", Flat())])]
    found = [explain(network, x, "sensitivity", rule=rule).relevance for rule in rules]
    assert program_of(network).traces() == 1
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize(
    ("name", "rule"), [("convolution", Gamma()), ("gru", Epsilon(gates="half"))], ids=str
)
def test_other_methods_do_not_read_the_rule(name, rule):
    network = zoo.network(name)
    x = zoo.inputs(network, LENGTHS)
    one = network.explain_all(x, lengths=LENGTHS, rule=rule)
    two = eager(zoo.network(name)).explain_all(x, lengths=LENGTHS)
    for name in ("sensitivity", "gradient_x_input"):
        close(one[name].relevance, two[name].relevance, 1e-12)
    close(one["lrp"].relevance, explain(network, x, rule=rule).relevance, 1e-12)
    assert np.abs(one["lrp"].relevance - two["lrp"].relevance).max() > 1e-3


def test_special_values_are_other_rules():
    network = zoo.network("pooled_text_cnn")
    x = zoo.inputs(network, LENGTHS)

    def found(rule):
        return explain(network, x, rule=rule).relevance

    close(found(Gamma(gamma=0)), found(Epsilon()))
    close(found(AlphaBeta(alpha=1, beta=0)), found(ZPlus()))
    close(found(RelativeEpsilon(relative=0)), found(Epsilon()))


# x W = 1 2 -3 with bias 4: z = 4, of positive 7 and negative -3; and a second unit, its negative.
KERNEL, BIAS = np.array([[0.5, -0.5], [2.0, -2.0], [3.0, -3.0]]), np.array([4.0, -4.0])


@pytest.mark.parametrize(
    ("rule", "words", "bias"),
    [
        (Epsilon(eps=1e-12), [1, 2, -3], 4),
        # The sums are 4 and -4, so their root mean square is 4: 1 is added.
        (RelativeEpsilon(eps=1e-12, relative=0.25), [0.8, 1.6, -2.4], 3.2),
        (Gamma(eps=1e-12, gamma=1), [8 / 11, 16 / 11, -12 / 11], 32 / 11),
        (AlphaBeta(eps=1e-12), [8 / 7, 16 / 7, -4], 32 / 7),
        (ZPlus(eps=1e-12), [4 / 7, 8 / 7, 0], 16 / 7),
        (WSquare(eps=1e-12), [1 / 13.25, 16 / 13.25, 36 / 13.25], 0),
        (Flat(), [4 / 3, 4 / 3, 4 / 3], 0),
        # x W - low W+ = 1 + 1.5, 2 + 6, -3 + 9
        (ZB(eps=1e-12, low=-3, high=3), [10 / 16.5, 32 / 16.5, 24 / 16.5], 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_one_sum_by_hand(rule, words, bias):
    network = zoo._chain(Dense(KERNEL, BIAS))
    for target, sign in ((0, 1), (1, -1)):
        if sign < 0 and rule.sum_rule in (AlphaBeta.sum_rule, ZB.sum_rule):
            continue  # only the other rules treat a sum and its negative alike
        found = network.explain(np.array([[2.0, 1.0, -1.0]]), rule=rule, target=target)
        close(found.relevance[0], sign * np.array(words), 1e-10)
        close(found.ledger["dense_0/sum/bias"], [sign * bias], 1e-10)
        assert abs(found.conservation_error[0]) < 1e-12


def test_negative_weights_measure_the_distance_from_the_upper_bound():
    network = zoo._chain(Dense(KERNEL, BIAS))
    rule = ZB(eps=1e-12, low=-3, high=5)
    found = network.explain(np.array([[2.0, 1.0, -1.0]]), rule=rule, target=1)
    # (x - high) W- = 3 / 2, 4 * 2, 6 * 3 of a score of -4
    close(found.relevance[0], -4 * np.array([1.5, 8, 18]) / 27.5, 1e-10)


def empty_windows():
    """Of one to four steps: windows whose two taps all lie outside."""
    draw = zoo.Draw(0)
    return zoo._chain(
        Conv1D(draw(2, zoo.E, 3), draw(3), padding="same", dilation=8),
        GlobalAveragePooling1D(),
        Dense(draw(3, 2)),
    )


@pytest.mark.parametrize("bias_factor", [0.0, 0.35])
@pytest.mark.parametrize("kind", RULES.values(), ids=list(RULES))
def test_where_no_input_exists_everything_is_absorbed(kind, bias_factor):
    network, rule = empty_windows(), kind(eps=0.01, bias_factor=bias_factor)
    x = zoo.inputs(network, LENGTHS)
    check_reference(network, x, rule)
    check_ledger(network, x, rule)
    found = network.explain(x[:, :1], rule=rule, layers=True)
    assert not found.relevance.any()
    kept = sum(found.ledger[f"conv1d_0/sum/{one}"] for one in ("bias", "stabilizer"))
    close(kept, found.layers["conv1d_0"].sum(axis=(1, 2)))
    assert np.abs(kept).min() > 1e-3


def test_where_no_contribution_is_positive_the_stabilizer_keeps_alpha():
    network = zoo._chain(Dense(-np.ones((2, 2))))
    found = network.explain(np.ones((1, 2)), rule=AlphaBeta(eps=1e-9), target=0)
    close(found.relevance[0], [1.0, 1.0], 1e-8)  # -beta R, R = -2
    close(found.ledger["dense_0/sum/stabilizer"], [-4.0], 1e-8)


@pytest.mark.parametrize(
    ("gates", "share"), [("all", 0), ("half", 1 / 2), ("prop", -1 / 2), ("abs", 1 / 4)]
)
def test_one_product_by_hand(gates, share):
    """A gate of 1 and a signal of -3: the gate's share of -3, from a sum of one unit each."""
    network = zoo._graph(
        ("gate", Dense(np.array([[1.0], [0.0], [0.0]])), "input"),
        ("signal", Dense(np.array([[0.0, 0], [1, 0], [0, 1]])), "input"),
        ("product", Multiply(), "gate", "signal"),
    )
    found = network.explain(
        np.array([[1.0, -3.0, 0.0]]), rule=Epsilon(gates=gates, eps=1e-12), target=0
    )
    close(found.relevance[0], [-3 * share, -3 * (1 - share), 0], 1e-10)


@pytest.mark.parametrize("gates", GATES)
def test_attention_weights_receive_nothing(gates):
    draw = zoo.Draw(0)
    network = zoo._graph(
        ("states", draw.rnn(return_sequences=True), "input"),
        ("scores", Dense(draw(zoo.H, 1)), "states"),
        ("softmax", Softmax(1)),
        ("dropout", Activation()),
        ("row", Flatten()),
        ("column", Reshape(1, -1)),
        ("weighed", Multiply(), "states", "column"),
        ("mean", GlobalAveragePooling1D()),
        ("out", Dense(draw(zoo.H, 2))),
    )
    x = zoo.inputs(network, LENGTHS)
    rule = Epsilon(gates=gates)
    check_reference(network, x, rule)
    found = explain(network, x, rule=rule, layers=True)
    assert not any(found.layers[name].any() for name in ("scores", "softmax", "column"))
    close(found.relevance, explain(network, x).relevance, 1e-12)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Epsilon(gates="some"), "'all', 'half', 'prop', 'abs'"),
        (lambda: Epsilon(gates=["all"]), "There is no gate rule"),
        (lambda: Gamma(gamma=-0.1), "gamma must be a number from 0"),
        (lambda: Gamma(gamma="1"), "gamma must be"),
        (lambda: Gamma(gamma=float("nan")), "gamma must be"),
        (lambda: Gamma(eps=0), "eps must be"),
        (lambda: RelativeEpsilon(relative=-1), "relative must be a number from 0 to 100"),
        (lambda: ZB(low=0.5), "low must be a number from -1e\\+06 to 0"),
        (lambda: ZB(high=-1), "high must be a number from 0"),
        (lambda: ZB(high=None), "high must be"),
        (lambda: AlphaBeta(alpha=1, beta=1), "alpha - beta must be 1"),
        (lambda: AlphaBeta(alpha=0.5, beta=-0.5), "alpha must be a number from 1"),
        (lambda: AlphaBeta(alpha=float("inf")), "alpha must be"),
    ],
)
def test_bad_options_get_a_sentence(make, named):
    with pytest.raises(InputError, match=named):
        make()
