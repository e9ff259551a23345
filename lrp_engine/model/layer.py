"""What a layer is: frozen weights and options, an output shape, and one forward function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from lrp_engine.model.shapes import Shape

if TYPE_CHECKING:
    from lrp_engine.layers.ops import Ops, Signal

Array = Any  # a numpy array in a stored layer, a tensor in a placed one


class Layer:
    """Base of all layers. Subclasses are frozen dataclasses; array fields are its weights."""

    kind: ClassVar[str]
    knows_weights: ClassVar[bool] = False  # told which inputs are attention weights
    reads_ids: ClassVar[bool] = False  # rows of its table are looked up before the network runs
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
