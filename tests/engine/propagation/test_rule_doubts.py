"""What explanations say against the rule they follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrp_engine import RULES, AlphaBeta, ByLayer, Epsilon, Gamma, RelativeEpsilon, ZPlus
from lrp_engine.errors import OverflowInputError
from lrp_engine.propagation.rules import GATES
from lrp_engine.propagation.rules.doubts import LARGE_EPS, LONG_HINT, PRECISION_HINT, of_rule
from lrp_engine.render.terminal import render
from tests import zoo

WORDS = ["good", "bad", "film"]


@pytest.fixture(scope="module")
def network():
    return zoo.reader(WORDS, ["no", "yes"], seed=0)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Epsilon(), []),
        (Gamma(), []),
        (Epsilon(eps=0.099), []),
        (Epsilon(eps=0.1), [LARGE_EPS]),
        (ZPlus(), ["rule z-plus is for research. It tells"]),
        (AlphaBeta(gates="half"), ["gate rule half is", "rule alpha-beta is"]),
        (ByLayer([("last", ZPlus(eps=1))]), ["rule z-plus", LARGE_EPS]),
    ],
)
def test_doubts_of_a_rule(rule, words):
    said = of_rule(rule, zoo.network("bilstm").nodes)  # both directions, one sentence
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(sorted(words), sorted(said), strict=True))


def test_what_makes_no_difference_is_no_reason_for_doubt():
    assert not of_rule(Epsilon(gates="prop"), zoo.network("dense").nodes)
    assert not of_rule(ZPlus(), zoo.network("bilstm").nodes[:1])


def test_everything_for_research_says_what_was_measured():
    assert {name for name, one in GATES.items() if one.research} == {"half", "prop", "abs"}
    assert {name for name, one in RULES.items() if one.research} == {"z_plus", "alpha_beta"}
    for one in (*GATES.values(), *RULES.values()):
        assert not one.research or (
            one.research.endswith(").") and any(map(str.isdigit, one.research))
        )


def test_explanations_carry_the_doubts_where_they_follow_the_rule(network):
    found = network.explain_all(["good film"], rule=Epsilon(eps=0.1))
    assert found["lrp"].warnings == found.warnings == (LARGE_EPS,)
    assert found["lrp"].to_dict()["warnings"] == [LARGE_EPS]
    assert found["sensitivity"].warnings == ()
    assert f"Warning: {LARGE_EPS}" in render(found["lrp"])


@pytest.mark.parametrize(
    ("count", "rule", "said"),
    [
        (100, Epsilon(), ()),
        (101, Epsilon(), (LONG_HINT,)),
        (101, Epsilon(eps=0.01), ()),
        (101, RelativeEpsilon(), ()),
    ],
)
def test_long_texts_carry_a_hint(network, count, rule, said):
    one = network.explain([["good"] * count, ["bad"]], rule=rule)
    assert one.hints == one[0].hints == said
    assert one[1].hints == ()
    assert network.explain([["good"] * count], "sensitivity").hints == ()
    assert one[0].to_dict().get("hints", []) == list(said)
    assert ("Hint: " in render(one[0])) == bool(said)


def test_an_overflow_names_the_gate_rule_that_caused_it():
    single = replace(zoo.network("lstm"), dtype="float32")
    x = np.random.default_rng(0).normal(size=(1, 300, zoo.E))
    with pytest.raises(OverflowInputError, match="the gate rule 'prop' makes") as problem:
        single.explain(x, rule=Epsilon(gates="prop"))
    assert "the gate rule 'prop'" in problem.value.reason
    with np.errstate(over="ignore"), pytest.raises(OverflowInputError) as problem:
        replace(zoo.network("dense"), dtype="float32").explain(
            np.full((1, 6), 3e38), rule=Epsilon(gates="prop")
        )
    assert "gate" not in str(problem.value)


@pytest.mark.parametrize(
    ("rule", "dtype", "said"),
    [
        (Epsilon(), "float32", ()),
        (Epsilon(bias_factor=1.0), "float32", (PRECISION_HINT,)),
        (Epsilon(bias_factor=1.0), "float64", ()),
        (Epsilon(bias_factor=1.0, eps=0.1), "float32", ()),
        (ByLayer([("last", Epsilon(bias_factor=0.5))]), "float32", (PRECISION_HINT,)),
    ],
)
def test_a_bias_factor_in_float32_says_how_far_off_it_may_be(rule, dtype, said):
    steps = replace(zoo.network("bilstm"), dtype=dtype)
    x = np.ones((2, 3, steps.input_shape.units))
    assert steps.explain(x, rule=rule).hints == said
    assert steps.explain(x, rule=rule)[0].to_dict().get("hints", []) == list(said)
    assert steps.explain(x, "sensitivity", rule=rule).hints == ()
