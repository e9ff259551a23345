"""The first rows of a CSV file, and what is in one of its columns. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lrp_engine.corpora.rows import LONGEST_ROW

ROWS = 200  # that columns are told by
CHARACTERS = 200  # of a value
VALUES = 500  # of a column, the most frequent ones


def sample(data: bytes) -> dict[str, list[str | None]]:
    """Each column's first values, as far as rows can be read.

    Args:
        data: UTF-8, with commas and a header, see `dialect.canonical`.
    """
    rows = _rows(data)
    names = next(rows, [])
    found = list(islice((row for row in rows if len(row) == len(names)), ROWS))
    return {
        name or f"column_{n + 1}": [row[n][:CHARACTERS] or None for row in found]
        for n, name in enumerate(names)
    }


def counted(data: bytes, column: str) -> dict[str, int]:
    """The values of a column, and how often each occurs, the most frequent first."""
    rows = _rows(data)
    names = [name or f"column_{n}" for n, name in enumerate(next(rows, []), 1)]
    at = names.index(column)
    values = Counter(row[at].strip()[:CHARACTERS] for row in rows if len(row) == len(names))
    return dict(values.most_common(VALUES))


def _rows(data: bytes) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_ROW)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", errors="replace", newline="")
    try:
        yield from (row for row in csv.reader(text) if row)
    except csv.Error:
        return
