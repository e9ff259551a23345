"""What a table holds, for the form that asks about it: first rows, values of columns, bad rows.

Read in the limited process (`trial_process`); what it finds is small, whatever the table holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.tables import Table

ROWS = 200  # that columns are told by
STEP = 20  # rows held at the same time: of a Parquet file each may unfold
CHARACTERS = 200  # of a value
LABEL_CHARACTERS = 100  # a longer value is no label
VALUES = 200  # of a column, the most frequent ones
COUNTED = 5_000  # different values of a column; one with more holds no labels
REASONS = 3  # of rows that cannot be read
_ITSELF = "The row "  # what a problem begins with that is one of the row


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an upload holds.

    Attributes:
        format: a name in `READERS`. rows: how many.
        sample: column -> its first values as text, None where there is none.
        values: column -> label -> how often it occurs, the most frequent first.
        nested: columns that hold lists or objects.
        bad: rows that cannot be read at all; reasons: the first few, each a sentence.
    """

    format: str
    rows: int
    sample: Mapping[str, Sequence[str | None]]
    values: Mapping[str, Mapping[str, int]]
    nested: frozenset[str] = frozenset()
    bad: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.sample)

    @property
    def flat(self) -> list[str]:
        """Names of the columns that may hold texts or labels."""
        return [name for name in self.sample if name not in self.nested]


def preview(table: Table, format: str) -> Preview:
    """All rows are read; `table` is opened without a text column."""
    names = table.schema.names
    sample: dict[str, list[str | None]] = {name: [] for name in names}
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    at, bad, reasons = 0, 0, list[str]()
    for _, problems, columns in table.blocks(STEP):
        good = [n for n, problem in enumerate(problems) if problem is None]
        found = [_said_of(at + n + 1, p) for n, p in enumerate(problems) if p is not None]
        reasons += found[: REASONS - len(reasons)]
        at, bad = at + len(problems), bad + len(found)
        for name, column in zip(names, columns.columns, strict=True):
            texts = as_texts(column)
            read = [texts[n] for n in good]
            sample[name] += [v and v[:CHARACTERS] for v in read[: ROWS - len(sample[name])]]
            if name in counts:
                counts[name].update(v.strip() for v in read if v and len(v) <= LABEL_CHARACTERS)
                if len(counts[name]) > COUNTED:
                    del counts[name]
    values = {name: dict(of.most_common(VALUES)) for name, of in counts.items()}
    return Preview(format=format, rows=table.rows, sample=sample, values=values,
                   nested=table.nested, bad=bad, reasons=tuple(reasons))  # fmt: skip


def _said_of(row: int, problem: str) -> str:
    if problem.startswith(_ITSELF):
        return f"Row {row:,} {problem.removeprefix(_ITSELF)}"
    return f"Row {row:,}: {problem}"


def as_texts(column: pa.ChunkedArray) -> list[str | None]:
    """A column's values as texts; None where there is none, or none that can be read."""
    import pyarrow as pa

    try:
        values = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):  # dates beyond all calendars
        return [None] * len(column)
    return [None if value is None else as_text(value) for value in values]


def as_text(value: Any) -> str:
    """A value as files write it."""
    match value:
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "replace")
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=as_text)
    return str(value)


def text_key(text: str) -> str:
    """What tells texts apart, however their words are spaced: SHA-256 in hex."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def labels(blocks: Iterable[tuple[list, list, pa.Table]], column: str) -> dict[str, list]:
    """Of each row the key of its text, and its label as text; None where there is none.

    Returns:
        keys and labels, one entry a row.
    """
    found: dict[str, list] = {"keys": [], "labels": []}
    for texts, _, others in blocks:
        found["keys"] += [None if text is None else text_key(text) for text in texts]
        found["labels"] += [
            label.strip() if label and len(label) <= LABEL_CHARACTERS else None
            for label in as_texts(others[column])
        ]
    return found
