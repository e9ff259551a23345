"""Network: an immutable graph of named layers with vocabulary and labels; predict and explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import Any

import numpy as np

from lrp_engine import device as devices
from lrp_engine import lazy
from lrp_engine.errors import FormatError, InputError, choices
from lrp_engine.fair_lock import FairLock
from lrp_engine.model import names
from lrp_engine.model.asked import Asked
from lrp_engine.model.gate_order import GateOrder
from lrp_engine.model.graph import (
    INPUT,
    Node,
    find_shapes,
    frozen,
    require_few,
    several_shapes,
)
from lrp_engine.model.outputs import OUTPUTS
from lrp_engine.model.reads import Input, Reads, checked_inputs
from lrp_engine.model.shapes import WORDS, Shape
from lrp_engine.model.text import LONGEST, Tokenizer, Vocabulary

__all__ = ["DTYPES", "INPUT", "OUTPUTS", "Network", "Node", "find_shapes"]

DTYPES = ("float32", "float64")


def require_network(network: Any, name: str = "network") -> None:
    """Stop where a path or another program's model stands in the place of a network.

    Raises:
        InputError: it does.
    """
    if not isinstance(network, Network):
        raise InputError(
            f"{name} is {type(network).__name__}, expected a network, as lrp_engine.load, "
            "from_keras and from_torch give one."
        )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Network(Asked, Reads):
    """An immutable network: layers in order of computation, words and labels around them.

    Attributes:
        nodes: the graph; the last node's output (B, C) holds the class scores, or the values;
            (B, T, C) of each word or step, where each has a label.
        output: "softmax" (C classes, one is right), "sigmoid" (each unit for itself; a single
            unit z is two classes with scores [-z, z]) or "linear" (C values as they are, with no
            probabilities). For classes the layers themselves end in logits.
        vocabulary, tokenizer: how text becomes rows of the embedding; no vocabulary: arrays only.
        labels: one name per class or value; "class 0", "class 1", ... where none are given.
        output_name, output_names: the output that it computes, and all of those of the file it
            was read from; empty where that has one.
        value_units: of each value of a linear output, as "°C"; one stands for all, and nobody
            says them where empty.
        length: time steps that every input has, where layers are made for so many; else None.
        units: of a time step, where no layer's weights say it, as before a Flatten; else None.
        time: inputs have time steps, where no layer says so: dense ones work with and without.
        features: names of the inputs of a network without a time axis.
        unit_names: of the numbers of a step, where steps are vectors; empty where nobody says them.
        several: the inputs, where there are more than one. Each has a vocabulary, tokenizer,
            length, features and names of units of its own, and the network has none.
        assumptions: what the file did not say and the reader assumed, and what is worth noting of
            what it said, as sentences.
        source: what the network was read from, for people.
        dtype: of every computation, "float32" or "float64" (for checks).
        device: that computes: "cpu", "gpu", "gpu:1"; "xla_cpu" compiles passes for each shape of
            inputs; None is TensorFlow's choice. `to` changes it.
        gate_order: which gate is where in the file, and how that is known; None where the format
            leaves no choice.
        warnings: sentences that every explanation carries, as of a failed comparison with the
            program the network comes from (`ProofSheet.marked`).

    Raises:
        FormatError: layers do not fit each other, the vocabulary or the labels, or hold numbers
            that are not finite; the text names what was found and what was expected.
        InputError: the dtype is unknown, or `device` is no name of a device.
    """

    nodes: tuple[Node, ...]
    output: str = "softmax"
    vocabulary: Vocabulary | None = None
    tokenizer: Tokenizer = field(default_factory=Tokenizer)
    labels: tuple[str, ...] = ()
    value_units: tuple[str, ...] = ()
    output_name: str = ""
    output_names: tuple[str, ...] = ()
    length: int | None = None
    units: int | None = None
    time: bool = False
    features: tuple[str, ...] = ()
    unit_names: tuple[str, ...] = ()
    several: tuple[Input, ...] = ()
    assumptions: tuple[str, ...] = ()
    source: str = "arrays"
    dtype: str = "float32"
    device: str | None = None
    gate_order: GateOrder | None = None
    warnings: tuple[str, ...] = ()
    # Held while the program runs: threads that share a network take turns.
    lock: FairLock = field(default_factory=FairLock, init=False)
    # The program compiled from it, which lives as long.
    compiled: dict[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise InputError(f"dtype is {self.dtype!r}; choose from {choices(DTYPES)}.")
        self._set("device", devices.checked(self.device))
        if self.output not in OUTPUTS:
            raise FormatError(f"output is {self.output!r}; choose from {choices(OUTPUTS)}.")
        if not self.nodes:
            raise FormatError("The network has no layers.")
        require_few(node.layer for node in self.nodes)
        for what, number in (("time steps", self.length), ("units of a step", self.units)):
            if number is not None and not 0 < number <= LONGEST:
                raise FormatError(f"The network reads {number} {what}, expected 1 to {LONGEST:,}.")
        copies: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._set("nodes", tuple(frozen(node, self.dtype, copies) for node in self.nodes))
        if self.several:
            self._set("several", checked_inputs(self.several, self.nodes))
        last = self.shapes[self.nodes[-1].name]
        unread = {node.name for node in self.nodes[:-1]} - {i for n in self.nodes for i in n.inputs}
        if unread:
            raise FormatError(f"No layer reads the output of {min(unread)!r}.")
        if self.output == "softmax" and last.units == 1:
            raise FormatError("A softmax over a single unit is always 1; use output 'sigmoid'.")
        if self.nodes[-1].layer.reads_ids:
            raise FormatError("The network is an embedding alone: no layer reads its vectors.")
        if last.time and (last.steps != WORDS or not last.units):
            raise FormatError(
                f"The network ends in {last}, expected scores (batch, classes), or a label for "
                "each step of its input (batch, time, classes): its last layers change the steps."
            )
        count = self.classes
        unnamed = self.output_kind.names(count, self.output_name)
        self._set("labels", names.named("labels", self.labels, unnamed))
        self._set("value_units", names.value_units(self.value_units, self, count))
        if self.several:
            self._check_several()
        else:
            self._check_input()

    def _check_several(self) -> None:
        own = ("vocabulary", "length", "units", "time", "features", "unit_names")
        given = [name for name in own if getattr(self, name)]
        if given:
            raise FormatError(
                f"The network has several inputs, {choices(self.inputs)}; say the {given[0]} of "
                "each of them, not of the network."
            )
        for one in self.inputs.values():
            if one.vocabulary is not None:
                one.text_ids  # noqa: B018 - raises where words or ids of the pipeline are not there

    def _check_input(self) -> None:
        units = self.input_shape.units
        if not self.input_shape.time:
            unnamed = tuple(f"x{n}" for n in range(units))
            self._set("features", names.named("features", self.features, unnamed))
        vectors = self.input_shape.time and self.embedding is None
        self._set("unit_names", names.unit_names(self.unit_names, units if vectors else 0))
        if self.vocabulary is not None:
            rows = None if self.embedding is None else len(self.embedding.table)
            names.require_rows(len(self.vocabulary), rows, self.tokenizer.offset, units)
            self.text_ids  # noqa: B018 - raises where words or ids of the pipeline are not there

    def __repr__(self) -> str:
        layers = " -> ".join(node.name for node in self.nodes)
        place = f" on {self.device}" if self.device else ""
        kind = self.output_kind
        scores = f"{self.classes} {kind.noun if self.classes == 1 else kind.nouns}"
        return f"Network({layers}; {scores}, {self.dtype}{place}, from {self.source})"

    def __getstate__(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.init}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "lock": FairLock(), "compiled": {}}.items():
            self._set(name, value)
        self.__post_init__()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def network(self) -> Network:
        return self

    @property
    def signal(self) -> str:
        self.require_one_input()
        return INPUT

    @property
    def input_shape(self) -> Shape:
        """Shape of one input after the embedding: what relevance is given for.

        Raises:
            InputError: the network has several inputs, see `inputs`.
        """
        self.require_one_input()
        return self.shapes[INPUT]

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What it reads, by name and in order; of one input, which has no name, `"input"`."""
        if self.several:
            return self._inputs
        shape = self.input_shape
        only = Input(
            name=INPUT,
            units=shape.units,
            time=shape.time,
            ids=self.embedding is not None,
            length=self.length,
            vocabulary=self.vocabulary,
            tokenizer=self.tokenizer,
            features=self.features,
            unit_names=self.unit_names,
            of=self,
        )
        return MappingProxyType({INPUT: only})

    @cached_property
    def _inputs(self) -> Mapping[str, Input]:
        return MappingProxyType({one.name: replace(one, of=self) for one in self.several})

    def require_one_input(self) -> None:
        """Stop where there are several.

        Raises:
            InputError: there are; says how they are explained.
        """
        if self.several:
            raise InputError(
                f"This network reads several inputs, {choices(self.inputs)}, and this is asked of "
                "networks of one. All of them are explained together by network.explain({name: "
                "values, ...}), each by its name."
            )

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Output shape by node name, those of inputs included: `"input"`, or by their names."""
        if self.several:
            return MappingProxyType(several_shapes(self.nodes, self.several))
        return MappingProxyType(find_shapes(self.nodes, self.length, self.units, time=self.time))

    @property
    def labels_steps(self) -> bool:
        """Whether every word or step has scores of its own: one label per token."""
        return self.shapes[self.nodes[-1].name].time

    @property
    def decides(self) -> bool:
        """Whether it gives one class for a whole input."""
        return self.has_classes and not self.labels_steps

    @property
    def single_sigmoid(self) -> bool:
        """Whether one unit z stands for two classes with scores [-z, z]."""
        return self.output == "sigmoid" and self.shapes[self.nodes[-1].name].units == 1

    @property
    def classes(self) -> int:
        """C, how many scores there are: of classes, or values."""
        return 2 if self.single_sigmoid else self.shapes[self.nodes[-1].name].units

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over everything that decides an explanation; the key of caches."""
        content_hash: str = lazy.load("model.serialization:content_hash")(self)
        return content_hash

    def summary(self) -> str:
        """What it is, as text: input, layers with their weights, output, how texts are read,
        what was assumed."""
        text: str = lazy.load("render.facts:summary")(self)
        return text

    def _repr_html_(self) -> str:
        """The same for a notebook; a fragment whose styles touch nothing else."""
        fragment: str = lazy.load("render.notebook:network")(self)
        return fragment

    def save(self, path: str | PathLike[str]) -> None:
        """Write the project's own format: a folder, or a zip file where `path` ends in .zip."""
        lazy.load("model.serialization:save")(self, path)

    def to(self, device: str | None) -> Network:
        """The same network on another device: "cpu", "gpu", "gpu:1", "xla_cpu"; None: TensorFlow's
        choice.

        Raises:
            InputError: it is no name of a device, or TensorFlow sees no such device.
        """
        devices.require(device)
        return self if device == self.device else replace(self, device=device)
