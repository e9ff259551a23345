"""Layers that only rearrange values: masking, flatten, reshape, repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Shape, expect_one, expect_steps

if TYPE_CHECKING:
    import tensorflow as tf


class _Moves:
    held: ClassVar[tuple[int, int]] = 4, 2


@dataclass(frozen=True, eq=False)
class Masking(_Moves, Layer):
    """Masks the steps whose units all equal `mask_value`, and sets them to 0, as Keras does."""

    kind: ClassVar[str] = "masking"

    mask_value: float = 0.0

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_steps(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        read = tf.reduce_any(tf.not_equal(x.values, self.mask_value), axis=-1)
        values = tf.where(read[..., None], x.values, _absorbing_zeros(ops, x))
        return Signal(values, read & x.real, x.real)


@dataclass(frozen=True, eq=False)
class ZeroMasked(_Moves, Layer):
    """0 at masked steps, which stay masked: for layers that know no masks, such as pooling.

    Keras calls it `zero_output_for_mask` and sets it in every Bidirectional that returns sequences.
    """

    kind: ClassVar[str] = "zero_masked"

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_one(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return _filled(ops, inputs[0], 0)


@dataclass(frozen=True, eq=False)
class OneMasked(_Moves, Layer):
    """1 at masked steps, which stay masked: factors that change nothing, as Keras 3 multiplies."""

    kind: ClassVar[str] = "one_masked"
    knows_weights: ClassVar[bool] = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_one(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return _filled(ops, inputs[0], 1)


@dataclass(frozen=True, eq=False)
class Unmasked(_Moves, Layer):
    """The same, its mask forgotten: for functions that know no masks."""

    kind: ClassVar[str] = "unmasked"
    knows_weights: ClassVar[bool] = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_one(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return inputs[0].unmasked()


@dataclass(frozen=True, eq=False)
class Flatten(_Moves, Layer):
    """All numbers of a sample on one axis; (B, T, 1) becomes (B, T)."""

    kind: ClassVar[str] = "flatten"
    knows_weights: ClassVar[bool] = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return _flat(expect_one(inputs))

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return _flatten(inputs[0])


@dataclass(frozen=True, eq=False)
class Reshape(_Moves, Layer):
    """The same numbers on other axes.

    Attributes:
        units: of the result; -1 for what is left.
        steps: 0 for no time axis; n for n steps, of features or of a fixed number of steps; -1 for
            (B, T) as (B, T, 1), or for as many steps as are left.
    """

    kind: ClassVar[str] = "reshape"
    knows_weights: ClassVar[bool] = True

    units: int = -1
    steps: int = 0

    def output_shape(self, *inputs: Shape) -> Shape:
        given = expect_one(inputs)
        if self.steps == 0:
            shape = _flat(given)
        elif not given.time or (given.length and self._rearranges(given)):
            shape = self._steps_of(given)
        elif self.steps == -1 and given.time and given.units in (0, 1):
            shape = given._replace(units=1)
        elif given.time and given.units and given.length == self.steps:
            shape = given
        else:
            raise FormatError(f"cannot give {given} the shape ({self.steps}, {self.units}).")
        if self.units not in (-1, shape.units or -1):
            raise FormatError(f"makes {self.units} units of {given}, expected {shape.units}.")
        return shape

    def _rearranges(self, given: Shape) -> bool:
        units = max(1, given.units)
        same = self.steps in (-1, given.length) and self.units in (-1, units)
        return not same

    def _steps_of(self, given: Shape) -> Shape:
        numbers = given.units if not given.time else max(1, given.units) * (given.length or 0)
        steps, units = self.steps, self.units
        steps = numbers // units if steps == -1 and units > 0 else steps
        units = numbers // steps if units == -1 and steps > 0 else units
        if steps * units != numbers or steps < 1:
            raise FormatError(f"cannot give {given} the shape ({self.steps}, {self.units}).")
        return Shape(units, True, str(steps), steps)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        if self.steps == 0:
            return _flatten(x)
        given = x.values.shape
        whole = Shape(given[-1], False) if x.mask is None else None
        if x.mask is not None and given[1] is not None:
            timed = Shape(0 if x.scores else given[-1], True, length=given[1])
            whole = timed if self._rearranges(timed) else None
        if whole is not None:
            shape = self._steps_of(whole)
            values = tf.reshape(x.values, [-1, shape.length, shape.units])
            real = tf.fill([tf.shape(values)[0], shape.length], True)
            return Signal(values, real, real)
        return x.unmasked()._replace(values=x.values[..., None] if x.scores else x.values)


@dataclass(frozen=True, eq=False)
class Permute(_Moves, Layer):
    """(B, T, D) as (B, D, T), and back: time and units exchanged, of a fixed number of steps.

    A softmax over the units of what was turned runs over time: it makes attention weights.
    """

    kind: ClassVar[str] = "permute"
    knows_weights: ClassVar[bool] = True

    def output_shape(self, *inputs: Shape) -> Shape:
        given = expect_steps(inputs)
        if given.length is None:
            raise FormatError(
                f"exchanges time and units of {given}, but texts differ in length; state the "
                "length in the model's Input."
            )
        of, _, steps = given.steps.removeprefix(_TURNED).partition(" ")
        if given.steps.startswith(_TURNED) and of == str(given.units):
            return Shape(given.length, True, steps, given.units)
        return Shape(given.length, True, f"{_TURNED}{given.length} {given.steps}", given.units)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        values = tf.transpose(x.values, [0, 2, 1])
        real = tf.fill([tf.shape(values)[0], x.values.shape[2]], True)
        return Signal(values, real, real, x.weights, not x.turned)


_TURNED = "units of "


@dataclass(frozen=True, eq=False)
class RepeatVector(_Moves, Layer):
    """(B, D) at each of n time steps."""

    kind: ClassVar[str] = "repeat_vector"

    n: int = 1

    def __post_init__(self) -> None:
        if type(self.n) is not int or not 1 <= self.n <= 100_000:
            raise FormatError(f"RepeatVector repeats {self.n!r} times, expected 1 to 100000.")

    def output_shape(self, *inputs: Shape) -> Shape:
        given = expect_one(inputs)
        if given.time:
            raise FormatError(f"expects input (batch, units), found {given}.")
        return Shape(given.units, True, str(self.n), self.n)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs
        real = tf.fill([tf.shape(x.values)[0], self.n], True)
        return Signal(tf.repeat(x.values[:, None, :], self.n, axis=1), real, real)


def _filled(ops: Ops, x: Signal, number: int) -> Signal:
    """A number at masked steps, which no input made."""
    import tensorflow as tf

    if x.mask is None or x.scores:
        return x
    zeros = _absorbing_zeros(ops, x)
    filling = zeros + number if number else zeros
    return x._replace(values=tf.where(x.mask[..., None], x.values, filling))


def _absorbing_zeros(ops: Ops, x: Signal) -> tf.Tensor:
    """Zeros (B, T, D) that no input made: what arrives there is absorbed."""
    import tensorflow as tf

    none = tf.zeros_like(x.values[..., :1])
    sink = ops.sink("masked", x.values, bias=False)
    return ops.calculus.sum_over_time(none, x.values[:, :1], none > 0, sink)


def _flat(given: Shape) -> Shape:
    if not given.time or given.units == 0:
        return given
    if given.units == 1:
        return given._replace(units=0)
    if given.length is None:
        raise FormatError(
            f"flattens {given}, but texts differ in length; pool over time instead, for example "
            "with GlobalMaxPooling1D."
        )
    return Shape(given.units * given.length, time=False)


def _flatten(x: Signal) -> Signal:
    import tensorflow as tf

    if x.mask is None or x.scores:
        return x.unmasked()
    if x.values.shape[2] == 1:
        return x.unmasked()._replace(values=tf.squeeze(x.values, axis=-1))
    return Signal(tf.reshape(x.values, [-1, x.values.shape[1] * x.values.shape[2]]))
