"""Explained texts read back from their parts, a few at a time."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from app.review.sets import Set, Sets


@dataclass(frozen=True, kw_only=True)
class ExplainedText:
    """One explained text.

    Attributes:
        tokens: its n words.
        relevance: method -> value of each word (n,), by the methods of its set.
        score: the explained score.
    """

    tokens: tuple[str, ...]
    relevance: Mapping[str, tuple[float, ...]]
    score: float


def strongest(text: ExplainedText, method: str, most: int) -> list[tuple[str, float]]:
    """The words of a text with the largest values by size, each with its place in the text kept."""
    values = text.relevance[method]
    places = sorted(range(len(values)), key=lambda n: -abs(values[n]))[:most]
    return [(text.tokens[n], values[n]) for n in sorted(places)]


def read(sets: Sets, one: Set, numbers: Iterable[int]) -> dict[int, ExplainedText]:
    """Texts by row number; rows that were not explained are left out.

    Raises:
        DamagedError: a part is not what was written.
    """
    import pyarrow.parquet as pq

    columns = ["row", "tokens", "explained_score", *one.methods]
    texts: dict[int, ExplainedText] = {}
    for part, wanted in groupby(sorted(numbers), lambda row: row // one.step):
        data = sets.read(one, sets.part(one, part).name)
        table = pq.read_table(io.BytesIO(data), columns=columns)
        for row in wanted:
            line = table.slice(row % one.step, 1).to_pylist()[0]
            if line["tokens"] is not None:
                texts[row] = ExplainedText(
                    tokens=tuple(line["tokens"]),
                    relevance={name: tuple(line[name]) for name in one.methods},
                    score=line["explained_score"],
                )
    return texts
