"""Companions: what a caller gives beside a file, checked and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.companions.embeddings import (
    Vectors,
    holds_vectors,
    is_vectors,
    read_vectors,
    table_of,
    with_embedding,
)
from lrp_engine.formats.companions.files import read_embeddings, unpickled
from lrp_engine.formats.companions.given_words import GivenWords, read_words
from lrp_engine.formats.companions.inputs import with_inputs
from lrp_engine.formats.companions.labels import read_labels
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.formats.companions.spec import (
    DETECT,
    features_of,
    inputs_of,
    options_of,
    output_of,
    read_spec,
    tokenizer_of,
    units_of,
    value_units_of,
)
from lrp_engine.formats.companions.tokenizer import with_tokenizer
from lrp_engine.formats.companions.vocabulary_values import has_halves
from lrp_engine.formats.input_file import is_path_or_bytes
from lrp_engine.model.assumption import still_open
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer, Vocabulary


@dataclass(frozen=True, eq=False, kw_only=True)
class Companions:
    """What was given; None stands for "not given".

    Attributes:
        embeddings: (V, E).
        tokenizer: options of the text pipeline by name, which override those read from the file
            one by one.
        detects_text: whether the text pipeline is to be found by the reference.
        options: of the spec, what only some formats understand.
        assumptions: what the files given do not say.
        inputs: what was given of each of several inputs, by its name.
    """

    words: GivenWords = field(default_factory=GivenWords)
    embeddings: np.ndarray | None = None
    labels: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    gate_order: str | None = None
    output: str | None = None
    value_units: tuple[str, ...] | None = None
    unit_names: tuple[str, ...] | None = None
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    detects_text: bool = False
    dtype: str = "float32"
    reference: Reference | None = None
    assumptions: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Companions] = field(default_factory=dict)

    @property
    def vocabulary(self) -> Vocabulary | None:
        return self.words.vocabulary

    @property
    def said(self) -> frozenset[str]:
        """Keys of the spec that the caller gave."""
        given = ("labels", "features", "output", "value_units", "gate_order")
        said = {name for name in given if getattr(self, name) is not None}
        said |= {*self.options, *map("tokenizer.{}".format, self.tokenizer)}
        of_inputs = (
            f"inputs.{name}.{key}" for name in self.inputs for key in self.of_input(name).said
        )
        return frozenset({*said, *of_inputs})

    def of_input(self, name: str) -> Companions:
        """What was given of one of several inputs: a vocabulary and its tokenizer are of all that
        have none of their own."""
        own = self.inputs.get(name, Companions())
        words = own.words if own.vocabulary is not None else self.words
        shared = self.tokenizer if words.vocabulary is not None else {}
        return replace(own, words=words, tokenizer={**shared, **own.tokenizer})

    def network(self, *, nodes: Sequence[Node], **parts: Any) -> Network:
        """The network of a file's parts, with what the caller gave in place.

        Raises:
            FormatError: the parts do not fit each other.
        """
        parts["assumptions"] = (*parts.get("assumptions", ()), *self.assumptions)
        for name in ("labels", "features", "output", "value_units", "unit_names"):
            if getattr(self, name) is not None:
                parts[name] = getattr(self, name)
        if parts.get("several"):
            parts.pop("vocabulary", None)  # each has its own
            parts |= with_inputs(self, nodes, parts)
            return Network(nodes=tuple(nodes), dtype=self.dtype, **parts)
        if self.inputs:
            raise FormatError(
                f"The spec describes inputs, {choices(self.inputs)}, but the network has one; say "
                "vocabulary, tokenizer and features of it as they are."
            )
        if self.embeddings is not None:
            nodes = with_embedding(
                self.embeddings, nodes, parts.get("length"), parts.pop("units", None)
            )
        text = self.words.parts(
            nodes[0].layer, parts.get("tokenizer") or Tokenizer(), self.tokenizer
        )
        for name in ("assumptions", "warnings"):
            text[name] = still_open((*parts.get(name, ()), *text[name]), self.said)
        parts.update(text)
        network = Network(nodes=tuple(nodes), dtype=self.dtype, **parts)
        if self.features and network.input_shape.time:
            raise FormatError(
                f"The spec names {len(self.features)} features, but the network reads sequences; "
                "leave `features` out."
            )
        return network


def read_companions(
    *,
    vocabulary: Any,
    embeddings: Any,
    labels: Any,
    spec: Any,
    dtype: str,
    reference: Any = None,
    tokenizer: Any = None,
) -> Companions:
    """The arguments of `load`, read.

    Raises:
        FormatError: something read from a file or text is malformed.
        InputError: an argument is of a type that cannot be meant.
    """
    spec = read_spec(spec)
    words, table, assumptions = _words_and_vectors(vocabulary, embeddings)
    words, options = with_tokenizer(words, tokenizer)
    return Companions(
        words=words,
        embeddings=table,
        labels=read_labels(labels if labels is not None else spec.get("labels")),
        features=features_of(spec),
        gate_order=spec.get("gate_order"),
        output=output_of(spec),
        value_units=value_units_of(spec),
        unit_names=units_of(spec),
        tokenizer={**options, **tokenizer_of(spec)},
        detects_text=spec.get("tokenizer") == DETECT,
        dtype=dtype,
        options=options_of(spec),
        reference=read_reference(reference),
        assumptions=assumptions,
        inputs={
            name: Companions(
                words=read_words(unpickled(own.get("vocabulary"), "The vocabulary")),
                tokenizer=tokenizer_of(own),
                features=features_of(own),
                unit_names=units_of(own),
            )
            for name, own in inputs_of(spec).items()
        },
    )


def _words_and_vectors(
    vocabulary: Any, embeddings: Any
) -> tuple[GivenWords, np.ndarray | None, tuple[str, ...]]:
    """Both may come in one file of word vectors, under either name; and what is assumed of them."""
    if is_path_or_bytes(vocabulary) and holds_vectors(vocabulary, "The vocabulary"):
        vocabulary = read_vectors(vocabulary, "The vocabulary")
    vocabulary = unpickled(vocabulary, "The vocabulary")
    vectors = is_vectors(vocabulary) and not has_halves(vocabulary)
    if isinstance(vocabulary, Vectors) or (embeddings is None and vectors):
        if embeddings is not None:
            raise FormatError(
                "The vocabulary holds words with their vectors, which is vocabulary and embeddings "
                "in one; leave `embeddings` out."
            )
        vocabulary, embeddings = None, vocabulary
    words = read_words(vocabulary)
    table = _embeddings(embeddings)
    if not isinstance(table, Vectors):
        return words, table, ()
    listed, rows, assumptions = table.by_word(words.vocabulary)
    return replace(words, vocabulary=listed), rows, tuple(assumptions)


def _embeddings(value: Any) -> np.ndarray | Vectors | None:
    if value is None or isinstance(value, Vectors):
        return value
    if is_path_or_bytes(value):
        if holds_vectors(value, "The embeddings file"):
            return read_vectors(value, "The embeddings file")
        value = read_embeddings(value)
    if isinstance(value, Mapping):
        return Vectors.of(value)
    return table_of(value)
