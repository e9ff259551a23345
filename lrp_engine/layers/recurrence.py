"""The loop over time that every recurrent layer shares: masks, direction, last state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

Step = Callable[[Sequence["tf.Tensor"], Sequence["tf.Tensor"]], Sequence["tf.Tensor"]]


def scan(
    step: Step,
    inputs: Sequence[tf.Tensor],
    states: Sequence[tf.Tensor],
    mask: tf.Tensor,
    *,
    backwards: bool,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Run `step(states, inputs at t) -> states` over time; the first state is the output.

    Args:
        step: one time step.
        inputs: tensors (B, T, ...), each read at its own time step in either direction.
        states: initial states (B, H).
        mask: (B, T), true at real tokens; elsewhere the states stay as they are.
        backwards: read from the last time step to the first.

    Returns:
        The outputs (B, T, H), each at the time step it belongs to, and the final output (B, H).
    """
    import tensorflow as tf

    length = tf.shape(mask)[1]
    reads = [_by_time(tensor) for tensor in (*inputs, mask[..., None])]
    writes = tf.TensorArray(
        states[0].dtype, size=length, element_shape=states[0].shape, clear_after_read=False
    )

    def body(t: tf.Tensor, states: Sequence[tf.Tensor], writes: tf.TensorArray) -> tuple:
        at = length - 1 - t if backwards else t
        *now, real = (read.read(at) for read in reads)
        new = step(states, now)
        states = tuple(
            tf.where(real, fresh, old) for fresh, old in zip(new, states, strict=True)
        )
        return t + 1, states, writes.write(at, states[0])

    _, final, writes = tf.while_loop(
        lambda t, *_: t < length, body, (0, tuple(states), writes), maximum_iterations=length
    )
    return _by_batch(writes.stack()), final[0]


def _by_time(tensor: tf.Tensor) -> tf.TensorArray:
    import tensorflow as tf

    first = tf.transpose(tensor, [1, 0, *range(2, tensor.shape.rank)])  # (T, B, ...)
    array = tf.TensorArray(
        tensor.dtype, size=tf.shape(first)[0], element_shape=first.shape[1:],
        clear_after_read=False,
    )  # fmt: skip
    return array.unstack(first)


def _by_batch(tensor: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    return tf.transpose(tensor, [1, 0, *range(2, tensor.shape.rank)])  # (B, T, ...)
