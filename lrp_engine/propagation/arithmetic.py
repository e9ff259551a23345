"""The few formulas that the backward passes share.

Axes: D inputs of a linear map, M its outputs.
"""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf

Tensor: TypeAlias = tf.Tensor


def signed(z: Tensor) -> Tensor:
    """The sign of z, 1 for 0; a third of the time of a comparison."""
    return tf.sign(tf.sign(z) + 0.5)


def linear(x: Tensor, weight: Tensor, *, bias: Tensor | None = None, back: bool = False) -> Tensor:
    """x W (+ b), or x W^T, over the last axis: one matrix product whatever the leading axes."""
    if back and not tf.is_symbolic_tensor(weight):
        with tf.init_scope():  # once for a trace: a product with a transpose is a tenth slower
            weight, back = tf.transpose(weight), False
    # A product of rank 3 and 2 would be one small product per sample, several times slower.
    flat = x if x.shape.rank == 2 else tf.reshape(x, [-1, x.shape[-1]])
    flat = tf.matmul(flat, weight, transpose_b=back)
    if bias is not None:
        flat = tf.nn.bias_add(flat, bias)  # TensorFlow makes one operation of both
    if x.shape.rank == 2:
        return flat
    return tf.reshape(flat, [*tf.unstack(tf.shape(x))[:-1], flat.shape[-1]])


def absorbed(*, bias: Tensor | None, stabilizer: Tensor) -> Tensor:
    """What a sum absorbed, as its sink records it.

    Args:
        bias, stabilizer: relevance of each output, (..., M); `bias` is None where there is none.

    Returns:
        Totals over the outputs: (..., 2) for [bias, stabilizer], or (..., 1) for [stabilizer].
    """
    parts = [stabilizer] if bias is None else [bias, stabilizer]
    return tf.stack([tf.reduce_sum(part, axis=-1) for part in parts], axis=-1)
