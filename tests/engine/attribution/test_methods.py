"""What the table says of methods is true: every method, on networks of several kinds."""

from __future__ import annotations

import importlib
import pkgutil
import re
import threading
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from lrp_engine import METHODS, Epsilon, Gamma, InputError
from lrp_engine.attribution import methods
from lrp_engine.attribution.methods import DEFAULT_METHOD, LIVE_METHODS
from lrp_engine.attribution.methods.base import Completeness
from lrp_engine.errors import CancelledError
from lrp_engine.propagation.calculi import CALCULI
from lrp_engine.propagation.program import Program, program_of
from tests import zoo

ROOT = Path(__file__).parents[3]
LENGTHS = [3, 2, 5, 4]
RULES = [Epsilon(), Epsilon(eps=0.5, bias_factor=1.0), Gamma(gamma=1.0, gates="half")]

over_methods = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@pytest.fixture(scope="module", params=["bilstm", "stack", "pooled_text_cnn", "attention", "dense"])
def network(request):
    return zoo.network(request.param)


def explain(network, method, **options):
    x = zoo.inputs(network, LENGTHS)
    lengths = LENGTHS if network.input_shape.time else None
    return network.explain(x, method.name, lengths=lengths, **options)


def test_every_module_of_a_method_is_in_the_table():
    modules = {module.name for module in pkgutil.iter_modules(methods.__path__)} - {"base", "masks"}
    found = [importlib.import_module(f"{methods.__name__}.{name}").METHOD for name in modules]
    assert {method.name for method in found} == set(METHODS) == modules
    assert all(METHODS[method.name] is method for method in found)
    assert DEFAULT_METHOD in LIVE_METHODS


@over_methods
def test_the_facts_are_stated(method):
    assert method.completeness in get_args(Completeness)
    assert set(method.passes) <= set(CALCULI)
    assert method.uses_rule or "relevance" not in method.passes
    for text in (method.title, method.short, method.value_name, method.unit, method.cost):
        assert text
    assert method.meaning.endswith(".")
    assert re.search(r"doi 10\.\d{4}|arXiv \d{4}\.\d{4}", method.source)
    assert not method.live or method.passes, "only methods of one backward pass share a forward one"


@over_methods
def test_it_says_what_it_promises_of_its_result(network, method):
    found = explain(network, method, target=1)
    assert list(found.checks) == [check.name for check in method.checks]
    assert all(array.shape == (len(found),) for array in found.checks.values())
    assert (found.standard_error is not None) == method.estimates
    for check in method.checks:
        assert check.title
        assert bool(check.doubt) == np.isfinite([check.at_most, check.at_least]).any()
    if method.completeness == "difference to a baseline":
        parts = [found.token_relevance.sum(axis=1), found.checks["baseline_score"],
                 found.checks["completeness_error"]]  # fmt: skip
        np.testing.assert_allclose(sum(parts), found.explained_score, rtol=0, atol=1e-12)


@over_methods
def test_its_cost_is_said_before_and_it_can_be_followed_and_given_up(network, method):
    x = zoo.inputs(network, LENGTHS)
    lengths = LENGTHS if network.input_shape.time else None
    most = network.count_passes(x, methods=[method.name], lengths=lengths).total
    assert (most == 0) == method.live
    told = []
    explain(network, method, progress=lambda *done: told.append(done))
    assert all(expected == most for _, expected in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert bool(told) is not method.live

    stop = threading.Event()
    if len(told) > 1:
        after_one = []

        def first(*_):
            after_one.append(1)
            stop.set()

        with pytest.raises(CancelledError):
            explain(network, method, progress=first, cancel=stop)
        assert len(after_one) == 1
    stop.set()
    with pytest.raises(CancelledError):
        explain(network, method, cancel=stop)


@over_methods
def test_the_passes_are_counted_not_guessed(network, method, monkeypatch):
    """No more rows run than were said."""
    x = zoo.inputs(network, LENGTHS)
    lengths = LENGTHS if network.input_shape.time else None
    most = network.count_passes(x, methods=[method.name], lengths=lengths)
    rows = []

    def counted(real):
        def run(program, *given, **options):
            arrays = [one for one in given if isinstance(one, np.ndarray)]
            rows.append(len(arrays[0]))
            return real(program, *given, **options)

        return run

    for name in ("scores", "backward"):
        monkeypatch.setattr(Program, name, counted(getattr(Program, name)))
    explain(network, method)
    assert sum(rows) - len(LENGTHS) <= most.total


@over_methods
def test_the_documents_name_it(method):
    for document in ("README.md", "docs/corpora.md"):
        assert re.search(f'[`"]{method.name}[`"]', (ROOT / document).read_text()), document


@over_methods
def test_only_signed_methods_have_negative_values(network, method):
    values = np.concatenate([explain(network, method, target=c).token_relevance for c in (0, 1)])
    assert (values > 0).any()
    assert (values < 0).any() == method.signed


@over_methods
def test_what_is_complete_adds_up(network, method):
    found = explain(network, method, target=1)
    if method.completeness == "score":
        scale = np.abs(found.token_relevance).sum() + 1
        assert np.abs(found.conservation_error).max() <= 1e-12 * scale
    else:
        assert np.isnan(found.conservation_error).all()


@over_methods
def test_a_rule_changes_what_uses_it_and_nothing_else(network, method):
    usual, *others = (explain(network, method, target=0, rule=rule) for rule in RULES)
    for rule, other in zip(RULES[1:], others, strict=True):
        assert other.rule == (rule if method.uses_rule else None)
        if not method.uses_rule:
            np.testing.assert_array_equal(other.token_relevance, usual.token_relevance)
        elif rule.bias_factor:
            assert np.abs(other.token_relevance - usual.token_relevance).max() > 1e-6


@over_methods
def test_words_are_the_sum_of_their_units_where_there_are_units(network, method):
    found = explain(network, method)
    assert (found.relevance is not None) == method.per_unit
    if found.relevance is not None and found.token_values is None:
        units = found.relevance if found.relevance.ndim == 2 else found.relevance.sum(axis=2)
        np.testing.assert_allclose(found.token_relevance, units, rtol=1e-12)


@over_methods
def test_it_owns_nothing_that_another_method_made(network, method):
    """Beside all others, in one forward pass, a method says what it says alone."""
    x = zoo.inputs(network, LENGTHS)
    lengths = LENGTHS if network.input_shape.time else None
    together = network.explain_all(x, methods=list(METHODS), target=0, lengths=lengths)
    alone = explain(network, method, target=0)
    np.testing.assert_allclose(together[method.name].token_relevance, alone.token_relevance,
                               rtol=0, atol=1e-12)  # fmt: skip
    assert set(together[method.name].ledger) == set(alone.ledger)
    np.testing.assert_allclose(together[method.name].initial_state, alone.initial_state, atol=1e-12)


@over_methods
def test_options_are_checked_and_the_valid_ones_listed(network, method):
    known = ", ".join(repr(option.name) for option in method.options) or "it has none"
    with pytest.raises(InputError, match=f"'{method.name}' has no option 'colour'.*{known}"):
        explain(network, method, method_options={"colour": 1})
    with pytest.raises(InputError, match=f"options of '{method.name}' are .*{known}"):
        explain(network, method, method_options=[1])
    assert explain(network, method).method_options == method.options_with({})


@over_methods
def test_layers_come_from_backward_passes_alone(network, method):
    if method.passes:
        assert set(explain(network, method, layers=True).layers) == set(network.shapes) - {"input"}
    else:
        with pytest.raises(InputError, match=f"{method.title} makes no backward pass"):
            explain(network, method, layers=True)


def test_the_live_methods_share_one_forward_pass(monkeypatch):
    network = zoo.network("lstm")
    passes = []
    backward = Program.backward

    def counted(program, calculi, *arguments, **options):
        passes.append(calculi)
        return backward(program, calculi, *arguments, **options)

    monkeypatch.setattr(Program, "backward", counted)
    found = network.explain_all(zoo.inputs(network, [3, 3]))
    assert list(found) == list(LIVE_METHODS)
    assert [sorted(calculi) for calculi in passes] == [
        sorted({calculus for method in LIVE_METHODS.values() for calculus in method.passes})
    ]
    assert program_of(network).traces() == 1
