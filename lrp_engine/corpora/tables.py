"""Open a table of texts; the formats are in `READERS`. `cutting` makes shards of its rows.

The input is read twice, never as a whole: once for its columns and its number of rows, once for
the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from lrp_engine.corpora import urls
from lrp_engine.corpora.read_csv import CsvTable
from lrp_engine.corpora.read_jsonl import JsonLines
from lrp_engine.corpora.read_parquet import ParquetTable
from lrp_engine.corpora.read_text import TextLines
from lrp_engine.corpora.source import Source
from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    import pyarrow as pa


class Table(Protocol):
    """A table of texts in one format.

    Attributes:
        schema: its columns, the text column left out.
        rows: how many.
        nested: names of columns that hold lists or objects.
    """

    schema: pa.Schema
    rows: int
    nested: frozenset[str]

    def blocks(self, size: int) -> Iterator[tuple[list, list, pa.Table]]:
        """Texts, problems and other columns of `size` rows each, fewer in the last block.

        Of a table that was opened without a text column: no texts, and the problems of rows that
        cannot be read at all.
        """


# Format -> (source, text column) -> Table; to add a format, write a module and name it here.
READERS: dict[str, Any] = {
    "csv": CsvTable, "jsonl": JsonLines, "parquet": ParquetTable, "txt": TextLines,
}  # fmt: skip
EXTENSIONS = {
    "csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "txt": "txt",
}  # fmt: skip
COMPRESSIONS = ("gz", "bz2", "xz")


def open_table(url: str | Source, *, format: str, text_column: str | None) -> Table:
    """The table in a file.

    Args:
        url: a path, anything fsspec opens, or a source.
        format: a name in `READERS`.
        text_column: must exist, where the format has columns; None for all columns alike.

    Raises:
        InputError: the file cannot be read, or lacks the column.
    """
    source = _source(url)
    table = READERS[format](source, text_column)
    if table.rows == 0:
        raise InputError(f"{source.name!r} holds no rows.")
    return table


def _source(url: str | Source) -> Source:
    return Source(url) if isinstance(url, str) else url


def format_of(url: str) -> str:
    """The format that a file's extension names.

    Raises:
        InputError: it names none; the text lists the formats.
    """
    *_, name = urls.shown(url).rstrip("/").split("/")
    parts = name.lower().split(".")
    if parts[-1] in COMPRESSIONS:
        parts.pop()
    if len(parts) < 2 or parts[-1] not in EXTENSIONS:
        raise InputError(
            f"The name {name!r} does not say what the file is; add --format with one of "
            f"{choices(READERS)}."
        )
    return EXTENSIONS[parts[-1]]
