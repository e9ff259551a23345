"""What the names in an ONNX graph stand for while it is read: layers to come, sizes, zeros.

Nothing is computed: a signal knows which layer makes it and what its axes mean, and the operations
that only rearrange (Transpose, Reshape, Gather of a final state, ...) rename axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.layers import Layer

BATCH, TIME, UNITS, PARTS, ONE = "batch", "time", "units", "parts", "one"
ROWS = "rows"  # batch and time in one
END = 2**31 - 1  # so far or further is "to the end"
_MOST_PARTS = 64
_MOST_UNITS = 1_000_000


class AxesError(FormatError):
    """The axes of the input may have been meant the other way round."""


@dataclass(frozen=True, eq=False)
class Step:
    """A layer to come, and the steps it reads; no layer: an input of the network.

    Attributes:
        units: of its output.
        components: steps whose outputs this one holds side by side.
        final: by time step (-1 or 0) the step that gives this one's state there.
        scores: it is one number per time step, without an axis of units.
        timed: of an input, whether it has time steps.
        problem: why it cannot be read, which matters only where something needs it.
    """

    name: str
    layer: Layer | None
    inputs: tuple[Step, ...] = ()
    units: int = -1
    components: tuple[Step, ...] = ()
    final: Mapping[int, Step] = field(default_factory=dict)
    scores: bool = False
    timed: bool = False
    problem: str = ""


@dataclass(frozen=True, eq=False)
class View:
    """A signal and what its axes mean.

    Attributes:
        axes: BATCH, TIME, UNITS; ROWS for batch and time in one; PARTS for several steps one after
            the other; ONE for a single row.
        parts: one step, or along PARTS one each.
        copies: how often the row of ONE stands there.
    """

    axes: tuple[str, ...]
    parts: tuple[Step, ...]
    copies: int = 1

    def at(self, axis: int) -> int:
        """A position from 0; raises FormatError for an axis that does not exist."""
        if not -len(self.axes) <= axis < len(self.axes):
            raise FormatError(f"the signal {self} has no axis {axis}.")
        return axis % len(self.axes)

    def __str__(self) -> str:
        return f"({', '.join(self.axes)})"

    @property
    def only(self) -> Step:
        """The step of a signal without parts."""
        if len(self.parts) != 1:
            raise FormatError(f"one signal is expected, found {len(self.parts)} side by side.")
        return self.parts[0]

    def of(self, step: Step) -> View:
        return replace(self, parts=(step,))

    def transposed(self, order: Sequence[int]) -> View:
        if sorted(order) != list(range(len(self.axes))):
            raise FormatError(f"the axes {self} cannot be ordered as {[*order]}.")
        return replace(self, axes=tuple(self.axes[n] for n in order))

    @property
    def ones(self) -> tuple[int, ...]:
        """The axes of length 1."""
        lengths = {ONE: 1, PARTS: len(self.parts), UNITS: self.units}
        return tuple(at for at, axis in enumerate(self.axes) if lengths.get(axis) == 1)

    def without(self, axis: int) -> View:
        """Without an axis of length 1."""
        at = self.at(axis)
        if at not in self.ones:
            raise FormatError(f"the {self.axes[at]} axis of {self} cannot be dropped.")
        return replace(self, axes=self.axes[:at] + self.axes[at + 1 :])

    def shape(self) -> Dims:
        sizes: dict[str, int | str] = {
            PARTS: len(self.parts), ONE: self.copies, UNITS: self.units
        }  # fmt: skip
        return Dims(tuple(sizes.get(axis, axis) for axis in self.axes))

    @property
    def units(self) -> int:
        return self.parts[0].units


class Special:
    """A value that only some operations know.

    Attributes:
        title: for messages.
    """

    title = "something else"


@dataclass(frozen=True, eq=False)
class Ids:
    """Token ids, an input of the model.

    Attributes:
        start: the step of the input.
    """

    axes: tuple[str, ...]
    start: Step


@dataclass(frozen=True, eq=False)
class Lengths:
    """The number of words of each text, an input of the model."""


@dataclass(frozen=True, eq=False)
class Zeros:
    """Zeros of any shape: initial states."""


class Ones(Special):
    """Ones, or true, of any shape."""

    title = "ones"


class OtherIds(Special):
    """Token ids shifted, which nothing may read in the end."""

    title = "token ids that it shifted"


@dataclass(frozen=True, eq=False)
class Reversed(Special):
    """A signal whose time steps stand in reverse order, which only few may read."""

    title = "time steps in reverse order"

    of: View


@dataclass(frozen=True)
class Dims:
    """Sizes: numbers, BATCH and TIME for those that differ, None for what is not followed."""

    entries: tuple[int | str | None, ...]
    scalar: bool = False

    def __post_init__(self) -> None:
        if len(self.entries) > _MOST_PARTS:
            raise FormatError(f"{len(self.entries)} sizes are computed, more than a signal has.")


Value = View | Ids | Lengths | Zeros | Dims | Special | np.ndarray


def sizes(value: Value) -> Dims:
    """Sizes, also those of a constant; raises FormatError for anything else."""
    if isinstance(value, Dims):
        return value
    small = isinstance(value, np.ndarray) and value.ndim <= 1 and value.size <= _MOST_PARTS
    if isinstance(value, np.ndarray) and small and value.dtype.kind in "iu":
        return Dims(tuple(map(int, value.reshape(-1))), scalar=value.ndim == 0)
    found = f", found {value.title}" if isinstance(value, Special) else ""
    raise FormatError(f"it expects a few whole numbers that the file fixes{found}.")


def numbers(value: Value) -> tuple[int, ...]:
    """Sizes that are all known."""
    known = tuple(n for n in sizes(value).entries if isinstance(n, int))
    if len(known) != len(sizes(value).entries):
        raise FormatError("it expects whole numbers that do not depend on the text.")
    return known


def joined(parts: Sequence[Step]) -> tuple[Step, ...]:
    if not 0 < len(parts) <= _MOST_PARTS:
        raise FormatError(f"{len(parts)} signals are joined; 1 to {_MOST_PARTS} are read.")
    return tuple(parts)


def checked_units(units: int) -> int:
    if units > _MOST_UNITS:
        raise FormatError(f"{units:,} units are joined; at most {_MOST_UNITS:,} are read.")
    return units


def reshaped(view: View, target: Dims, static: Mapping[str, int | None]) -> View:
    """The same numbers, where the new axes can be told: as they are, parts merged into units (left
    to the caller to compute: the result has the axes without PARTS), rows of length 1 dropped."""
    candidates = [view.axes]
    for at, (one, two) in enumerate(zip(view.axes, view.axes[1:], strict=False)):
        if (one, two) == (PARTS, UNITS):
            candidates.append(view.axes[:at] + view.axes[at + 1 :])
    single = len(view.parts) == 1
    if view.axes[:2] == (BATCH, TIME):
        candidates.append((ROWS, *view.axes[2:]))
    if view.axes == (BATCH, UNITS, TIME):  # before a sum across steps
        candidates.append((ROWS, TIME))
    if view.axes == (ROWS, TIME):
        candidates.append((BATCH, UNITS, TIME))
    elif view.axes[:1] == (ROWS,):
        candidates.append((BATCH, TIME, *view.axes[1:]))
    if view.copies > 1:  # one row of several axes of length 1
        at = view.axes.index(ONE)
        candidates.append(tuple(a for n, a in enumerate(view.axes) if a != ONE or n == at))
    candidates.append(tuple(a for a in view.axes if a != ONE and not (a == PARTS and single)))
    candidates.append(_with_ones_as_in(view, target))
    for axes in candidates:
        merged = PARTS in view.axes and PARTS not in axes
        units = sum(step.units for step in view.parts) if merged else view.units
        if _fits(axes, units, view, target, static):
            return replace(view, axes=axes)
    raise FormatError(f"the shape {[*target.entries]} cannot be told apart on {view}.")


def _with_ones_as_in(view: View, target: Dims) -> tuple[str, ...]:
    """The axes longer than 1 in their order, between them ones where the target has them."""
    rest = [axis for n, axis in enumerate(view.axes) if n not in view.ones]
    axes: list[str] = []
    for entry in target.entries:
        kept = entry != 1 and len(rest) > 0
        axes.append(rest.pop(0) if kept else ONE)
    return (*axes, *rest)


def _fits(
    axes: tuple[str, ...], units: int, view: View, target: Dims, static: Mapping[str, int | None]
) -> bool:
    lengths: dict[str, int | str] = {UNITS: units, PARTS: len(view.parts), ONE: view.copies}
    if len(axes) != len(target.entries) or target.entries.count(-1) > 1:
        return False
    for at, (axis, entry) in enumerate(zip(axes, target.entries, strict=True)):
        same = entry == 0 and at < len(view.axes) and view.axes[at] == axis
        fixed = isinstance(entry, int) and entry == static.get(axis) and entry > 0
        if entry == 0 and axis == UNITS and units != view.units:
            return False
        if entry != -1 and not same and not fixed and entry != lengths.get(axis, axis):
            return False
    return True
