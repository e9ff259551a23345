"""The table of calculi: what "backward" can mean, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from lrp_engine.propagation.gradient import Gradient
from lrp_engine.propagation.relevance import Relevance

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus
    from lrp_engine.propagation.rules import TraceKey


def _relevance(parameters: tf.Tensor, trace_key: TraceKey) -> Relevance:
    return Relevance(
        eps=parameters[0],
        bias_factor=parameters[1] if trace_key.redistributes_bias else None,
        relative=parameters[2] if trace_key.relative else None,
        gates=trace_key.gates,
        sum_rule=trace_key.sum_rule,
        rule_params=parameters[2:],
    )


class _Entry(NamedTuple):
    """`make`: the calculus, given the rule's parameters as a tensor, and its trace key."""

    make: Callable[[tf.Tensor, TraceKey], Calculus]
    follows_rule: bool


CALCULI: dict[str, _Entry] = {
    "relevance": _Entry(_relevance, follows_rule=True),
    "gradient": _Entry(lambda parameters, trace_key: Gradient(), follows_rule=False),
}
