"""What layers read of the inputs of a pass: signals with their masks, by the names of the inputs.

Axes: B batch, T time, E input units, N numbers and S steps of all inputs of a network of several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from lrp_engine.layers import Signal
from lrp_engine.model.graph import INPUT
from lrp_engine.model.samples import BEGINS, EXPLAINED, MASKED
from lrp_engine.model.shapes import WORDS

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.shapes import Shape


def signals_of(network: Network, x: tf.Tensor, steps: tf.Tensor) -> dict[str, Signal]:
    """By input, what layers read of numbers (B, T, E), (B, D) or (B, N) and kinds of steps."""
    if not network.several:
        return {INPUT: _signal(x, steps, network.input_shape)}
    signals, at = {}, tf.constant(0)
    for name, kinds in _apart(network, steps).items():
        shape, rows = network.shapes[name], tf.shape(x)[0]
        count = tf.shape(kinds)[1]
        numbers = x[:, at : at + count * shape.units]
        own = [rows, count, shape.units] if shape.time else [rows, shape.units]
        signals[name] = _signal(tf.reshape(numbers, own), kinds, shape)
        at += count * shape.units
    return signals


def kinds_of_words(network: Network, steps: tf.Tensor) -> tf.Tensor:
    """The kinds (B, T) of the steps that have labels, of a network that labels steps."""
    if not network.several:
        return steps
    shapes, apart = network.shapes, _apart(network, steps)
    return next(apart[n] for n in apart if shapes[n].time and shapes[n].steps == WORDS)


def existing(values: tf.Tensor, signal: Signal) -> tf.Tensor:
    """Values (B, T, ...) with zeros at steps that only fill up the batch."""
    if signal.real is None:
        return values
    real = signal.real if values.shape.rank == 2 else signal.real[:, :, None]
    return tf.where(real, values, tf.zeros_like(values))


def _apart(network: Network, steps: tf.Tensor) -> dict[str, tf.Tensor]:
    """By input, the kinds (B, t) of its steps, of those (B, S) of all inputs."""
    begins = tf.where(steps[0] >= BEGINS)[:, 0]
    ends = tf.concat([begins[1:], [tf.shape(steps, tf.int64)[1]]], axis=0)
    kinds = steps % BEGINS
    return {name: kinds[:, begins[n] : ends[n]] for n, name in enumerate(network.inputs)}


def _signal(x: tf.Tensor, steps: tf.Tensor, shape: Shape) -> Signal:
    """An input (B, T, E) with the kinds of its steps (B, T), or (B, D)."""
    if not shape.time:
        return Signal(x)
    x = tf.ensure_shape(x, [None, shape.length, None])
    kinds = steps % EXPLAINED
    return Signal(x, kinds > MASKED, kinds > 0)
