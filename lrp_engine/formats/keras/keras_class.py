"""A Keras class is one record; its builder reads one layer of a file through `LayerConfig`.

Axes: T time steps, D units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras.graph import foreign
from lrp_engine.layers import Layer

Options = Mapping[str, Any]
# Name -> number of axes, in Keras' order; None where the builder checks the shape itself.
Arrays = dict[str, int | None]


@dataclass(frozen=True, eq=False)
class Built:
    """A layer (None: passes its input on), its activation, and a layer that follows both."""

    layer: Layer | None = None
    activation: str = "linear"
    after: Layer | None = None


# Names that Keras has for the same function.
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def _no_arrays(config: Options) -> Arrays:
    return {}


def _no_mask(config: Options) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class KerasClass:
    """All that is known of one Keras class. The table is `classes.KERAS_CLASSES`.

    Attributes:
        name: of the class, as files say it.
        reads: what is read of it, a line of docs/formats.md (`docs/tables.py` writes it there).
        build: the layer here, from options and arrays; raises FormatError.
        arrays: which arrays the class has with these options.
        options: all that Keras writes of the class, where authors have classes of this name, too.
        sizes: option that states a size -> the array and its axis that have this size.
        wraps: options that describe a layer inside; its arrays come in this order.
        direction: of a recurrent class, one direction of Bidirectional; raises FormatError.
        has_states: whether its states can be read besides its output.
        per_step: whether it treats every time step alone, so that TimeDistributed may wrap it.
        several_inputs: whether it may read another number of inputs than one.
        causal_call: whether it may be called with `use_causal_mask`.
        masked_value: the value that it masks with these options; None where it masks nothing.
    """

    name: str
    reads: str
    build: Callable[[LayerConfig], Built]
    arrays: Callable[[Options], Arrays] = _no_arrays
    options: frozenset[str] | None = None
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    wraps: tuple[str, ...] = ()
    direction: Callable[[LayerConfig], Layer] | None = None
    has_states: bool = False
    per_step: bool = False
    several_inputs: bool = False
    causal_call: bool = False
    masked_value: Callable[[Options], Any] = _no_mask


@dataclass(frozen=True, eq=False)
class LayerConfig:
    """One layer of a file as its builder reads it: options and arrays, each checked.

    Attributes:
        name: of the layer. kind: the name of its class.
        config: its options.
        weights: its arrays, in Keras' order.
        classes: the table of all classes, for a layer inside.
        output: which of its outputs is meant; others than 0 are states.
        old: whether Keras 2 or older wrote the file.
    """

    name: str
    kind: str
    config: Options
    weights: Sequence[np.ndarray]
    classes: Mapping[str, KerasClass]
    old: bool = False
    output: int = 0

    def refuse(self, why: str) -> FormatError:
        return FormatError(f"Layer {self.name!r} ({self.kind}) {why}")

    def authors(self, unknown: Sequence[str]) -> FormatError:
        """The refusal of a class that only has the name of one of Keras."""
        why = f"options {choices(unknown)}" if unknown else "other arrays than Keras' own"
        return self.refuse(
            f"is a class of the author's own that is called {self.kind} ({why}); its code is not "
            "in the file. Build the model with Keras' own Attention or with attention made of "
            "Dense, Softmax and Dot, copy the weights, and save it."
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, checked against what the class has with these options."""
        expected = self.classes[self.kind].arrays(self.config)
        if len(self.weights) != len(expected):
            if self.classes[self.kind].options is not None:
                raise self.authors(())
            raise self.refuse(
                f"has {len(self.weights)} arrays of weights, expected {len(expected)}: "
                f"{', '.join(expected)}."
            )
        named = dict(zip(expected, self.weights, strict=True))
        for name, array in named.items():
            axes = expected[name]
            if axes is not None and array.ndim != axes:
                raise self.refuse(
                    f"has a {name} of shape {array.shape}, expected {axes} "
                    f"{'axis' if axes == 1 else 'axes'}."
                )
        return named

    def activation(self, key: str, default: str) -> str:
        value = self.config.get(key, default)
        if value is None:
            return "linear"
        if not isinstance(value, str):
            raise self.refuse(f"has a custom {key}; its code is not in the file.")
        if value == "hard_sigmoid" and self.old:
            return "hard_sigmoid_keras_2"  # another function than today's
        return _ALIASES.get(value, value)

    def check_units(self, key: str, units: int) -> None:
        declared = self.config.get(key)
        if declared != units:
            raise self.refuse(f"declares {key}={declared!r:.40}, but its weights have {units}.")

    def require(self, key: str, *allowed: Any) -> Any:
        """An option that is one of these; the first where the file does not say."""
        value = self.config.get(key, allowed[0])
        if value not in allowed:
            raise self.refuse(f"has {key}={value!r:.40}, supported: {choices(allowed)}.")
        return value

    def number(self, key: str, default: int) -> int:
        """A whole number, also as a list of one."""
        value = self.config.get(key, default)
        if isinstance(value, (list, tuple)) and len(value) == 1:
            value = value[0]
        value = default if value is None else value
        if type(value) is not int or not 1 <= value <= 1_000_000:
            raise self.refuse(f"has {key}={value!r:.40}, expected one number from 1.")
        return value

    def real(self, key: str, default: float) -> float:
        """A finite number; Keras 2 also writes an array of one."""
        value = self.config.get(key, default)
        if isinstance(value, Mapping) and value.get("type") == "ndarray":
            value = value.get("value")
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self.refuse(f"has {key}={value!r:.40}, expected a number.")
        return float(value)

    def epsilon(self) -> float:
        return self.real("epsilon", 1e-3)

    def inner(self, key: str, what: str) -> LayerConfig:
        """The layer that an option describes, with this layer's arrays; `what` is for people."""
        layer = self.config.get(key)
        if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
            raise self.refuse(f"does not describe {what} in {key!r}.")
        package = layer.get("registered_name") or layer.get("module")
        kind = str(layer.get("class_name"))
        if foreign(package, kind):
            raise self.refuse(f"wraps a class of the author's own ({package!r:.60}).")
        return replace(self, kind=kind, config=layer["config"])
