"""Free the memory that TensorFlow holds for every trace until the process ends.

Every use of `tf.custom_gradient` in a trace, as within `tf.nn.silu`, leaves its gradient, and with
it the whole graph, in a registry that is never emptied: some 30 MB for each model ever opened.
"""

from __future__ import annotations

from typing import Any

GRADIENT = "_gradient_op_type"  # the attribute that names an operation's entry


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
