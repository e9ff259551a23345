"""Gated recurrent unit, Cho et al. 2014 (arXiv 1406.1078), with either place for the reset gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.recurrence import columns, swap_time
from lrp_engine.layers.recurrent import Recurrent
from lrp_engine.layers.terms import Projected, Term
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import expect_shape

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus

    Tensors = Sequence[tf.Tensor]


@dataclass(frozen=True, eq=False)
class GRU(Recurrent, Layer):
    """One direction of a GRU; blocks in the order z r g, each of H columns.

        z, r = recurrent_activation(x W + h U + b + b')    gates: update, reset
        g    = activation(x W + b + r (h U + b'))          reset after: Keras 3, cuDNN, PyTorch
        g    = activation(x W + b + (r h) U)               reset before: the paper
        h_t  = z h_{t-1} + (1 - z) g

    In r h, r (h U + b'), z h and (1 - z) g the first factor is the gate, the second the signal.

    Attributes:
        kernel: W (E, 3H).
        recurrent_kernel: U (H, 3H).
        bias: b (3H,).
        recurrent_bias: b' (3H,), None for none; with `reset_after` only.
        reset_after: where the reset gate stands.
        return_sequences, go_backwards: as in `LSTM`.
    """

    kind: ClassVar[str] = "gru"
    title: ClassVar[str] = "GRU"
    blocks: ClassVar[int] = 3

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    recurrent_bias: Array | None = None
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    reset_after: bool = True
    return_sequences: bool = False
    go_backwards: bool = False

    def __post_init__(self) -> None:
        self.check()
        if self.recurrent_bias is not None:
            if not self.reset_after:
                raise FormatError("A GRU with reset_after=False has one bias, found two.")
            expect_shape("The GRU recurrent bias", self.recurrent_bias, (3 * self.units,))

    @property
    def has_gates(self) -> bool:
        return True

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        H, E = self.units, int(self.kernel.shape[0])
        squash, gated = ACTIVATIONS[self.activation], ACTIVATIONS[self.recurrent_activation]
        b_reset = None
        with tf.init_scope():  # once for a trace, not each time it runs
            W_gates, W_signal = tf.split(self.kernel, [2 * H, H], axis=1)
            U_gates, U_signal = tf.split(self.recurrent_kernel, [2 * H, H], axis=1)
            b_gates, b_signal = tf.split(self.bias, [2 * H, H])
            if self.recurrent_bias is not None:
                b_more, b_reset = tf.split(self.recurrent_bias, [2 * H, H])
                b_gates += b_more

        def step(calculus: Calculus, states: Tensors, now: Tensors, probes: Tensors) -> Tensors:
            (h,) = states
            p_gates, p_signal = now
            share_gates, share_signal, gate_sink, signal_sink, cell_sink, *reset_sink = probes
            z_gates = calculus.weighted_sum(
                [Projected(p_gates, share_gates, E), Term(h, U_gates)],
                b_gates,
                gate_sink,
                gate=True,
            )
            z, r = columns(calculus.activation(gated, z_gates), 2)
            if self.reset_after:
                recalled = calculus.weighted_sum([Term(h, U_signal)], b_reset, reset_sink[0])
                recurrent = Term(calculus.product(r, recalled))
            else:
                recurrent = Term(calculus.product(r, h), U_signal)
            z_signal = calculus.weighted_sum(
                [Projected(p_signal, share_signal, E), recurrent], b_signal, signal_sink
            )
            g = calculus.activation(squash, z_signal)
            kept = calculus.product(z, h)
            added = calculus.product(calculus.activation(_complement, z), g)
            return [calculus.weighted_sum([Term(kept), Term(added)], None, cell_sink)]

        by_time = swap_time(x.values)
        project = partial(ops.calculus.project, by_time, words=swap_time(x.words))
        p_gates, share_gates = project(W_gates, b_gates)
        p_signal, share_signal = project(W_signal, b_signal)
        sinks = [
            ops.sink("gates", x.values, gate=True),
            ops.sink("signal", x.values),
            ops.sink("cell", x.values, bias=False),
        ]
        if self.reset_after:
            sinks.append(ops.sink("recurrent", x.values, bias=b_reset is not None))
        return self.read(
            ops,
            x,
            step,
            inputs=[p_gates, p_signal],
            probes=[share_gates, share_signal, *map(swap_time, sinks)],
            states=["h"],
        )


def _complement(z: tf.Tensor) -> tf.Tensor:
    return 1 - z
