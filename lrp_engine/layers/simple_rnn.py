"""Simple recurrent network, Elman 1990 (doi 10.1016/0364-0213(90)90002-E)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.recurrence import swap_time
from lrp_engine.layers.recurrent import Recurrent
from lrp_engine.layers.terms import Projected, Term
from lrp_engine.model.layer import Array, Layer

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus

    Tensors = Sequence[tf.Tensor]


@dataclass(frozen=True, eq=False)
class SimpleRNN(Recurrent, Layer):
    """h_t = activation(x_t W + h_{t-1} U + b).

    Attributes:
        kernel: W (E, H).
        recurrent_kernel: U (H, H).
        bias: b (H,).
        return_sequences, go_backwards: as in `LSTM`.
    """

    kind: ClassVar[str] = "simple_rnn"
    title: ClassVar[str] = "SimpleRNN"
    blocks: ClassVar[int] = 1

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    activation: str = "tanh"
    return_sequences: bool = False
    go_backwards: bool = False

    def __post_init__(self) -> None:
        self.check()

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        (x,) = inputs
        E = int(self.kernel.shape[0])
        squash = ACTIVATIONS[self.activation]

        def step(calculus: Calculus, states: Tensors, now: Tensors, probes: Tensors) -> Tensors:
            ((h,), (p,), (share, sink)) = (states, now, probes)
            z = calculus.weighted_sum(
                [Projected(p, share, E), Term(h, self.recurrent_kernel)], self.bias, sink
            )
            return [calculus.activation(squash, z)]

        projected, share = ops.calculus.project(
            swap_time(x.values), self.kernel, self.bias, words=swap_time(x.words)
        )
        return self.read(
            ops,
            x,
            step,
            inputs=[projected],
            probes=[share, swap_time(ops.sink("signal", x.values))],
            states=["h"],
        )
