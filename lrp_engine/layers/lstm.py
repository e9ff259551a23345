"""Long short-term memory, Hochreiter and Schmidhuber 1997 (doi 10.1162/neco.1997.9.8.1735)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.recurrence import columns, swap_time
from lrp_engine.layers.recurrent import Recurrent
from lrp_engine.layers.terms import Projected, Term
from lrp_engine.model.layer import NEWER, Array, Layer

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus

    Tensors = Sequence[tf.Tensor]

GATE_ORDER = "ifog"  # the three gates side by side, then the signal


@dataclass(frozen=True, eq=False)
class LSTM(Recurrent, Layer):
    """One direction of an LSTM; gate blocks in the order i f o g, each of H columns.

        i, f, o = recurrent_activation(x W + h U + b)      gates
        g       = activation(x W + h U + b)                signal
        c_t     = f c_{t-1} + i g,   h_t = o activation(c_t)

    Attributes:
        kernel: W (E, 4H).
        recurrent_kernel: U (H, 4H).
        bias: b (4H,).
        return_sequences: output h at every time step (B, T, H), not only the last one (B, H).
        go_backwards: read the sequence from its end; outputs stay at their own time steps.
        cell: output the cell states c in place of h.
    """

    kind: ClassVar[str] = "lstm"
    title: ClassVar[str] = "LSTM"
    blocks: ClassVar[int] = 4

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    return_sequences: bool = False
    go_backwards: bool = False
    cell: bool = field(default=False, metadata={NEWER: True})

    def __post_init__(self) -> None:
        self.check()

    @property
    def has_gates(self) -> bool:
        return True

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        H, E = self.units, int(self.kernel.shape[0])
        squash, gated = ACTIVATIONS[self.activation], ACTIVATIONS[self.recurrent_activation]
        order = -1 if self.cell else 1  # of h and c: the first state is the output
        with tf.init_scope():  # once for a trace, not each time it runs
            W_gates, W_signal = tf.split(self.kernel, [3 * H, H], axis=1)
            U_gates, U_signal = tf.split(self.recurrent_kernel, [3 * H, H], axis=1)
            b_gates, b_signal = tf.split(self.bias, [3 * H, H])

        def step(calculus: Calculus, states: Tensors, now: Tensors, probes: Tensors) -> Tensors:
            h, c = states[::order]
            p, p_gates, p_signal = now
            share_gates, share_signal, gate_sink, signal_sink, cell_sink = probes
            z = p + tf.matmul(h, self.recurrent_kernel)  # all four blocks in one product
            z_gates = calculus.weighted_sum(
                [Projected(p_gates, share_gates, E), Term(h, U_gates)],
                b_gates,
                gate_sink,
                gate=True,
                z=z[:, : 3 * H],
            )
            z_signal = calculus.weighted_sum(
                [Projected(p_signal, share_signal, E), Term(h, U_signal)],
                b_signal,
                signal_sink,
                z=z[:, 3 * H :],
            )
            i, f, o = columns(calculus.activation(gated, z_gates), 3)
            g = calculus.activation(squash, z_signal)
            kept, added = calculus.product(f, c), calculus.product(i, g)
            c = calculus.weighted_sum([Term(kept), Term(added)], None, cell_sink)
            h = calculus.product(o, calculus.activation(squash, c))
            return (h, c)[::order]

        by_time = swap_time(x.values)
        # Values of all blocks in one product.
        p = ops.calculus.values(by_time, self.kernel, self.bias)
        project = partial(ops.calculus.project, by_time, words=swap_time(x.words))
        p_gates, share_gates = project(W_gates, b_gates, z=p[..., : 3 * H])
        p_signal, share_signal = project(W_signal, b_signal, z=p[..., 3 * H :])
        return self.read(
            ops,
            x,
            step,
            inputs=[p, p_gates, p_signal],
            probes=[
                share_gates,
                share_signal,
                swap_time(ops.sink("gates", x.values, gate=True)),
                swap_time(ops.sink("signal", x.values)),
                swap_time(ops.sink("cell", x.values, bias=False)),
            ],
            states=["h", "c"][::order],
        )


def reorder_gates(array: np.ndarray, order: str, *, to: str = GATE_ORDER) -> np.ndarray:
    """Rearrange the four blocks on the last axis from one gate order to another."""
    blocks = dict(zip(order, np.split(array, 4, axis=-1), strict=True))
    return np.concatenate([blocks[letter] for letter in to], axis=-1)
