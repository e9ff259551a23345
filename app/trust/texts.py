"""Which texts explanations are measured on: some of a model's examples or of a reviewed set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

SEED = 0


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts as pages write them, in the order in which they stand.

    Attributes:
        name: of where they come from, for people.
        labels: the true class of each, None where nobody says.
        found: how many there are; long: of those looked at, how many this model cannot be asked
            about because of their length.
        most_words: whether no more were taken because of all their words.
    """

    name: str
    texts: tuple[str, ...]
    labels: tuple[int | None, ...]
    found: int
    long: int = 0
    most_words: bool = False

    @property
    def labelled(self) -> int:
        return sum(label is not None for label in self.labels)


def drawn(
    name: str,
    texts: Sequence[str],
    labels: Sequence[int | None],
    *,
    count: int,
    length: Callable[[str], int],
    longest: int,
    most_words: int,
) -> Texts:
    """So many texts, drawn at random, always the same ones.

    Args:
        length: text -> its words; one without any is passed over.
        longest: words of a text that the model may be asked about; most_words: of all together.
    """
    chosen: list[int] = []
    words = long = 0
    full = False
    for n in np.random.default_rng(SEED).permutation(len(texts)).tolist():
        if len(chosen) == count:
            break
        size = length(texts[n])
        if size > longest:
            long += 1
        elif words + size > most_words:
            full = True
        elif size:
            chosen.append(n)
            words += size
    chosen.sort()
    return Texts(
        name=name,
        texts=tuple(texts[n] for n in chosen),
        labels=tuple(labels[n] for n in chosen),
        found=len(texts),
        long=long,
        most_words=full and len(chosen) < count,
    )
