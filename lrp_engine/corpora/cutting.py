"""Where a table is cut into shards: after so many rows, or where they hold so many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrp_engine.corpora.rows import Shard

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.tables import Table

# Rows that are read at a time, where a shard may end within them.
BLOCK = 128
# Of a number, also of one in a list.
NUMBER_BYTES = 8


def shards(table: Table, rows: int, size: int = 0) -> Iterator[Shard]:
    """The table's rows in order, as shards of at most `rows` rows and `size` bytes.

    A row that holds more than `size` bytes is a shard of its own. The cuts depend on nothing but
    the rows, so that a run that goes on finds the same shards.

    Args:
        size: of texts and other columns, in UTF-8; 0 where only rows bound a shard.
    """
    cuts, open_shard = _Cuts(rows, size), _Open(0, 0)
    for texts, problems, others in table.blocks(min(rows, BLOCK) if size else rows):
        start = 0
        for end in cuts.ends(_bytes(texts, others) if size else [0] * len(texts)):
            open_shard.add(texts, problems, others, start, end)
            yield open_shard.closed()
            open_shard, start = open_shard.next(), end
        open_shard.add(texts, problems, others, start, len(texts))
    if len(open_shard):
        yield open_shard.closed()


class _Cuts:
    """Finds where shards end, row by row."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size
        self._start_again()

    def _start_again(self) -> None:
        self._rows = self._bytes = 0  # of the shard that is open

    def ends(self, counted: list[int]) -> list[int]:
        """Places in a block, whose rows hold so many bytes, before which a shard ends."""
        found = []
        for at, nbytes in enumerate(counted):
            if self._rows and self.size and self._bytes + nbytes > self.size:
                found.append(at)
                self._start_again()
            self._rows, self._bytes = self._rows + 1, self._bytes + nbytes
            if self._rows == self.rows:
                found.append(at + 1)
                self._start_again()
        return found


class _Open:
    """A shard that is being gathered."""

    def __init__(self, index: int, first: int) -> None:
        self._index, self._first = index, first
        self._texts: list[str | None] = []
        self._problems: list[str | None] = []
        self._others: list[pa.Table] = []

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, texts: list, problems: list, others: pa.Table, start: int, end: int) -> None:
        if start == end:
            return
        self._texts += texts[start:end]
        self._problems += problems[start:end]
        if end - start < len(texts):  # a slice would travel with all that it was cut from
            others = others.take(list(range(start, end)))
        self._others.append(others)

    def closed(self) -> Shard:
        import pyarrow as pa

        others = pa.concat_tables(self._others)
        return Shard(self._index, self._first, tuple(self._texts), tuple(self._problems), others)

    def next(self) -> _Open:
        return _Open(self._index + 1, self._first + len(self))


def _bytes(texts: list[str | None], others: pa.Table) -> list[int]:
    """Bytes of each row, by what it holds and not by how a release of Arrow keeps it."""
    counted = [0 if text is None else len(text.encode()) for text in texts]
    for column in others.columns:
        counted = [one + more for one, more in zip(counted, _of_column(column), strict=True)]
    return counted


def _of_column(column: pa.ChunkedArray) -> list[int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _of_column(column.cast(kind.value_type))
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _of_column(column.cast(pa.large_binary()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = pc.list_value_length(column).to_pylist()
        return [(length or 0) * NUMBER_BYTES for length in lengths]
    if any(is_kind(kind) for is_kind in _texts()):
        return [length or 0 for length in pc.binary_length(column).to_pylist()]
    return [NUMBER_BYTES] * len(column)


def _texts() -> tuple:
    from pyarrow import types

    return types.is_string, types.is_large_string, types.is_binary, types.is_large_binary
