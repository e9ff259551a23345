"""Bidirectional wrapper: two recurrent layers reading from both ends, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.base import Layer, Ops, Shape, Signal
from lrp_engine.layers.lstm import LSTM


@dataclass(frozen=True, eq=False)
class Bidirectional(Layer):
    """[forward; backward], concatenated over units. The backward layer has `go_backwards`."""

    kind: ClassVar[str] = "bidirectional"

    forward_layer: LSTM
    backward_layer: LSTM

    def __post_init__(self) -> None:
        one, two = self.forward_layer, self.backward_layer
        if one.go_backwards or not two.go_backwards:
            raise FormatError("A bidirectional layer needs one layer reading in each direction.")
        if one.return_sequences != two.return_sequences:
            raise FormatError(
                "Both directions of a bidirectional layer must return the same: sequences or last."
            )

    def input_shape(self) -> Shape:
        return self.forward_layer.input_shape()

    def output_shape(self, *inputs: Shape) -> Shape:
        one = self.forward_layer.output_shape(*inputs)
        two = self.backward_layer.output_shape(*inputs)
        return Shape(one.units + two.units, one.time)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        one = self.forward_layer.forward(ops.within("forward"), *inputs)
        two = self.backward_layer.forward(ops.within("backward"), *inputs)
        return Signal(tf.concat([one.values, two.values], axis=-1), one.mask)
