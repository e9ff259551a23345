"""One operation of an ONNX graph, and the graph as far as it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.onnx.values import (
    PARTS,
    TIME,
    UNITS,
    Special,
    Step,
    Value,
    View,
    checked_units,
    joined,
)
from lrp_engine.formats.plain import unused_name
from lrp_engine.layers import Concatenate, Layer
from lrp_engine.model.graph import INPUT
from lrp_engine.model.shapes import Shape

_NUMBER = (int, float)


@dataclass
class PartialGraph:
    """What has been read so far.

    Attributes:
        values: what each name stands for.
        steps: every step in the order it was made.
        static: sizes of the batch and time axes where the model fixes them.
        room: how many bytes may still be computed of constants.
    """

    values: dict[str, Value]
    arrays: Mapping[str, np.ndarray]
    opset: int
    static: Mapping[str, int | None]
    steps: list[Step] = field(default_factory=list)
    room: int = 0
    wholes: dict[tuple[Step, ...], Step] = field(default_factory=dict)  # by their components
    padded: dict[Step, tuple[int, int]] = field(default_factory=dict)  # zeros before and after
    _shapes: dict[Step, Shape | None] = field(default_factory=dict)

    def length(self, step: Step) -> int | None:
        """How many time steps a step has; None where that differs by text, or it has none."""
        for one in self.steps[len(self._shapes) :]:
            self._shapes[one] = self._shape(one)
        shape = self._shapes.get(step)
        return None if shape is None else shape.length

    def _shape(self, step: Step) -> Shape | None:
        """None where a layer does not fit what it reads, which is said in the end."""
        if step.layer is None:
            steps = self.static.get(TIME)
            return Shape(max(step.units, 0), time=TIME in self.static, length=steps)
        claimed, given = step.layer.input_shape(), []
        for one in step.inputs:
            shape = self._shapes[one]
            if shape is None:
                return None
            unknown = one.layer is None and claimed is not None
            given.append(shape._replace(units=claimed.units) if unknown else shape)  # type: ignore[union-attr]
        try:
            return step.layer.output_shape(*given)
        except FormatError:
            return None

    def step(self, name: str, layer: Layer, *inputs: Step, units: int, **more: Any) -> Step:
        made = Step(name, layer, inputs, checked_units(units), **more)
        self.steps.append(made)
        if made.components:
            self.wholes.setdefault(made.components, made)
        return made

    def side_by_side(self, parts: tuple[Step, ...]) -> Step:
        """All units of several steps; the two directions of one layer are a layer already."""
        if len(parts) == 1:
            return parts[0]
        if parts in self.wholes:
            return self.wholes[parts]
        units = sum(part.units for part in parts)
        final = {
            at: self.side_by_side(tuple(part.final[at] for part in parts))
            for at in (0, -1)
            if all(at in part.final for part in parts)
        }
        return self.step(
            "concat", Concatenate(), *parts, units=units, components=joined(parts), final=final
        )


@dataclass(frozen=True, eq=False)
class Op:
    """One node of the graph with the values it reads; None for an input left out."""

    kind: str
    name: str
    inputs: tuple[Value | None, ...]
    names: tuple[str, ...]
    attributes: Mapping[str, Any]
    outputs: tuple[str, ...]

    def input(self, at: int) -> Value:
        value = self.optional(at)
        if value is None:
            raise FormatError(f"input {at + 1} is missing.")
        return value

    def optional(self, at: int) -> Value | None:
        return self.inputs[at] if at < len(self.inputs) else None

    def view(self, at: int = 0) -> View:
        value = self.input(at)
        if isinstance(value, np.ndarray):
            raise FormatError(
                f"its input {at + 1}, {self.names[at]!r:.60}, holds numbers of the shape "
                f"{value.shape} that the file fixes, expected data that goes through the network. "
                + _SIMPLIFY
            )
        if not isinstance(value, View):
            raise FormatError(
                f"input {at + 1} is {_title(value)}, expected what a layer gives or takes."
            )
        return value

    def array(self, at: int) -> np.ndarray:
        value = self.input(at)
        if not isinstance(value, np.ndarray):
            raise FormatError(
                f"its input {at + 1} is {_title(value)}, expected numbers that the file fixes; "
                "weights that depend on the text are not read. Of a Keras model give the .keras "
                "file itself."
            )
        return value

    def number(self, key: str, default: float) -> float:
        value = self.attributes.get(key, default)
        if not isinstance(value, _NUMBER) or not np.isfinite(value):
            raise FormatError(f"{key} is {value!r:.40}, expected a number.")
        return value

    def whole(self, key: str, default: int) -> int:
        value = self.attributes.get(key, default)
        if not isinstance(value, int):
            raise FormatError(f"{key} is {value!r:.40}, expected a whole number.")
        return value

    def factor(self, array: np.ndarray, *, divides: bool) -> float | None:
        """What Mul or Div multiplies by; None of a Div by 0, or of another kind.

        Args:
            array: one number, the other input.
            divides: whether Div divides by it.
        """
        by = float(np.reshape(array, -1)[0])
        if self.kind == "Mul":
            return by
        return 1 / by if self.kind == "Div" and divides and by else None

    def layer_name(self, weight: int | None = None) -> str:
        """fc1 of a weight fc1.weight, else the node's name, else its kind."""
        name = self.names[weight] if weight is not None and weight < len(self.names) else ""
        if not name.endswith((".weight", ".kernel")):
            name = self.name.removesuffix(f"/{self.kind}") or self.kind.lower()
        name = name.removesuffix(".weight").removesuffix(".kernel")
        return re.sub(r"[/:\s]+", ".", name).strip(".")[:60] or self.kind.lower()


# What mends a graph that computes with its weights, or in an order that is not read.
_SIMPLIFY = (
    "Where all that it reads is fixed, compute it beforehand: pip install onnxsim, then onnxsim "
    "model.onnx simple.onnx. Else give the weights as PyTorch or Keras saves them: "
    "torch.save(model.state_dict(), 'model.pt'), model.save('model.keras')."
)


def _title(value: Value) -> str:
    return value.title if isinstance(value, Special) else _TITLES[type(value).__name__]


_TITLES = {
    "View": "data that goes through the network",
    "Ids": "an input of token ids",
    "Lengths": "an input of lengths",
    "Zeros": "an initial state",
    "Dims": "a list of sizes",
}


def single(partial: PartialGraph, view: View) -> View:
    """A signal whose parts, if any, lie side by side in its units."""
    if PARTS not in view.axes:
        return view
    at = view.axes.index(PARTS)
    if len(view.parts) > 1 and view.axes[at + 1 : at + 2] != (UNITS,):
        raise FormatError(f"the {len(view.parts)} parts of {view} are not side by side.")
    return View(view.axes[:at] + view.axes[at + 1 :], (partial.side_by_side(view.parts),))


def again(partial: PartialGraph, view: View, layer: Layer) -> View:
    """The step of a view with a changed layer."""
    step = view.only
    return view.of(partial.step(step.name, layer, *step.inputs, units=step.units))


def finished(
    steps: list[Step], last: Step
) -> tuple[dict[Step, str], list[tuple[str, Layer, tuple[str, ...]]]]:
    """The inputs that the last step needs, by name; name, layer and inputs of the rest, in order.

    One input alone has the name `INPUT`.

    Raises:
        FormatError: one of them cannot be read.
    """
    needed, waiting = {last}, [last]
    while waiting:
        for step in waiting.pop().inputs:
            if step not in needed:
                needed.add(step)
                waiting.append(step)
    taken = {INPUT}
    starts = [step for step in steps if step.layer is None and step in needed]
    called = [unused_name(step.name, taken) for step in starts] if len(starts) > 1 else [INPUT]
    inputs = dict(zip(starts, called, strict=bool(starts)))
    names = dict(inputs)
    described = []
    for step in steps:
        if step not in needed:
            continue
        if step.problem:
            raise FormatError(step.problem)
        if step.layer is None:
            continue
        names[step] = unused_name(step.name, taken)
        described.append((names[step], step.layer, tuple(names[i] for i in step.inputs)))
    return inputs, described
