"""What a layer is: frozen weights and options, an output shape, and one forward function.

Axes: B batch, T time, D input units, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from lrp_engine.errors import FormatError

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.calculus import Calculus

Array = Any  # a numpy array in a stored layer, a tensor in a placed one


# What can keep relevance in a weighted sum, without and with a bias: the last axis of its sink.
KEPT = {False: ("stabilizer",), True: ("bias", "stabilizer")}


class Shape(NamedTuple):
    """The shape of a signal, without batch and time lengths."""

    units: int
    time: bool  # True: (B, T, units); False: (B, units)

    def __str__(self) -> str:
        return f"(batch, time, {self.units})" if self.time else f"(batch, {self.units})"


class Signal(NamedTuple):
    """What flows between layers: values (B, T, D) with mask (B, T), or values (B, D) without."""

    values: tf.Tensor
    mask: tf.Tensor | None = None


@dataclass(frozen=True)
class Ops:
    """What a forward function works with: a calculus, and a place to register watched zeros.

    A sink is a zero whose "gradient" is the relevance an operation kept; an initial state is an
    input like any other. Both are named after the layer that made them.
    """

    calculus: Calculus
    watch: Callable[[tf.Tensor], None]
    scope: tuple[str, ...] = ()
    sinks: dict[tuple[str, ...], tf.Tensor] = field(default_factory=dict)
    states: dict[tuple[str, ...], tf.Tensor] = field(default_factory=dict)

    def within(self, name: str) -> Ops:
        return replace(self, scope=(*self.scope, name))

    def sink(
        self, name: str, like: tf.Tensor, *, bias: bool = True, gate: bool = False
    ) -> tf.Tensor:
        """A zero for a weighted sum (with a bias, of a gate), with the leading axes of like.

        Its last axis has one unit per entry of `KEPT[bias]`. It is watched where the calculus lets
        the sum keep relevance.
        """
        import tensorflow as tf

        shape = tf.concat([tf.shape(like)[:-1], [len(KEPT[bias])]], axis=0)
        zeros = tf.zeros(shape, like.dtype)
        return self._watched(self.sinks, name, zeros) if self.calculus.keeps(gate=gate) else zeros

    def initial_state(self, name: str, like: tf.Tensor, units: int) -> tf.Tensor:
        """A watched zero (B, units) with the batch axis of like."""
        import tensorflow as tf

        zeros = tf.zeros([tf.shape(like)[0], units], like.dtype)
        return self._watched(self.states, name, zeros)

    def _watched(self, table: dict, name: str, value: tf.Tensor) -> tf.Tensor:
        self.watch(value)
        table[(*self.scope, name)] = value
        return value


class Layer:
    """Base of all layers. Subclasses are frozen dataclasses; array fields are its weights."""

    kind: ClassVar[str]

    def input_shape(self) -> Shape:
        """The input the weights are made for: what a network that starts with it takes."""
        raise NotImplementedError

    def output_shape(self, *inputs: Shape) -> Shape:
        """The output's shape; raises FormatError when the inputs do not fit the weights."""
        raise NotImplementedError

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        """The layer's one definition, written on the three operations of the calculus."""
        raise NotImplementedError


LayerT = TypeVar("LayerT", bound=Layer)


def map_arrays(layer: LayerT, function: Callable[[np.ndarray], Any]) -> LayerT:
    """A copy of a layer with `function` applied to each of its arrays, nested layers included."""
    changes: dict[str, Any] = {}
    for item in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, item.name)
        if isinstance(value, Layer):
            changes[item.name] = map_arrays(value, function)
        elif isinstance(value, np.ndarray):
            changes[item.name] = function(value)
    return replace(layer, **changes)  # type: ignore[type-var]


def expect_shape(what: str, array: Array, expected: Sequence[int]) -> None:
    """Raise FormatError naming the array, the shape found and the shape expected."""
    found = tuple(array.shape)
    if found != tuple(expected):
        raise FormatError(f"{what} has shape {found}, expected {tuple(expected)}.")


def expect_inputs(inputs: Sequence[Shape], wanted: Shape) -> None:
    """Raise FormatError unless there is one input of the shape wanted."""
    if len(inputs) != 1 or inputs[0] != wanted:
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(f"expects input {wanted}, found {found}.")
