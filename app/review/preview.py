"""The first rows of a CSV file, and what is in one of its columns. Pure."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from app.review.dialect import readable

ROWS = 200  # that columns are told by
CHARACTERS = 200  # of a value
VALUES = 500  # of a column, the most frequent ones


def sample(data: bytes) -> dict[str, list[str | None]]:
    """Each column's first values, as far as rows can be read.

    Args:
        data: UTF-8, with commas and a header, see `dialect.canonical`.
    """
    names, rows = _table(data)
    found = list(islice(rows, ROWS))
    return {name: [row[n][:CHARACTERS] or None for row in found] for n, name in enumerate(names)}


def counted(data: bytes, column: str) -> dict[str, int]:
    """The values of a column, and how often each occurs, the most frequent first."""
    names, rows = _table(data)
    at = names.index(column)
    values = Counter(row[at].strip()[:CHARACTERS] for row in rows)
    return dict(values.most_common(VALUES))


def _table(data: bytes) -> tuple[list[str], Iterator[list[str]]]:
    """The names of the columns, and the rows that have as many fields."""
    rows = readable(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", errors="replace", newline=""))
    names = [name or f"column_{n}" for n, name in enumerate(next(rows, []), 1)]
    return names, (row for row in rows if len(row) == len(names))
