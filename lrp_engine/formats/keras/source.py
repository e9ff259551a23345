"""One layer of a Keras file as its builder sees it: checked options, checked weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras.graph import foreign
from lrp_engine.layers import Layer


@dataclass(frozen=True, eq=False)
class Built:
    """A layer (None: passes its input on) and the activation that follows it."""

    layer: Layer | None = None
    activation: str = "linear"


@dataclass(frozen=True, eq=False)
class Source:
    """One layer in the file: what the builders read."""

    name: str
    kind: str
    config: Mapping[str, Any]
    weights: Sequence[np.ndarray]
    old: bool = False  # written by Keras 2 or older

    def refuse(self, why: str) -> FormatError:
        return FormatError(f"Layer {self.name!r} ({self.kind}) {why}")

    def activation(self, key: str, default: str) -> str:
        value = self.config.get(key, default)
        if value is None:
            return "linear"
        if not isinstance(value, str):
            raise self.refuse(f"has a custom {key}; its code is not in the file.")
        if value == "hard_sigmoid" and self.old:
            return "hard_sigmoid_keras_2"  # another function than today's
        return value

    def arrays(self, *names: str, **axes: int) -> list[np.ndarray]:
        """The weights, checked against what the class has: one array per name, and its axes.

        Axes default to 1 for a bias and 2 for any other.
        """
        if len(self.weights) != len(names):
            raise self.refuse(
                f"has {len(self.weights)} arrays of weights, expected {len(names)}: "
                f"{', '.join(names)}."
            )
        for name, array in zip(names, self.weights, strict=True):
            expected = axes.get(name, 1 if name == "bias" else 2)
            if array.ndim != expected:
                raise self.refuse(
                    f"has a {name} of shape {array.shape}, expected {expected} "
                    f"{'axis' if expected == 1 else 'axes'}."
                )
        return list(self.weights)

    def check_units(self, key: str, found: int) -> None:
        declared = self.config.get(key)
        if declared != found:
            raise self.refuse(f"declares {key}={declared!r:.40}, but its weights have {found}.")

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

    def epsilon(self) -> float:
        value = self.config.get("epsilon", 1e-3)
        if type(value) not in (int, float):
            raise self.refuse(f"has epsilon={value!r:.40}, expected a number.")
        return float(value)


def inner(source: Source, key: str, what: str) -> Source:
    layer = source.config.get(key)
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        raise source.refuse(f"does not describe {what} in {key!r}.")
    package = layer.get("registered_name") or layer.get("module")
    kind = str(layer.get("class_name"))
    if foreign(package, kind):
        raise source.refuse(f"wraps a class of the author's own ({package!r:.60}).")
    return replace(source, kind=kind, config=layer["config"])
