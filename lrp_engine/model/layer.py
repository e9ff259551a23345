"""What a layer is: frozen weights and options, an output shape, and one forward function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from lrp_engine.model.shapes import Extent, Shape

if TYPE_CHECKING:
    from lrp_engine.layers.ops import Ops, Signal

Array = Any  # a numpy array in a stored layer, a tensor in a placed one
# In the metadata of an option that version 0.1.0 did not have: it is not written at its default, so
# that the files and hashes of networks without it stay what they were.
NEWER = "newer"


class Layer:
    """Base of all layers. Subclasses are frozen dataclasses; array fields are its weights."""

    kind: ClassVar[str]
    knows_weights: ClassVar[bool] = False  # told which inputs are attention weights
    by_position: ClassVar[bool] = False  # steps have numbers, so that padding in front shifts them
    reads_ids: ClassVar[bool] = False  # rows of its table are looked up before the network runs
    follows_rule: ClassVar[bool] = False  # its sums follow rules that tell signs apart
    # At most so many numbers are held in a pass for each of its output, and of its inputs.
    held: ClassVar[tuple[int, int]] = 10, 4

    @property
    def counts(self) -> int:
        """As how many layers it counts, see `graph.MOST_LAYERS`."""
        return 1

    @property
    def has_gates(self) -> bool:
        """Whether it multiplies a gate by a signal, so that the gate rule matters."""
        return False

    @property
    def states_over_time(self) -> Mapping[str, int]:
        """Units of what it remembers from step to step, by the names of its states."""
        return {}

    def input_shape(self) -> Shape | None:
        """The input the weights are made for; None where any number of units will do."""
        if any(True for _ in arrays_of(self)):
            raise NotImplementedError
        return None

    def output_shape(self, *inputs: Shape) -> Shape:
        """The output's shape; raises FormatError when the inputs do not fit the weights."""
        raise NotImplementedError

    def steps_after(self, steps: int) -> int:
        """At most so many time steps come out of so many, where `output_shape` fixes no length."""
        return steps

    def numbers(self, output: Extent, *inputs: Extent) -> int:
        """At most so many numbers are held for one sample on the way forward and back."""
        of_output, of_input = self.held
        return of_output * output.numbers + of_input * sum(extent.numbers for extent in inputs)

    def operations(self, output: Extent, *inputs: Extent) -> int:
        """About so many multiplications for one sample on the way forward."""
        steps = max(output.steps, *(extent.steps for extent in inputs))
        return steps * sum(array.size for array in arrays_of(self)) + output.numbers

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        """The layer's one definition, written on the three operations of the calculus."""
        raise NotImplementedError


def arrays_of(layer: Layer) -> Iterator[np.ndarray]:
    """Its weights, those of nested layers included."""
    for value in vars(layer).values():
        if isinstance(value, Layer):
            yield from arrays_of(value)
        elif isinstance(value, np.ndarray):
            yield value


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
