"""What every layer, rule and method must hold, over the tables: a new entry is tested at once."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine.layers
from lrp_engine import METHODS, Epsilon
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.attribution.targets import selection
from lrp_engine.layers import (
    LAYERS,
    AttentionPooling,
    Dense,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    Masking,
)
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.propagation.program import Program, program_of
from tests import zoo
from tests.device_operations import FEWEST, a_gpu_can, graphs, is_bound, operations
from tests.reference import recurrent as reference

LENGTHS = [3, 1, 5, 4]
RULES = [
    Epsilon(eps=eps, bias_factor=delta)
    # With and without shares, small and large; every layer meets each.
    for eps, delta in [(1e-3, 0.0), (0.1, 0.35), (1e-6, 1.0)]
]


@pytest.fixture(scope="module", params=zoo.NETWORKS)
def network(request):
    return zoo.network(request.param).to("cpu")  # which binds its operations to the device


@pytest.fixture(scope="module", params=RULES, ids=lambda r: f"eps={r.eps},delta={r.bias_factor}")
def rule(request):
    return request.param


@pytest.fixture
def x(network):
    return zoo.inputs(network, LENGTHS)


def lengths_of(network, x):
    """Time steps of each input; None where there is no time axis."""
    if not network.input_shape.time:
        return None
    return [network.length] * len(x) if network.length else LENGTHS[: len(x)]


def explain(network, x, method="lrp", **options):
    lengths = lengths_of(network, x)
    # Always with layers where a rule is followed, and never else: the tests of a network then share
    # its few traces, whose making costs most.
    options = {"lengths": lengths, "layers": METHODS[method].uses_rule, **options}
    return network.explain(x, method=method, **options)


def values(found):
    """Of every unit, or of every word where the method has none of units."""
    return found.token_relevance if found.relevance is None else found.relevance


def unrefined(method):
    """Options of a method by which it computes the same for every target."""
    steps = next((o for o in METHODS[method].options if o.name == "steps"), None)
    return {} if steps is None else {"steps": int(steps.smallest)}


def eager(network):
    """The same network run operation by operation: cheaper for a pass or two."""
    network.compiled["program"] = Program(network, traced=False)
    return network


def samples(network, x):
    """Each sample alone, (T, E) or (D,)."""
    lengths = lengths_of(network, x)
    return [*x] if lengths is None else [row[:n] for row, n in zip(x, lengths, strict=True)]


def close(found, expected, tolerance=1e-9):
    """Equal up to a tolerance relative to the largest number around."""
    scale = max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def test_every_layer_is_in_its_table_and_in_the_zoo():
    for module in pkgutil.iter_modules(lrp_engine.layers.__path__):
        importlib.import_module(f"lrp_engine.layers.{module.name}")
    assert set(LAYERS.values()) == set(Layer.__subclasses__())
    used = {type(layer) for name in zoo.NETWORKS for layer in zoo.layers_of(zoo.network(name))}
    assert used == set(LAYERS.values()) == set(reference.REFERENCES)


def test_every_activation_is_in_the_zoo():
    layers = [layer for name in zoo.NETWORKS for layer in zoo.layers_of(zoo.network(name))]
    used = {
        getattr(layer, name)
        for layer in layers
        for name in ("activation", "recurrent_activation")
        if hasattr(layer, name)
    }
    assert used == set(ACTIVATIONS) == set(reference.FUNCTIONS)


def test_scores_equal_reference(network, x):
    found = network.predict(x, lengths=lengths_of(network, x))
    expected = [reference.scores(network, one) for one in samples(network, x)]
    close(found, expected, 1e-12)


def test_relevance_and_ledger_equal_reference(network, x, rule):
    check_reference(network, x, rule)


def check_reference(network, x, rule, slow_rule=None, explain=explain):
    """`slow_rule`: what the reference follows, where it needs telling which node follows what.

    `explain`: how it is asked.
    """
    targets = np.arange(len(x)) % network.classes
    found = explain(network, x, target=targets, rule=rule)
    chosen = selection(targets, network.classes)
    for n, one in enumerate(samples(network, x)):
        expected = reference.relevance(network, one, chosen[n], slow_rule or rule)
        result = found[n]
        close(result.relevance[0], expected.relevance)
        assert set(result.ledger) == set(expected.ledger)
        assert set(result.initial_states) == set(expected.states)
        for name, kept in expected.ledger.items():
            close(result.ledger[name][0], kept.sum())
            if kept.ndim and name.split("/")[0] not in found.resampled_time:
                close(result.ledger.steps[name][0], kept)
            else:
                assert name not in result.ledger.steps
        for name, received in expected.states.items():
            close(result.initial_states[name][0], received)
        for name, values in expected.layers.items():
            # A single sigmoid unit stands for two classes; its own relevance is one number.
            values = values if network.shapes[name].units else values[:, None]
            own = result.layers[name][0]
            if name in found.resampled_time and network.shapes[name].time:
                assert not own[len(values) :].any()
                own = own[: len(values)]
            close(own, values)


def test_words_alone_have_what_their_units_add_up_to(network, x):
    rule = RULES[1]
    check_words(network, x, explain(network, x, rule=rule), rule=rule)


def check_words(network, x, found, tolerance=1e-12, **options):
    """The same question, without units; operation by operation, which costs no trace."""
    alone = explain(eager(replace(network)), x, units=False, layers=False, **options)
    assert alone.relevance is None
    close(alone.token_relevance, found.token_relevance, tolerance)
    for name, absorbed in found.ledger.items():
        close(alone.ledger[name], absorbed, tolerance)


def test_gradients_equal_central_differences(network, x):
    targets = np.arange(len(x)) % network.classes
    sensitivity, product = (
        explain(network, x, method, target=targets)
        for method in ("sensitivity", "gradient_x_input")
    )
    chosen = selection(targets, network.classes)
    for n, one in enumerate(samples(network, x)):
        slope = reference.gradient(network, one, chosen[n])
        close(sensitivity[n].relevance[0], slope**2, 1e-7)
        close(product[n].relevance[0], slope * one, 1e-7)


def test_ledger_closes(network, x, rule):
    check_ledger(network, x, rule)


def check_ledger(network, x, rule, explain=explain):
    for target in (None, 0, (1, 0)):
        found = explain(network, x, target=target, rule=rule)
        accounted = (
            found.token_relevance.sum(axis=1) + found.initial_state + sum(found.ledger.values())
        )
        size = np.abs(found.relevance).sum() + 1
        np.testing.assert_allclose(accounted, found.explained_score, rtol=0, atol=1e-10 * size)
        np.testing.assert_array_equal(found.conservation_error, found.explained_score - accounted)


def test_bias_factor_one_leaves_nothing_in_the_ledger(network, x):
    found = explain(network, x, rule=Epsilon(bias_factor=1.0))
    shared = np.ones(len(x), bool)
    if any(getattr(node.layer, "padding", None) == "given" for node in network.nodes):
        # A window wholly beside a text of one word has no input that could take its bias.
        shared = np.array(LENGTHS[: len(x)]) > 1
    assert not any(kept[shared].any() for kept in found.ledger.values())


@pytest.mark.parametrize("method", METHODS)
def test_contrast_is_the_difference_of_two_classes(network, x, method):
    a, b = network.classes - 1, 0
    contrast = explain(network, x, method, target=(a, b))
    assert contrast.target.tolist() == [[a, b]] * len(x)
    close(contrast.explained_score, contrast.scores[:, a] - contrast.scores[:, b])
    if METHODS[method].uses_rule or METHODS[method].signed:
        # A method that refines until it is content does so for each target by itself.
        contrast, one, two = (
            explain(network, x, method, target=c, method_options=unrefined(method))
            for c in ((a, b), a, b)
        )
        close(values(contrast), values(one) - values(two))


@pytest.mark.parametrize("method", METHODS)
def test_predicted_class_is_the_default_target(network, x, method):
    found = explain(network, x, method)
    np.testing.assert_array_equal(found.target, found.scores.argmax(axis=1))
    named = explain(network, x, method, target=[network.labels[c] for c in found.target])
    np.testing.assert_array_equal(values(found), values(named))


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_equals_one_by_one(network, x, method):
    batch = explain(network, x, method)
    for n, one in enumerate(samples(network, x)):
        alone = network.explain(one[None], method=method, layers=METHODS[method].uses_rule)
        close(values(alone)[0], values(batch[n])[0], 1e-12)
        close(alone.scores[0], batch.scores[n], 1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_padding_gets_exactly_zero_and_never_matters(network, x, method):
    if not network.input_shape.time or network.length:
        pytest.skip("no time axis, or one that nothing fills up")
    rule = Epsilon(bias_factor=1.0)
    clean = explain(network, x, method, rule=rule)
    dirty_x = x.copy()
    for n, length in enumerate(LENGTHS):
        dirty_x[n, length:] = np.nan
    dirty = explain(network, dirty_x, method, rule=rule)
    np.testing.assert_array_equal(values(clean), values(dirty))
    for n, length in enumerate(LENGTHS):
        assert not values(clean)[n, length:].any()
        assert all(not kept[n, length:].any() for kept in clean.ledger.steps.values())


def test_every_operation_is_bound_to_the_device_and_known_to_gpus(network, x):
    explain(network, x)
    explain(network, x, "gradient_x_input")
    made = [*graphs(program_of(network))]
    assert len(made) >= 2
    for graph in made:
        nodes = operations(graph)
        assert len(nodes) >= FEWEST
        assert not [node for node in nodes if not is_bound(node) or not a_gpu_can(node)]


def test_float32_ledger_closes(network, x):
    single = eager(replace(network, dtype="float32"))
    for rule in (Epsilon(), Epsilon(bias_factor=1.0)):
        found = explain(single, x, rule=rule)
        assert found.relevance.dtype == np.float32
        if not rule.bias_factor:
            check_words(single, x, found, 1e-6, rule=rule)
        terms = np.abs(found.token_relevance).sum(axis=1) + sum(map(np.abs, found.ledger.values()))
        size = np.maximum(np.abs(found.explained_score), terms)
        assert (np.abs(found.conservation_error) <= 1e-4 * size).all()


@pytest.mark.parametrize("name", ["stack", "gru_before_stack", "convolution_strides", "merged",
                                  "attention_query", "attention_by_columns"])  # fmt: skip
def test_ten_lengths_and_batch_sizes_make_one_trace(name):
    network = zoo.network(name, seed=3)
    for length in range(1, 11):
        x = zoo.inputs(network, [length] * (1 + length % 3))
        network.explain_all(x, target=length % 2, rule=Epsilon(eps=0.01 * length))
        network.predict(x)
    assert program_of(network).traces() == 2  # predict, explain_all


TWICE = ["stack", "gru", "convolution", "normalized", "merged", "attention_query",
         "attention_by_columns"]  # fmt: skip


def test_eager_equals_graph(network, x, request):
    """Other tests run operation by operation where a trace costs more than its passes."""
    name = request.node.callspec.params["network"]
    if name not in TWICE:
        pytest.skip("enough others run twice")
    untraced = eager(zoo.network(name))
    for method in LIVE_METHODS:  # the others are made of these passes and of `predict`
        graph = values(explain(network, x, method))
        close(values(explain(untraced, x, method)), graph, 1e-12)
    check_words(network, x, explain(network, x, units=False, layers=False))
    lengths = lengths_of(network, x)
    close(untraced.predict(x, lengths=lengths), network.predict(x, lengths=lengths), 1e-12)


POOLS = {
    "last state": lambda d: [d.lstm()],
    "backwards": lambda d: [d.gru(go_backwards=True)],
    "mean": lambda d: [d.bilstm(return_sequences=True), GlobalAveragePooling1D()],
    "most": lambda d: [d.rnn(return_sequences=True), GlobalMaxPooling1D()],
    "attention": lambda d: [d.lstm(return_sequences=True), AttentionPooling(d(3, 2), d(2))],
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("method", METHODS)
def test_masked_steps_are_as_if_they_were_not_there(name, method):
    """What Masking masks is skipped: the rest is explained as without it."""
    if METHODS[method].draws and METHODS[method].completeness == "none":
        pytest.skip("more steps draw other random numbers, and no sum holds them together")
    draw = zoo.Draw(0)
    layers = [Masking(0.5), *POOLS[name](draw)]
    units = 6 if name == "mean" else 3
    network = eager(zoo._chain(*layers, Dense(draw(units, 3), draw(3))))
    x = zoo.inputs(network, [7])
    read = np.array([True, False, True, True, False, True, False])
    x[:, ~read] = 0.5
    whole, rest = (network.explain(v, method=method) for v in (x, x[:, read]))
    close(whole.scores, rest.scores, 1e-12)
    close(values(whole)[:, read], values(rest), 1e-12)
    if METHODS[method].per_unit:
        assert not values(whole)[:, ~read].any()
    else:  # the passes with and without it round apart
        close(values(whole)[:, ~read], 0, 1e-12)


def test_each_layer_of_a_dense_network_is_accounted_for():
    """10 -> 32 -> 16 -> 1: what a layer's output holds is the score less what later layers kept."""
    draw = zoo.Draw(2)
    sizes = [10, 32, 16, 1]
    layers = [
        Dense(draw(n, m), draw(m), activation="linear" if m == 1 else "relu")
        for n, m in itertools.pairwise(sizes)
    ]
    network = zoo._chain(*layers, output="sigmoid")
    found = network.explain(zoo.inputs(network, [0] * 3), target=1, layers=True)
    assert [found.relevance.shape, *(r.shape for r in found.layers.values())] == [
        (3, n) for n in sizes
    ]
    left = found.explained_score
    for name in reversed(found.layers):
        close(found.layers[name].sum(axis=1), left, 1e-10)
        left = left - found.ledger.by("layer")[name]
    close(found.relevance.sum(axis=1), left, 1e-10)


def test_equal_values_leave_everything_to_the_first():
    network = zoo._chain(GlobalMaxPooling1D(), Dense(np.ones((2, 2))))
    found = network.explain(np.ones((1, 3, 2)), target=0)
    assert found.relevance[0, 0].all()
    assert not found.relevance[0, 1:].any()


@pytest.mark.parametrize("name", ["convolution", "pooled_text_cnn", "normalized", "attention",
                                  "attention_pooling", "attention_by_hand", "steps"])  # fmt: skip
def test_sequences_shorter_than_a_window_or_empty_are_explained(name):
    network = eager(zoo.network(name))
    for bias_factor in (0.0, 1.0):
        found = network.explain(
            np.ones((2, 1, zoo.E)), lengths=[0, 1], rule=Epsilon(bias_factor=bias_factor)
        )
        assert np.isfinite(found.relevance).all()
        assert not found.relevance[0].any()
        assert np.abs(found.conservation_error).max() < 1e-10
