"""What a trace leaves out where nothing needs it, and how its operations get their way back."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import tensorflow as tf

from lrp_engine.layers.custom_gradient import custom_gradient
from lrp_engine.propagation.program import Program, program_of
from lrp_engine.propagation.rules import Epsilon
from tests import zoo

BATCH = 3


def arrays_of(explanation) -> list[np.ndarray]:
    return [explanation.scores, explanation.relevance, *explanation.ledger.values(),
            *explanation.initial_states.values()]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule"),
    [("stack", Epsilon(bias_factor=1.0)), ("gru_before_stack", Epsilon())],
    ids=["stack", "gru"],
)
def test_without_masks_the_same_to_the_last_bit(name, rule, monkeypatch):
    network = zoo.network(name, seed=1)
    x = zoo.inputs(network, [6] * BATCH)
    lean = [network.predict(x), *arrays_of(network.explain(x, rule=rule))]
    monkeypatch.setattr(Program, "_all_read", lambda program, steps: False)
    masked = [network.predict(x), *arrays_of(network.explain(x, rule=rule))]
    assert program_of(network).traces() == 4
    for one, other in zip(lean, masked, strict=True):
        np.testing.assert_array_equal(one, other)


def test_masks_are_read_where_any_step_is_not():
    network = zoo.network("stack", seed=1)
    x = zoo.inputs(network, [6] * BATCH)
    whole = network.explain(x)
    ragged = network.explain(x, lengths=[6, 4, 6])
    assert program_of(network).traces() == 2
    np.testing.assert_allclose(ragged.relevance[0], whole.relevance[0], rtol=1e-12, atol=1e-15)
    assert not np.allclose(ragged.relevance[1], whole.relevance[1])
    alone = network.explain(x[1:2, :4])
    np.testing.assert_allclose(ragged.relevance[1, :4], alone.relevance[0], rtol=1e-9)
    assert not ragged.relevance[1, 4:].any()


def doubled(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """x y, whose "gradient" is twice the message for x and nothing for y."""

    @custom_gradient
    def operation(x: tf.Tensor, y: tf.Tensor) -> object:
        return x * y, lambda R: (2 * R, None)

    return operation(x, y)


def handed_on(x: tf.Tensor) -> tf.Tensor:
    """x as it came in, whose "gradient" is three times the message."""

    @custom_gradient
    def operation(x: tf.Tensor) -> object:
        return x, lambda R: 3 * R

    return operation(x)


def parts(x: tf.Tensor) -> list[tf.Tensor]:
    @custom_gradient
    def operation(x: tf.Tensor) -> object:
        return [x + 1, x + 2], lambda *both: both[0] + 10 * both[1]

    return operation(x)


def messages(x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor | None]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, y])
        first, second = parts(handed_on(handed_on(doubled(x, y))))
        result = first + second
    return [0.0 if one is None else one for one in tape.gradient(result, [x, y])]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("door", ["the tape's", "TensorFlow's own"])
def test_an_operation_has_a_way_back_of_its_own(traced, door, monkeypatch):
    if door != "the tape's":
        monkeypatch.setitem(sys.modules, "tensorflow.python.eager.record", None)
    run = tf.function(messages) if traced else messages
    to_x, to_y = run(tf.constant(5.0), tf.constant(7.0))
    assert (float(to_x), float(to_y)) == (2 * 3 * 3 * 11, 0)


def test_networks_are_explained_where_tensorflow_has_closed_that_door(monkeypatch):
    network = zoo.network("stack", seed=2)
    x = zoo.inputs(network, [5, 5])
    expected = network.explain(x)
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.record", None)
    found = zoo.network("stack", seed=2).explain(x)
    np.testing.assert_allclose(found.relevance, expected.relevance, rtol=1e-12)
