"""The shapes of signals between layers, and the checks that inputs fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lrp_engine.errors import FormatError

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


class Extent(NamedTuple):
    """How large a signal is for one sample: its time steps, 1 where it has none, and its units."""

    steps: int
    units: int

    @property
    def numbers(self) -> int:
        return self.steps * self.units


def expect_shape(what: str, array: Any, expected: Sequence[int]) -> None:
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
