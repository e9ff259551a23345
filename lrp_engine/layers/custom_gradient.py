"""Operations with a backward pass of their own, without what TensorFlow adds to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow as tf

    # tensors -> result or results, and what hands messages at them back to the tensors.
    Operation = Callable[..., Any]


def custom_gradient(operation: Operation) -> Callable[..., Any]:
    """As `tf.custom_gradient`, for tensors and tapes alone.

    That one copies every argument and every result in a trace, hands zeros to all copies on the
    way back, and keeps each trace in a registry until the process ends: a third of the operations
    of a trace. Here the tape is told what it needs to know, as TensorFlow itself does outside of
    traces. Where TensorFlow no longer has that door, `tf.custom_gradient` does the same for more.

    Args:
        operation: tensors to one fresh tensor or a list of them, and a function from the messages
            at these to a message (or None) for each argument.
    """
    import tensorflow as tf

    try:
        from tensorflow.python.eager import record
    except ImportError:
        return tf.custom_gradient(operation)

    def run(*tensors: tf.Tensor) -> Any:
        with record.stop_recording():
            result, backward = operation(*tensors)
            several = isinstance(result, Sequence)
            # A tensor has one origin on the tape: what is handed on as it came in needs another.
            results = [
                tf.identity(one) if any(one is tensor for tensor in tensors) else one
                for one in (result if several else [result])
            ]

        def back(*messages: tf.Tensor) -> list:
            arrived = backward(*messages)
            return list(arrived) if isinstance(arrived, Sequence) else [arrived]

        record.record_operation(operation.__name__, results, list(tensors), back)
        return results if several else results[0]

    return run
