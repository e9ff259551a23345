"""How signals of one shape become one signal: sum, average, product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from lrp_engine.layers.ops import Ops
from lrp_engine.layers.terms import Term

if TYPE_CHECKING:
    import tensorflow as tf

    Merge = Callable[[Ops, Sequence[tf.Tensor]], tf.Tensor]


def add(ops: Ops, signals: Sequence[tf.Tensor]) -> tf.Tensor:
    """Their sum, a weighted sum with identity weights: relevance in proportion to the values."""
    sink = ops.sink("merge", signals[0], bias=False)
    return ops.calculus.weighted_sum([Term(signal) for signal in signals], None, sink)


def average(ops: Ops, signals: Sequence[tf.Tensor]) -> tf.Tensor:
    """Their mean: `add` of the n-th part of each."""
    part = partial(_times, factor=1 / len(signals))
    return add(ops, [ops.calculus.activation(part, signal) for signal in signals])


def multiply(ops: Ops, signals: Sequence[tf.Tensor]) -> tf.Tensor:
    """The product of two signals: half of the relevance to each.

    Neither gates the other, so each takes all of one half: a b = a b / 2 + b a / 2.
    """
    a, b = signals
    return ops.calculus.product(a, b) / 2 + ops.calculus.product(b, a) / 2


def _times(values: tf.Tensor, factor: float) -> tf.Tensor:
    return values * factor
