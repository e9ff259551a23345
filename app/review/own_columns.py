"""The columns that came with a set's file besides texts and labels: shown, searched, sorted by."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd

from app.review.preview import as_texts
from app.review.sets import Set, Sets
from lrp_engine.corpora.columns import result_schema

CHARACTERS = 2_000  # of a value
# How a column ends that says which row is which.
IDENTIFIERS = frozenset(("id", "key", "nr", "no", "no.", "number", "index"))


def names(one: Set, there: list[str]) -> list[str]:
    """Of the columns of a part, those of the file, as they are called there."""
    import pyarrow as pa

    unlabelled = replace(one.corpus, label_column=None)
    ours = {"label", *result_schema(unlabelled, pa.schema([]), one.dtype).names}
    return [name for name in there if name not in ours]


def read(sets: Sets, one: Set) -> pd.DataFrame:
    """Values as texts, None where there is none: one row a row of the set, in order.

    Where labels were added later, the file's own column of labels stands last.

    Raises:
        DamagedError: a part is not what was written.
    """
    import pyarrow.parquet as pq

    kept: dict[str, list[str | None]] = {}
    for path in sets.parts(one):
        data = io.BytesIO(sets.read(one, path.name))
        columns = names(one, pq.read_schema(data).names)
        if one.labels_file and one.label_column is not None:
            columns.append("label")
        for name, column in zip(columns, pq.read_table(data, columns=columns).columns, strict=True):
            called = name if name != "label" else str(one.label_column)
            values = as_texts(column)
            kept.setdefault(called, []).extend(value and value[:CHARACTERS] for value in values)
    return pd.DataFrame(kept, index=range(one.rows), dtype=object)


def identifier(own: pd.DataFrame) -> str | None:
    """The column that says which row is which, by its name and its values; None for none."""
    for name in map(str, own.columns):
        called = name.casefold().replace("_", " ").split()
        given = own[name].replace("", None).dropna()
        if called and (called[-1] in IDENTIFIERS) and len(given) and given.is_unique:
            return name
    return None


def order(values: pd.Series) -> pd.Series:
    """By what a column is sorted: numbers where all values are, else words in any case."""
    given = values.replace("", None)
    numbers = pd.to_numeric(given, errors="coerce")
    if (numbers.notna() == given.notna()).all():
        return numbers.astype(float)
    return given.str.casefold()


def containing(own: pd.DataFrame, piece: str) -> np.ndarray:
    """Rows (N,) of which a value holds a piece of text, in any case."""
    found = np.zeros(len(own), bool)
    for name in own:
        found |= own[name].fillna("").str.contains(piece, case=False, regex=False).to_numpy(bool)
    return found
