"""Companions: what a caller gives beside a file, checked and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.embeddings import (
    Vectors,
    holds_vectors,
    is_vectors,
    read_vectors,
    table_of,
    with_embedding,
)
from lrp_engine.formats.companions.files import read_embeddings, read_text, unpickled
from lrp_engine.formats.companions.labels import read_labels
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.spec import (
    features_of,
    options_of,
    output_of,
    read_spec,
    tokenizer_of,
)
from lrp_engine.formats.companions.vocabulary import parse_words
from lrp_engine.formats.companions.vocabulary_values import has_halves, words_of
from lrp_engine.formats.input_file import is_path_or_bytes
from lrp_engine.formats.plain import words_by_id
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
        options: of the spec, what only some formats understand.
        assumptions: what the files given do not say.
    """

    vocabulary: Vocabulary | None = None
    embeddings: np.ndarray | None = None
    labels: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    gate_order: str | None = None
    output: str | None = None
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    reference: Reference | None = None
    assumptions: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def network(self, *, nodes: Sequence[Node], **parts: Any) -> Network:
        """The network of a file's parts, with what the caller gave in place.

        Raises:
            FormatError: the parts do not fit each other.
        """
        parts["assumptions"] = (*parts.get("assumptions", ()), *self.assumptions)
        for name in ("vocabulary", "labels", "features", "output"):
            if getattr(self, name) is not None:
                parts[name] = getattr(self, name)
        if self.tokenizer:
            parts["tokenizer"] = parts.get("tokenizer", Tokenizer()).with_options(self.tokenizer)
        if self.embeddings is not None:
            nodes = with_embedding(self.embeddings, nodes)
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
) -> Companions:
    """The arguments of `load`, read.

    Raises:
        FormatError: something read from a file or text is malformed.
        InputError: an argument is of a type that cannot be meant.
    """
    spec = read_spec(spec)
    words, table, assumptions = _words_and_vectors(vocabulary, embeddings)
    return Companions(
        vocabulary=words,
        embeddings=table,
        labels=read_labels(labels if labels is not None else spec.get("labels")),
        features=features_of(spec),
        gate_order=spec.get("gate_order"),
        output=output_of(spec),
        tokenizer=tokenizer_of(spec),
        dtype=dtype,
        options=options_of(spec),
        reference=Reference.read(reference),
        assumptions=tuple(assumptions),
    )


def _words_and_vectors(
    vocabulary: Any, embeddings: Any
) -> tuple[Vocabulary | None, np.ndarray | None, list[str]]:
    """Both may come in one file of word vectors, under either name."""
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
    words, assumptions = _vocabulary(vocabulary)
    table = _embeddings(embeddings)
    if isinstance(table, Vectors):
        words, table, missing = table.by_word(words)
        assumptions += missing
    return words, table, assumptions


def _vocabulary(value: Any) -> tuple[Vocabulary | None, list[str]]:
    assumptions: list[str] = []
    if value is None or isinstance(value, Vocabulary):
        return value, assumptions
    if is_path_or_bytes(value):
        words, assumptions = parse_words(read_text(value, "The vocabulary"))
    else:
        found = words_of(value)
        if found is None:
            raise InputError(
                f"vocabulary is {type(value).__name__}; give a list of words, a dictionary from "
                "word to id, or the path or bytes of a text, JSON or pickle file."
            )
        words = found
    if isinstance(words.words, Mapping):
        ordered, more = words_by_id(words.words)
        return Vocabulary(tuple(ordered)), [*assumptions, *more]
    return Vocabulary(tuple(words.words)), assumptions


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
