"""Hybrid documents: texts of two classes put together, both classes asked about.

Poerner et al. 2018, doi 10.18653/v1/P18-1032, ask about the predicted class only, which a method
that follows positions can guess.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.evaluation.window import NO_LABEL, Window

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Texts of each of the two classes in a document.
EACH = 2


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents as texts of a window; each stands there twice, once for each of its classes.

    Attributes:
        window: its labels are the classes asked about.
        origins: per document, of which class the text is that each word stands in.
    """

    window: Window
    origins: list[np.ndarray]


def apart(outputs: np.ndarray, labels: np.ndarray) -> tuple[int, int] | None:
    """The two classes that a network takes for each other least; None where there are not two.

    Documents of negative and very negative reviews would ask for a difference that words hardly
    show.

    Args:
        outputs: probabilities (B, C). labels: (B,) true classes, `NO_LABEL` where none is known.
    """
    right = outputs.argmax(axis=1) == labels
    there = [c for c in range(outputs.shape[1]) if (right & (labels == c)).sum() >= EACH]
    mean = {c: outputs[right & (labels == c)].mean(axis=0) for c in there}
    pairs = combinations(there, 2)
    return min(pairs, key=lambda two: mean[two[0]][two[1]] + mean[two[1]][two[0]], default=None)


def documents(
    network: Network, window: Window, right: np.ndarray, pair: tuple[int, int], *, seed: int
) -> Documents | None:
    """Documents of the texts (B,) of two classes that the network reads rightly, or None."""
    assert window.words is not None
    rng = np.random.default_rng([seed, window.index, zlib.crc32(b"documents")])
    words: list[Sequence[str]] = []
    labels: list[int] = []
    origins: list[np.ndarray] = []
    leaves_out = network.tokenizer.leaves_out
    for rows in _groups(np.where(right, window.labels, NO_LABEL), pair, rng):
        parts = [[word for word in window.words[row] if not leaves_out(word)] for row in rows]
        whole = [word for part in parts for word in part]
        classes = window.labels[rows]
        origin = np.repeat(classes, [len(part) for part in parts])
        for label in np.unique(classes).tolist():
            words.append(whole)
            labels.append(label)
            origins.append(origin)
    if not words:
        return None
    made = replace(window, words=words, labels=np.array(labels), answers=None)
    return Documents(made, origins)


def _groups(
    labels: np.ndarray, pair: tuple[int, int], rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Rows of texts, `EACH` of two classes in any order; no text twice."""
    first, second = (rng.permutation(np.flatnonzero(labels == label)) for label in pair)
    for start in range(0, min(len(first), len(second)) - EACH + 1, EACH):
        part = slice(start, start + EACH)
        yield rng.permutation(np.concatenate([first[part], second[part]]))
