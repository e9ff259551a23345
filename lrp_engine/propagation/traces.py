"""What TensorFlow keeps of a trace for the life of the process, given back.

Every use of `tf.custom_gradient` in a traced function leaves its gradient, and with it the whole
graph, in a registry that nothing ever empties: some 30 MB for each model that was ever opened.
"""

from __future__ import annotations

from typing import Any

GRADIENT = "_gradient_op_type"  # the attribute that names an operation's entry


def forget_gradients(function: Any) -> None:
    """Takes a traced `tf.function`'s gradients off TensorFlow's registry.

    The function still runs: its backward pass is a part of the trace. It cannot be differentiated
    from outside any more. Does nothing where TensorFlow keeps its registry elsewhere, as it may:
    it is no public part of it.
    """
    try:
        from tensorflow.python.framework import ops

        registry = ops.gradient_registry._registry
    except (ImportError, AttributeError):
        return
    definition = function.get_concrete_function().graph.as_graph_def()
    bodies = [definition.node, *(inner.node_def for inner in definition.library.function)]
    for nodes in bodies:
        for node in nodes:
            if GRADIENT in node.attr:
                registry.pop(node.attr[GRADIENT].s.decode(), None)
