"""Bidirectional wrapper: two recurrent layers reading from both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError, choices
from lrp_engine.layers.merging import add, average, multiply
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.recurrent import Recurrent
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Extent, Shape

if TYPE_CHECKING:
    from lrp_engine.layers.merging import Merge

MERGES: dict[str, Merge | None] = {"concat": None, "sum": add, "ave": average, "mul": multiply}


@dataclass(frozen=True, eq=False)
class Bidirectional(Layer):
    """Two recurrent layers, of one kind or two; the backward one has `go_backwards`.

    Attributes:
        merge: how the outputs become one. "concat": [forward; backward]. "sum" and "ave": a
            weighted sum, relevance in proportion to the outputs. "mul": half of it to each.
    """

    kind: ClassVar[str] = "bidirectional"

    forward_layer: Layer
    backward_layer: Layer
    merge: str = "concat"

    def __post_init__(self) -> None:
        one, two = self.forward_layer, self.backward_layer
        if not isinstance(one, Recurrent) or not isinstance(two, Recurrent):
            raise FormatError("A bidirectional layer needs two recurrent layers.")
        if one.go_backwards or not two.go_backwards:
            raise FormatError("A bidirectional layer needs one layer reading in each direction.")
        if one.return_sequences != two.return_sequences:
            raise FormatError(
                "Both directions of a bidirectional layer must return the same: sequences or last."
            )
        if self.merge not in MERGES:
            raise FormatError(
                f"A bidirectional layer merges by {self.merge!r}; supported: {choices(MERGES)}."
            )
        if self.merge != "concat" and one.units != two.units:
            raise FormatError(
                f"A bidirectional layer merges {one.units} and {two.units} units by "
                f"{self.merge!r}, expected as many in each direction."
            )

    @property
    def counts(self) -> int:
        return self.forward_layer.counts + self.backward_layer.counts

    @property
    def has_gates(self) -> bool:
        return self.merge == "mul" or any(
            one.has_gates for one in (self.forward_layer, self.backward_layer)
        )

    @property
    def states_over_time(self) -> Mapping[str, int]:
        ways = {"forward": self.forward_layer, "backward": self.backward_layer}
        return {
            f"{way}/{name}": units
            for way, layer in ways.items()
            for name, units in layer.states_over_time.items()
        }

    def input_shape(self) -> Shape | None:
        return self.forward_layer.input_shape()

    def output_shape(self, *inputs: Shape) -> Shape:
        one = self.forward_layer.output_shape(*inputs)
        two = self.backward_layer.output_shape(*inputs)
        return one._replace(units=one.units + two.units) if self.merge == "concat" else one

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        both = (self.forward_layer, self.backward_layer)
        one = Extent(output.steps, self.forward_layer.units)  # type: ignore[attr-defined]
        return 8 * output.numbers + sum(layer.numbers(one, *inputs) for layer in both)

    def operations(self, output: Extent, *inputs: Extent) -> int:
        both = (self.forward_layer, self.backward_layer)
        return sum(layer.operations(output, *inputs) for layer in both)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        one = self.forward_layer.forward(ops.within("forward"), *inputs)
        two = self.backward_layer.forward(ops.within("backward"), *inputs)
        merge = MERGES[self.merge]
        if merge is None:
            return one._replace(values=tf.concat([one.values, two.values], axis=-1))
        return one._replace(values=merge(ops, [one.values, two.values]))
