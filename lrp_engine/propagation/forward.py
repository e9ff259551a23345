"""The way forward through a network: its layers in order, on the calculus of a pass.

Axes: B batch, T time, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import tensorflow as tf

from lrp_engine.layers import Ops, Signal
from lrp_engine.model.graph import INPUT, Node
from lrp_engine.propagation.backward import Key
from lrp_engine.propagation.calculus import Calculus
from lrp_engine.propagation.signals import signals_of

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def forward(
    network: Network,
    nodes: Sequence[Node],
    ops: Ops,
    x: tf.Tensor,
    steps: tf.Tensor,
    by_node: Sequence[Calculus] | None = None,
    words: tf.Tensor | None = None,
    *,
    all_read: bool = False,
) -> tuple[tf.Tensor, dict[Key, Signal]]:
    """Scores (B, C), or (B, T, C) of each step, and every node's output by name.

    Args:
        nodes: those of the network, their weights as tensors.
        x, steps: what `Samples.padded` returns.
        by_node: the calculus of each node, where they differ from that of `ops`.
        words: a zero (B, T, 1) for what whole words receive, see `Signal`; the rest arrives at x.
        all_read: every step of x is read: loops over time need not look.
    """
    x = tf.identity(x)  # bound to the device, as an argument is not
    signals = signals_of(network, x, steps)
    if words is not None:
        signals[INPUT] = signals[INPUT]._replace(words=words)
    if all_read:
        ops = replace(ops, all_read=signals[INPUT].mask)
    for position, node in enumerate(nodes):
        inputs = [signals[name] for name in node.inputs]
        if not node.layer.knows_weights:
            inputs = [signal._replace(weights=False) for signal in inputs]
        calculus = None if by_node is None else by_node[position]
        output = node.layer.forward(ops.within(node.name, calculus), *inputs)
        shape = network.shapes[node.name]
        if not shape.time:
            output = Signal(output.values)
        if output.values is not inputs[0].values:  # no longer those of the words
            output = output._replace(words=None)
        length = [shape.length] if shape.time else []
        values = tf.ensure_shape(
            output.values, [None, *length, *([shape.units] * bool(shape.units))]
        )
        # A separate tensor, so that relevance at the output of this node can be read.
        signals[node.name] = output._replace(values=tf.identity(values))
    scores = signals[nodes[-1].name].values
    if network.single_sigmoid:
        scores = tf.concat([ops.calculus.activation(tf.negative, scores), scores], axis=-1)
    return scores, {(node.name,): signals[node.name] for node in nodes}
