"""Tables in Parquet: read in batches, never a whole file or row group of texts at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrp_engine.corpora.columns import require
from lrp_engine.corpora.rows import LONGEST_ROW, judged
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.source import Source

BATCH = 1024


class ParquetTable:
    """A Parquet file; carried columns keep their types.

    Args:
        text_column: None for all columns alike.

    Raises:
        InputError: it lacks the text column, or that holds something else than text.
    """

    def __init__(self, source: Source, text_column: str | None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.source, self.text_column = source, text_column
        with source.open() as file:
            parquet = pq.ParquetFile(file)
            self.rows = parquet.metadata.num_rows
            schema = parquet.schema_arrow
        twice = [name for n, name in enumerate(schema.names) if name in schema.names[:n]]
        if twice:
            raise InputError(f"The column {twice[0]!r} stands twice in {source.name!r}.")
        self.nested = frozenset(f.name for f in schema if pa.types.is_nested(f.type))
        if text_column is not None:
            require(text_column, schema.names)
            kind = schema.field(text_column).type
            if not _is_text(kind):
                raise InputError(f"The column {text_column!r} holds {kind}, expected text.")
            schema = schema.remove(schema.get_field_index(text_column))
        # What other tools noted about the whole table does not hold for the result.
        self.schema = schema.remove_metadata()

    def blocks(self, size: int) -> Iterator[tuple[list, list, pa.Table]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        waiting: list[pa.Table] = []
        count = 0
        with self.source.open() as file:
            batches = pq.ParquetFile(file).iter_batches(batch_size=min(size, BATCH))
            for batch in batches:
                table = pa.Table.from_batches([batch])
                while count + len(table) >= size:
                    waiting.append(table.slice(0, size - count))
                    table = table.slice(size - count)
                    yield self._block(waiting)
                    waiting, count = [], 0
                if len(table):
                    waiting.append(table)
                    count += len(table)
            if waiting:
                yield self._block(waiting)

    def _block(self, tables: list[pa.Table]) -> tuple[list, list, pa.Table]:
        import pyarrow as pa

        table = pa.concat_tables(tables)
        if self.text_column is None:
            nothing: list[None] = [None] * len(table)
            return nothing, list(nothing), _valid(table.cast(self.schema))
        judgements = [judged(_decoded(value)) for value in _bytes(table[self.text_column])]
        for n, (text, _) in enumerate(judgements):
            if text is not None and len(text) > LONGEST_ROW:
                judgements[n] = None, f"The text is longer than {LONGEST_ROW:,} characters."
        others = table.drop_columns(self.text_column).cast(self.schema)
        return [t for t, _ in judgements], [p for _, p in judgements], _valid(others)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = ("is_string", "is_large_string", "is_string_view", "is_binary", "is_large_binary",
             "is_null")  # fmt: skip
    return any(getattr(pa.types, test)(kind) for test in tests)


def _bytes(column: pa.ChunkedArray) -> list[bytes | None]:
    """Values as bytes: a text column may hold what is not UTF-8."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.large_binary()).to_pylist()


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _valid(table: pa.Table) -> pa.Table:
    """The same table, its texts made readable where they are not UTF-8."""
    import pyarrow as pa

    for n, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        try:
            table.column(n).validate(full=True)
        except pa.ArrowInvalid:
            texts = [v and v.decode("utf-8", "replace") for v in _bytes(table.column(n))]
            texts = ["" if text == b"" else text for text in texts]
            table = table.set_column(n, field, pa.array(texts, field.type))
    return table
