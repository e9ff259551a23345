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


WORDS = "words"  # the time steps of the network's input


class Shape(NamedTuple):
    """The shape of a signal, without batch and time lengths.

    Attributes:
        units: D; 0 for one number per time step without a unit axis, (B, T).
        time: True: (B, T, units); False: (B, units).
        steps: what the time steps are: those of the input, or how they were made from them.
            Signals can be merged step by step only where this is equal.
        length: the number of time steps, where it is the same for every input.
    """

    units: int
    time: bool
    steps: str = WORDS
    length: int | None = None

    def __str__(self) -> str:
        time = self.length or "time"
        if not self.time:
            return f"(batch, {self.units})"
        return f"(batch, {time}, {self.units})" if self.units else f"(batch, {time})"

    def fits(self, other: Shape) -> bool:
        """Whether both have as many axes and units."""
        return (self.units, self.time) == (other.units, other.time)


class Signal(NamedTuple):
    """What flows between layers: values (B, T, D) with its masks, or values (B, D) without.

    Attributes:
        values: where the shape has 0 units, (B, T) with masks.
        mask: (B, T), the steps that layers which know masks read, as in Keras.
        real: (B, T), the steps that exist; the others only fill up the batch, at its end.
            Wherever the mask is true, this is.
        weights: a softmax over time made them: attention weights, constants for relevance.
    """

    values: tf.Tensor
    mask: Any = None
    real: Any = None
    weights: bool = False

    @property
    def scores(self) -> bool:
        """Whether these are one number per time step without a unit axis."""
        return self.mask is not None and self.values.shape.rank == 2

    def unmasked(self) -> Signal:
        """The same, its mask forgotten: every step that exists is read."""
        return self._replace(mask=self.real)


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
    knows_weights: ClassVar[bool] = False  # told which inputs are attention weights
    follows_rule: ClassVar[bool] = False  # its sums follow rules that tell signs apart

    @property
    def has_gates(self) -> bool:
        """Whether it multiplies a gate by a signal, so that the gate rule matters."""
        return False

    def input_shape(self) -> Shape | None:
        """The input the weights are made for; None where any number of units will do."""
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


def expect_one(inputs: Sequence[Shape]) -> Shape:
    """The one input; raises FormatError for none or several."""
    if len(inputs) != 1:
        raise FormatError(f"expects one input, found {len(inputs)}.")
    return inputs[0]


def expect_steps(inputs: Sequence[Shape]) -> Shape:
    """The one input; raises FormatError unless it has time steps and units."""
    if len(inputs) != 1 or not inputs[0].time or not inputs[0].units:
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(f"expects one input (batch, time, units), found {found}.")
    return inputs[0]


def expect_inputs(inputs: Sequence[Shape], wanted: Shape) -> None:
    """Raise FormatError unless there is one input of the shape wanted."""
    if len(inputs) != 1 or not inputs[0].fits(wanted):
        found = " and ".join(map(str, inputs)) or "nothing"
        raise FormatError(f"expects input {wanted}, found {found}.")
