"""A Keras model as a plain graph: which layer reads which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SEQUENTIAL, FUNCTIONAL = ("Sequential",), ("Functional", "Model")
MODELS = SEQUENTIAL + FUNCTIONAL
OPERATIONS = "keras.src.ops"  # where functions such as keras.ops.sum come from
PREFIX = "ops."  # of the classes that stand for them here
CAUSAL = "use_causal_mask"  # an option of the call in Keras, of the layer here


@dataclass(frozen=True, eq=False)
class Entry:
    """One layer of the file: its name, class, options, and the entries it reads.

    Attributes:
        package: where the class comes from; None where the file does not say.
        masked: whether it is told explicitly which time steps are padding.
        path: the models it lies in and its own name there.
        layer: the name of the layer, where it is called more than once or at several outputs.
        output: which of the layer's outputs this is.
    """

    name: str
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    package: str | None = None
    masked: bool = False
    path: tuple[str, ...] = ()
    layer: str | None = None
    output: int = 0

    @property
    def foreign(self) -> bool:
        return foreign(self.package, self.kind)


class Listed(NamedTuple):
    """One entry in a model's list of layers, used or not."""

    name: str
    kind: str
    has_arrays: bool


class Start(NamedTuple):
    """What a file says of an input: its axes, time steps and their units; None where it does not.

    Of an input with two axes `length` is the second, whatever it is.
    """

    axes: int | None = None
    length: int | None = None
    units: int | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """Entries in order of computation, without the input layers.

    Attributes:
        inputs: by name; mostly one. Of a whole model those that the output is computed from.
        listed: every entry of the file in its own order.
        levels: the same by the path of the model that lists them, inner models included.
        chosen: the name of the output that counts in the outermost model; `output` may be a layer
            of a model inside.
        outputs: names of all outputs in the file's order, where there are several.
        keys: what a model that gives a dictionary calls its outputs, by those names.
        unread: names of inputs that take no part in the output.
    """

    entries: tuple[Entry, ...]
    inputs: Mapping[str, Start]
    output: str
    listed: tuple[Listed, ...]
    levels: Mapping[tuple[str, ...], tuple[Listed, ...]] = field(default_factory=dict)
    chosen: str = ""
    outputs: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """What all outputs are called, where there are several."""
        return tuple(self.keys.get(name, name) for name in self.outputs)

    @property
    def title(self) -> str:
        """What the output that counts is called."""
        return self.keys.get(self.chosen, self.chosen)

    @property
    def first(self) -> Start:
        """The first input, which mostly is the only one."""
        return next(iter(self.inputs.values()))


def foreign(package: str | None, kind: str) -> bool:
    """Whether a class is not one of Keras. Some versions register Keras' own by their name."""
    return package not in (None, kind) and not str(package).startswith(("keras", "tf_keras"))
