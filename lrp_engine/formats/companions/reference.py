"""Reference: inputs with the outputs another program gave them, to compare a network with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.formats.input_file import (
    PathOrBytes,
    is_path_or_bytes,
    open_file,
    unpack_file,
)
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.samples import Samples

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

FILE = "reference.npz"  # of a model's folder
INPUTS = ("ids", "vectors", "features", "texts")
OUTPUTS = ("logits", "probabilities")
_EXPECTED = (
    "expected one array of inputs ('ids' (B, T), 'vectors' (B, T, E) or 'features' (B, D), with "
    "'lengths' (B,) where samples are padded) and one of outputs ('logits' or 'probabilities', "
    "(B, C))"
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Reference:
    """What another program said.

    Attributes:
        inputs: anything `Network.predict` takes, B samples.
        outputs: (B, C); for a single sigmoid unit also (B, 1) or (B,).
        kind: what the outputs are, "logits" (before softmax or sigmoid) or "probabilities".
        lengths: real time steps (B,) of array inputs.
        name: of the file, for people; empty where there is none.
    """

    inputs: Any
    outputs: np.ndarray
    kind: str = "logits"
    lengths: np.ndarray | None = None
    name: str = ""

    @classmethod
    def read(cls, value: Any) -> Reference | None:
        """A reference from whatever a caller gives.

        Args:
            value: None, a Reference, a pair (inputs, logits), a mapping with the names of a file,
                or the path or bytes of a `.npz` file.

        Raises:
            FormatError: the file is malformed.
            InputError: names or shapes are not those of a reference.
        """
        if value is None or isinstance(value, cls):
            return value
        name = ""
        if is_path_or_bytes(value):
            if isinstance(value, (str, os.PathLike)):
                name = Path(os.fsdecode(value)).name
            with open_file(value, "The reference file") as (file, size):
                contents = unpack_file(file, size, supported="Expected a reference, a .npz file.")
            value = {name.removesuffix(".npy"): array for name, array in contents.arrays.items()}
            if contents.kind != "zip":
                raise InputError(f"The reference is no .npz file; {_EXPECTED}.")
        if isinstance(value, Mapping):
            return cls._from_names(value, name)
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise InputError(
                f"The reference is {type(value).__name__}; give a pair (inputs, logits), a "
                "dictionary or a .npz file."
            )
        return cls(inputs=value[0], outputs=_numbers(value[1]))

    @classmethod
    def _from_names(cls, named: Mapping[str, Any], name: str) -> Reference:
        given = [name for name in INPUTS if name in named]
        told = [name for name in OUTPUTS if name in named]
        unknown = set(named) - {*INPUTS, *OUTPUTS, "lengths"}
        if len(given) != 1 or len(told) != 1 or unknown:
            names = choices(sorted(map(str, named))[:12]) or "nothing"
            raise InputError(f"The reference holds {names:.300}; {_EXPECTED}.")
        lengths = named.get("lengths")
        return cls(
            inputs=named[given[0]],
            outputs=_numbers(named[told[0]]),
            kind=told[0],
            lengths=None if lengths is None else np.asarray(lengths),
            name=name,
        )

    def samples(self, network: Network) -> Samples:
        """The inputs as a network reads them.

        Raises:
            InputError: they do not fit it.
        """
        try:
            return samples_of.read(network, self.inputs, self.lengths)
        except InputError as error:
            name = f" {self.name:.60}" if self.name else ""
            raise InputError(f"The reference{name} does not fit the network: {error}") from None

    def expected(self, network: Network, count: int) -> np.ndarray:
        """The outputs (B, C) as the network should give them, of `count` samples.

        Raises:
            InputError: they have another shape, or are no scores.
        """
        outputs, classes = self.outputs.astype(np.float64), network.classes
        if network.single_sigmoid and outputs.shape in ((count,), (count, 1)):
            z = outputs.reshape(count, 1)
            other = -z if self.kind == "logits" else 1 - z
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
        if self.kind == "probabilities" and (outputs.min() < 0 or outputs.max() > 1):
            raise InputError(
                "The reference probabilities do not lie between 0 and 1; if they are scores before "
                "softmax or sigmoid, call them 'logits'."
            )
        return outputs


def reference_file_of(model: PathOrBytes) -> Path | None:
    """The file `reference.npz` in a model's folder, or next to a model's file, if there is one."""
    if not isinstance(model, (str, os.PathLike)):
        return None
    path = Path(os.fsdecode(model))
    reference = (path if path.is_dir() else path.parent) / FILE
    return reference if reference.is_file() and reference != path else None


def _numbers(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError("The reference outputs have rows of different lengths.") from None
    if array.size == 0:
        raise InputError("The reference outputs are empty.")
    if array.dtype.kind not in "fiu":
        raise InputError(f"The reference outputs hold {array.dtype}, expected numbers.")
    if not np.isfinite(array).all():
        raise InputError("The reference outputs hold numbers that are not finite.")
    return array
