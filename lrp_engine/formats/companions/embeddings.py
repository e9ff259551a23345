"""Vectors by word, vocabulary and embeddings in one: a dictionary, or a GloVe or word2vec file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.input_file import PathOrBytes, open_file, unpack_file
from lrp_engine.formats.sniff import looks_like
from lrp_engine.layers import Embedding
from lrp_engine.model.graph import INPUT, Node, find_shapes
from lrp_engine.model.text import Vocabulary


def is_vectors(value: Any) -> bool:
    """Whether a value maps words to vectors; ids are no vectors."""
    if not isinstance(value, Mapping) or not value:
        return False
    first = next(iter(value.values()))
    if isinstance(first, np.ndarray):
        return first.ndim == 1
    return isinstance(first, Sequence) and not isinstance(first, str)


def table_of(value: Any) -> np.ndarray:
    """An embedding table (V, E).

    Raises:
        FormatError: the value is no table of numbers.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise FormatError("The embeddings have rows of different lengths.") from None
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiu":
        raise FormatError(
            f"The embeddings have shape {array.shape} of {array.dtype}, expected numbers of shape "
            "(vocabulary, units)."
        )
    return array


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words in order, one row (V, E) for each, and what had to be assumed."""

    words: tuple[str, ...]
    table: np.ndarray
    assumptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, vectors: Mapping[Any, Any]) -> Vectors:
        """From a dictionary.

        Raises:
            FormatError: a key is no word, or the vectors are not numbers of one length.
        """
        if not is_vectors(vectors):
            raise FormatError(
                "The embeddings are a dictionary, but not one from words to vectors of numbers."
            )
        for word in vectors:
            if not isinstance(word, str):
                raise FormatError(f"The embeddings have a vector for {word!r:.60}, expected words.")
        return cls(tuple(vectors), table_of(list(vectors.values())))

    @classmethod
    def from_contents(cls, contents: Contents) -> Vectors:
        """From a file of word vectors; of a repeated word the first vector counts.

        Raises:
            FormatError: there are not as many vectors as words.
        """
        words, table = contents.texts["words"].split("\n"), contents.arrays["vectors"]
        if len(words) != len(table):
            raise FormatError(
                f"The file holds {len(words):,} words and {len(table):,} vectors, expected as many."
            )
        first: dict[str, int] = {}
        for row, word in enumerate(words):
            first.setdefault(word, row)
        if len(first) == len(words):
            return cls(tuple(words), table)
        rows = np.fromiter(first.values(), int, len(first))
        said = (
            f"{len(words) - len(first):,} lines of the word vectors repeat a word; its first "
            "vector is taken."
        )
        return cls(tuple(first), table[rows], (said,))

    def by_word(self, vocabulary: Vocabulary | None) -> tuple[Vocabulary, np.ndarray, list[str]]:
        """Vocabulary, its table, and what had to be assumed.

        Without a vocabulary the words are the vocabulary; with one, the rows are in its order, and
        words without a vector get zeros.
        """
        if vocabulary is None:
            return Vocabulary(self.words), self.table, [*self.assumptions]
        places = {word: row for row, word in enumerate(self.words)}
        rows = np.array([places.get(word, -1) for word in vocabulary.tokens])
        missing = int((rows < 0).sum())
        if missing == len(rows):
            raise FormatError(
                "None of the vocabulary's words has a vector in the embeddings; the two files do "
                "not belong together."
            )
        table = np.where(rows[:, None] >= 0, self.table[rows], 0)
        sentences = [*self.assumptions]
        if missing:
            sentences.append(
                f"{missing:,} of the vocabulary's {len(rows):,} words have no vector in the "
                "embeddings and get zeros."
            )
        return vocabulary, table, sentences


def holds_vectors(source: PathOrBytes, what: str) -> bool:
    """Whether a file looks like word vectors by its first bytes."""
    with open_file(source, what) as (file, size):
        return looks_like(file.read(HEAD), size)[0] == "vectors"


def read_vectors(source: PathOrBytes, what: str) -> Vectors:
    """The words and vectors of a file.

    Raises:
        FormatError: it is damaged or beyond the limits.
    """
    with open_file(source, what) as (file, size):
        return Vectors.from_contents(unpack_file(file, size))


def with_embedding(
    table: np.ndarray, nodes: Sequence[Node], length: int | None = None, units: int | None = None
) -> list[Node]:
    """The nodes of a network that reads vectors, with an embedding (V, E) before them.

    Args:
        length, units: see `find_shapes`.

    Raises:
        FormatError: they begin with an embedding, or read vectors of another size, or features.
    """
    first = nodes[0].layer
    if isinstance(first, Embedding):
        raise FormatError(
            f"The file has an embedding of its own ({nodes[0].name!r}, shape "
            f"{tuple(first.table.shape)}); leave `embeddings` out."
        )
    wanted = find_shapes(nodes, length, units)[INPUT]
    if not wanted.time:
        raise FormatError(
            f"The network takes {wanted.units} features, not words; leave `embeddings` out."
        )
    if table.shape[1] != wanted.units:
        raise FormatError(
            f"The embeddings have shape {table.shape}, {table.shape[1]} units a word; layer "
            f"{nodes[0].name!r} expects {wanted.units}."
        )
    names = {node.name for node in nodes}
    name = next(n for n in ("embedding", "embeddings", "word_vectors_given") if n not in names)
    moved = [
        Node(node.name, node.layer, tuple(name if i == INPUT else i for i in node.inputs))
        for node in nodes
    ]
    return [Node(name, Embedding(table)), *moved]
