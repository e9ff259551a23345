"""Traces, and the memory that TensorFlow holds for every one of them until the process ends.

Every use of `tf.custom_gradient` in a trace, as within `tf.nn.silu`, leaves its gradient, and with
it the whole graph, in a registry that is never emptied: some 30 MB for each model ever opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow as tf

GRADIENT = "_gradient_op_type"  # the attribute that names an operation's entry


def trace(run: Callable, signature: Sequence[tf.TensorSpec], *, compiled: bool) -> Any:
    """The function traced, and where asked for compiled by XLA at its first call for each shape."""
    import tensorflow as tf

    # TensorFlow warns of retracing when many functions share their code, as those of many
    # networks do; every partial is new.
    function = tf.function(
        partial(run), input_signature=signature, autograph=False, jit_compile=compiled or None
    )
    made = function.get_concrete_function()
    forget_gradients(made.graph)
    return made  # called by itself it need not be found for its arguments


def forget_gradients(graph: Any) -> None:
    """Remove the gradients of a trace's operations from TensorFlow's registry.

    The trace still runs, since its backward pass is part of the trace, but it can no longer be
    differentiated from outside. The registry is not public: where TensorFlow has moved it, nothing
    happens.
    """
    try:
        from tensorflow.python.framework import ops

        registry = ops.gradient_registry._registry
    except (ImportError, AttributeError):
        return
    definition = graph.as_graph_def()
    bodies = [definition.node, *(inner.node_def for inner in definition.library.function)]
    for nodes in bodies:
        for node in nodes:
            if GRADIENT in node.attr:
                registry.pop(node.attr[GRADIENT].s.decode(), None)
