"""What reads one input: a network that has one, or an input of a network that has several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.model import names
from lrp_engine.model.shapes import WORDS, Shape
from lrp_engine.model.text import LONGEST, Tokenizer, Vocabulary, doubts
from lrp_engine.model.text.ids import KNOWN, Ids

if TYPE_CHECKING:
    from lrp_engine.layers import Embedding

MOST_INPUTS = 32  # each is a part of every pass


class Reads:
    """How one input is read.

    Attributes:
        vocabulary, tokenizer: how text becomes rows of the embedding; no vocabulary: arrays only.
        length: time steps that every input has, where layers are made for so many; else None.
        features: names of the numbers of an input without a time axis.
        unit_names: of the numbers of a step, where steps are vectors; empty where nobody says them.
        dtype: of vectors, "float32" or "float64".
    """

    vocabulary: Vocabulary | None
    tokenizer: Tokenizer
    length: int | None
    features: tuple[str, ...]
    unit_names: tuple[str, ...]
    dtype: str

    @property
    def network(self) -> Any:
        """The network that it is an input of."""
        raise NotImplementedError

    @property
    def signal(self) -> str:
        """What nodes that read it call it."""
        raise NotImplementedError

    @property
    def input_shape(self) -> Shape:
        """Shape after the embedding: what relevance is given for."""
        raise NotImplementedError

    @property
    def embedding(self) -> Embedding | None:
        """The embedding layer; None where vectors or features are read."""
        signal = self.signal
        readers = (node.layer for node in self.network.nodes if signal in node.inputs)
        return next((layer for layer in readers if layer.reads_ids), None)

    def unknown(self, tokens: Iterable[str]) -> np.ndarray | None:
        """Which tokens (n,) of the tokenizer the vocabulary lacks; None where there is none."""
        if self.vocabulary is None:
            return None
        return self.text_ids.look_up(self.tokenizer.keys(tokens))[1] != KNOWN

    @cached_property
    def text_ids(self) -> Ids:
        """Which ids words, marks and padding have; only where there is a vocabulary."""
        assert self.vocabulary is not None
        assert self.embedding is not None
        return Ids.of(self.tokenizer, self.vocabulary, len(self.embedding.table))

    @cached_property
    def text_doubts(self) -> tuple[str, ...]:
        """Sentences that say why the words of texts may not be those it was trained with."""
        if self.vocabulary is None:
            return ()
        return doubts.of_vocabulary(self.tokenizer, self.vocabulary)

    @property
    def substitute(self) -> str | None:
        """What is read in the place of an unknown word; None for a vector of zeros or nothing."""
        return None if self.vocabulary is None else self.text_ids.substitute


@dataclass(frozen=True, eq=False, kw_only=True)
class Input(Reads):
    """One input of a network.

    Attributes:
        name: what nodes that read it call it.
        units: of a step, or how many features; of ids those of their embedding, and 0 before a
            network says it.
        time: whether it has time steps.
        ids: whether it reads rows of an embedding.
        of: the network, which says it; None before.
    """

    name: str
    units: int = 0
    time: bool = False
    ids: bool = False
    length: int | None = None
    vocabulary: Vocabulary | None = None
    tokenizer: Tokenizer = field(default_factory=Tokenizer)
    features: tuple[str, ...] = ()
    unit_names: tuple[str, ...] = ()
    of: Any = field(default=None, repr=False)

    @property
    def network(self) -> Any:
        return self.of

    @property
    def signal(self) -> str:
        return self.name

    @property
    def dtype(self) -> str:  # type: ignore[override]
        own: str = self.of.dtype
        return own

    @property
    def input_shape(self) -> Shape:
        shape: Shape = self.of.shapes[self.name]
        return shape

    @property
    def kind(self) -> str:
        """What it reads, for people: "texts", "ids", "steps" or "features"."""
        if self.ids:
            return "ids" if self.vocabulary is None else "texts"
        return "steps" if self.time else "features"

    def checked(self, nodes: Sequence[Any]) -> Input:
        """The input with what its readers among the nodes say of it.

        Raises:
            FormatError: it is read by nothing, or not as it is described.
        """
        called = f"The input {self.name!r:.60}"
        if not isinstance(self.name, str) or not self.name or "/" in self.name:
            raise FormatError(f"{called} has a name that is empty or holds '/'.")
        readers = [node for node in nodes if self.name in node.inputs]
        if not readers:
            raise FormatError(f"{called} is read by no layer; leave it out.")
        tables = [node for node in readers if node.layer.reads_ids]
        units = self.units
        if self.ids:
            if len(tables) != 1 or len(readers) != 1:
                raise FormatError(f"{called} holds ids, so it must be read by one embedding alone.")
            units = tables[0].layer.input_shape().units
        elif tables:
            raise FormatError(f"{called} holds numbers, but the embedding {tables[0].name!r:.60} "
                              "reads ids.")  # fmt: skip
        for what, number in (("units", units), ("time steps", self.length)):
            if number is not None and not (type(number) is int and 0 < number <= LONGEST):
                raise FormatError(f"{called} has {number!r:.40} {what}, expected 1 to "
                                  f"{LONGEST:,}.")  # fmt: skip
        timed = self.time or self.ids
        features: tuple[str, ...] = ()
        if not timed:
            unnamed = tuple(f"x{n}" for n in range(units))
            features = names.named("features", self.features, unnamed)
        elif self.features:
            raise FormatError(f"{called} has time steps, so it has no features; leave them out.")
        vectors = units if timed and not self.ids else 0
        if self.vocabulary is not None:
            rows = len(tables[0].layer.table) if tables else None
            names.require_rows(len(self.vocabulary), rows, self.tokenizer.offset, units)
        return replace(
            self,
            units=units,
            time=timed,
            features=features,
            unit_names=names.unit_names(self.unit_names, vectors),
        )


def checked_inputs(inputs: Sequence[Input], nodes: Sequence[Any]) -> tuple[Input, ...]:
    """The inputs of a network that has several.

    Raises:
        FormatError: two have one name, there are too many, or one does not fit its layers.
    """
    called = [one.name for one in inputs]
    if len(set(called)) != len(called):
        twice = next(name for name in called if called.count(name) > 1)
        raise FormatError(f"Two inputs are called {twice!r:.60}; their names must differ.")
    if not 1 < len(inputs) <= MOST_INPUTS:
        raise FormatError(f"The network has {len(inputs)} inputs, expected 2 to {MOST_INPUTS}.")
    return tuple(one.checked(nodes) for one in inputs)


def start_shapes(inputs: Sequence[Input], *, tied: bool) -> dict[str, Shape]:
    """The shapes that inputs begin with.

    Args:
        tied: whether all that have time steps have the same ones, so that they can be merged step
            by step.
    """
    timed = [one.name for one in inputs if one.time]
    return {
        one.name: Shape(
            one.units,
            time=one.time,
            steps=WORDS if tied or len(timed) < 2 else f"steps of {one.name}",
            length=one.length,
        )
        for one in inputs
    }


def padding_id(reads: Reads) -> int | None:
    """The id that fills inputs up; None where no id is known to."""
    embedding = reads.embedding
    assert embedding is not None
    pad = reads.text_ids.pad if reads.vocabulary else reads.tokenizer.pad_id or 0
    named = reads.vocabulary is not None and reads.vocabulary.padding_id is not None
    known = reads.tokenizer.pad or named or (embedding.mask_zero and pad == 0)
    return int(pad) if known else None


def existing(reads: Reads, ids: np.ndarray) -> np.ndarray:
    """Which ids (n,) are steps that are not masked."""
    embedding = reads.embedding
    assert embedding is not None
    return ids != 0 if embedding.mask_zero else np.ones(len(ids), bool)
