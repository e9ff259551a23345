"""The two tables that the page reads of a complete set: a row a text, and a row a word.

They are made of the set's parts, and made anew where another version made them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.review import labelling, own_columns, summary, words
from app.review.faithful import NUMBERS
from app.review.sets import Set, Sets

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine import Network

# Raise it where the same parts give other tables; new columns are noticed without.
VERSION = 1
_VERSION = b"lrp-lens tables"  # where a file's metadata keeps it


@dataclass(frozen=True, eq=False)
class SetTables:
    """The tables of a set, as `summary.schema` and `words.schema` say; nobody writes to them.

    Attributes:
        own: the file's own columns, see `own_columns.read`.
    """

    summary: pd.DataFrame
    words: pd.DataFrame
    own: pd.DataFrame


def finish(sets: Sets, one: Set, network: Network) -> None:
    """Everything is explained: keep the tables."""
    probabilities = {
        row: network.to_output(scores[None])[0]
        for part in _parts(sets, one, ["row", "scores"])
        for row, scores in zip(part["row"].to_pylist(), _arrays(part["scores"]), strict=True)
        if scores is not None
    }
    sets.finish(one, *_files(sets, one, probabilities))


def read(sets: Sets, one: Set) -> SetTables:
    """The tables of a complete set, once everything of it is found as it was written.

    Raises:
        DamagedError: it is not.
        LensError: tables of another version cannot be replaced: the disk refuses.
    """
    sets.check(one)
    paths = sets.summary(one), sets.words(one)
    schemas = summary.schema(one), words.schema()
    if not all(_current(path, schema) for path, schema in zip(paths, schemas, strict=True)):
        # The parts hold scores; what the model made of them, the first summary says.
        known = pd.read_parquet(sets.summary(one), columns=["row", "probabilities"]).dropna()
        probabilities = dict(zip(known["row"], known["probabilities"], strict=True))
        sets.finish(one, *_files(sets, one, probabilities))
    rows, occurrences = map(pd.read_parquet, paths)
    rows = labelling.labelled(sets, one, _with_measured(sets, one, rows))
    return SetTables(rows, occurrences, own_columns.read(sets, one))


def _with_measured(sets: Sets, one: Set, rows: pd.DataFrame) -> pd.DataFrame:
    """The summary with what was measured of each row."""
    if not one.measured:
        return rows
    parts = [pd.read_parquet(sets.measured(one, n)) for n in range(len(sets.parts(one)))]
    numbers = pd.concat(parts).reindex(columns=["row", *NUMBERS])
    return rows.merge(numbers, on="row", how="left", validate="one_to_one")


def _current(path: Path, schema: pa.Schema) -> bool:
    """Whether this version made a file, or would make the same."""
    import pyarrow.parquet as pq

    there = pq.read_schema(path)
    version = (there.metadata or {}).get(_VERSION)
    return version == str(VERSION).encode() and there.equals(schema)


def _files(sets: Sets, one: Set, probabilities: Mapping[int, np.ndarray]) -> tuple[bytes, bytes]:
    """Summary and words of all parts, as Parquet files; relevances per unit are never held."""
    tables = [
        (summary.summary_of(part, one, probabilities), words.occurrences_in(part))
        for part in _parts(sets, one)
    ]
    rows, occurrences = zip(*tables, strict=True)
    return _file(rows), _file(occurrences)


def _parts(sets: Sets, one: Set, columns: list[str] | None = None) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    for path in sets.parts(one):
        yield pq.read_table(io.BytesIO(sets.read(one, path.name)), columns=columns)


def _arrays(column: pa.ChunkedArray) -> Iterator[np.ndarray | None]:
    """Lists of numbers (C,) one by one, never as lists of Python's: there may be many classes."""
    for value in column:
        yield None if value.values is None else value.values.to_numpy().astype(np.float64)


def _file(tables: Sequence[pa.Table]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.concat_tables(tables)
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({_VERSION: str(VERSION)}), file)
    return file.getvalue()
