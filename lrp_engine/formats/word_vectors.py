"""Word vectors as vocabulary and embeddings: GloVe text, word2vec text and binary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.sniff import looks_like
from lrp_engine.formats.sources import Source, open_source, unpacked
from lrp_engine.text import Vocabulary


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors (V, E), in the order of the file."""

    vocabulary: Vocabulary
    table: np.ndarray
    assumptions: tuple[str, ...] = ()


def holds_vectors(source: Source, what: str) -> bool:
    """Whether a file looks like word vectors by its first bytes."""
    with open_source(source, what) as (file, size):
        return looks_like(file.read(512), size)[0] == "vectors"


def read_vectors(source: Source, what: str) -> WordVectors:
    """The words and vectors of a file.

    Raises:
        FormatError: it is damaged or beyond the limits.
    """
    with open_source(source, what) as (file, size):
        return from_contents(unpacked(file, size))


def from_contents(contents: Contents) -> WordVectors:
    """The words and vectors that were unpacked; of a repeated word the first vector counts."""
    words, table = contents.texts["words"].split("\n"), contents.arrays["vectors"]
    if len(words) != len(table):
        raise FormatError(
            f"The file holds {len(words):,} words and {len(table):,} vectors, expected as many."
        )
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    if len(first) == len(words):
        return WordVectors(Vocabulary(tuple(words)), table)
    rows = np.fromiter(first.values(), int, len(first))
    said = (
        f"{len(words) - len(first):,} lines of the word vectors repeat a word; its first vector "
        "is taken."
    )
    return WordVectors(Vocabulary(tuple(first)), table[rows], (said,))
