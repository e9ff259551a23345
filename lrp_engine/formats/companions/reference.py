"""Reference: inputs with the outputs another program gave them, to compare a network with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.formats.input_file import PathOrBytes
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.samples import Samples

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

FILE = "reference.npz"  # of a model's folder
DIGITS = 4  # outputs written with fewer decimals are not compared any closer


@dataclass(frozen=True, eq=False, kw_only=True)
class Reference:
    """What another program said.

    Attributes:
        inputs: arrays that `Network.predict` takes, B samples; None where only texts are given.
        texts: (B,) that became these inputs, or that are all there is; empty where there are none.
        outputs: (B, C); for a single sigmoid unit also (B, 1) or (B,); for "labels" (B,).
        kind: what the outputs are: "logits" (before softmax or sigmoid), "probabilities",
            "outputs" (one of these, nobody says which), or "labels" (the predicted class alone).
        lengths: real time steps (B,) of array inputs.
        columns: names of the C outputs; empty where nobody names them.
        name: of the file, for people; empty where there is none.
    """

    inputs: Any
    outputs: np.ndarray
    kind: str = "logits"
    lengths: np.ndarray | None = None
    texts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    name: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, to stand behind a sentence; empty where it is no file."""
        return f" from {self.name:.60}" if self.name else ""

    def samples(self, network: Network) -> Samples:
        """The inputs as a network reads them: arrays where there are some, else texts.

        Raises:
            InputError: they do not fit it.
        """
        if self.inputs is None:
            return self.text_samples(network)
        return self._samples(network, self.inputs, self.lengths)

    def text_samples(self, network: Network) -> Samples:
        """The texts as a network reads them.

        Raises:
            InputError: it reads no texts.
        """
        return self._samples(network, list(self.texts), None)

    def _samples(self, network: Network, inputs: Any, lengths: Any) -> Samples:
        try:
            return samples_of.read(network, inputs, lengths)
        except InputError as error:
            name = f" {self.name:.60}" if self.name else ""
            raise InputError(f"The reference{name} does not fit the network: {error}") from None

    def readings(self, network: Network, count: int) -> Mapping[str, np.ndarray]:
        """What the outputs can be, kind -> (B, C) as the network should give them.

        More than one where nobody says whether they are logits or probabilities.

        Raises:
            InputError: they have another shape, or are no outputs.
        """
        if not network.has_classes:
            return self._values(network, count)
        if self.kind == "labels":
            raise InputError(
                f"The reference holds {count} predicted classes and no numbers. Labels alone do "
                "not show what the network computes; give a probability or a score of each input."
            )
        kinds = ("probabilities", "logits") if self.kind == "outputs" else (self.kind,)
        found: dict[str, np.ndarray] = {}
        for kind in kinds:
            outputs = self._by_class(network, kind, count)
            if kind == "probabilities" and (outputs.min() < 0 or outputs.max() > 1):
                if self.kind == "outputs":
                    continue
                raise InputError(
                    "The reference probabilities do not lie between 0 and 1; if they are scores "
                    "before softmax or sigmoid, call them 'logits'."
                )
            found[kind] = outputs
        return found

    def _values(self, network: Network, count: int) -> Mapping[str, np.ndarray]:
        """The outputs as values; whole numbers are no classes here."""
        if self.kind == "probabilities":
            raise InputError(
                "The reference holds probabilities, but the network's output is linear: it gives "
                "values. Call them 'outputs', or say in the spec what the output is."
            )
        try:
            outputs = self.outputs.astype(np.float64).reshape(count, -1)
        except ValueError:
            raise InputError(
                f"The reference {self.kind} are no numbers of {count} inputs; the network's output "
                f"is linear and gives {network.classes} of each."
            ) from None
        return {"values": replace(self, outputs=outputs)._by_class(network, "values", count)}

    def expected(self, network: Network, count: int) -> tuple[str, np.ndarray]:
        """The kind, as far as the numbers tell it, and the outputs (B, C) of `count` samples.

        Raises:
            InputError: they have another shape, or are no outputs.
        """
        return next(iter(self.readings(network, count).items()))

    def _by_class(self, network: Network, kind: str, count: int) -> np.ndarray:
        outputs, classes = self.outputs.astype(np.float64), network.classes
        one_each = outputs.shape in ((count,), (count, 1))
        if one_each and (network.single_sigmoid or (classes == 2 and kind == "probabilities")):
            z = outputs.reshape(count, 1)
            other = -z if kind == "logits" else 1 - z
            outputs = np.concatenate([other, z], axis=1)
        if outputs.shape != (count, classes):
            labels = (
                " Labels alone do not show what the network computes."
                if outputs.shape == (count,)
                else ""
            )
            raise InputError(
                f"The reference {self.kind} have shape {outputs.shape}, expected "
                f"({count}, {classes}): one number per class for each of {count} inputs.{labels}"
            )
        if len(self.columns) == classes and {*self.columns} == {*network.labels}:
            outputs = outputs[:, [self.columns.index(label) for label in network.labels]]
        return outputs

    def classes(self, network: Network) -> np.ndarray:
        """The predicted classes (B,) of a reference of labels.

        Raises:
            InputError: one is no class of the network.
        """
        at = {label: n for n, label in enumerate(network.labels)}
        at |= {str(n): n for n in range(network.classes)}
        for label in self.outputs.tolist():
            if str(label) not in at:
                raise InputError(
                    f"The reference names the class {label!r:.60}; the network has "
                    f"{choices(network.labels)}."
                )
        return np.array([at[str(label)] for label in self.outputs.tolist()])

    @cached_property
    def rounding(self) -> float:
        """How far outputs written with few decimals may be off; 0 where they have `DIGITS`."""
        for decimals in range(DIGITS):
            if self.kind != "labels" and np.array_equal(
                np.round(self.outputs, decimals), self.outputs
            ):
                return 0.5 * 10.0**-decimals
        return 0.0


def reference_file_of(model: PathOrBytes) -> Path | None:
    """The file `reference.npz` in a model's folder, or next to a model's file, if there is one."""
    if not isinstance(model, (str, os.PathLike)):
        return None
    path = Path(os.fsdecode(model))
    reference = (path if path.is_dir() else path.parent) / FILE
    return reference if reference.is_file() and reference != path else None
