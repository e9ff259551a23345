"""Tables in CSV: a header, then rows; every value is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lrp_engine.corpora.columns import require
from lrp_engine.corpora.rows import LONGEST_ROW, Row, blocks_of, clean, judged
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.source import Source


SAID = 2_000  # characters of a row that is not read


class CsvTable:
    """UTF-8, fields parted by commas, quoted where needed; blank lines are no rows.

    Args:
        text_column: None for all columns alike.

    Raises:
        InputError: the header is no header, or lacks the text column.
    """

    nested: frozenset[str] = frozenset()

    def __init__(self, source: Source, text_column: str | None) -> None:
        import pyarrow as pa

        self.source = source
        self.text: int | None = None
        lines = self._lines()
        self.names = _header(next(lines, None), source.name)
        if text_column is not None:
            require(text_column, self.names)
            self.text = self.names.index(text_column)
        self.rows = sum(1 for _ in lines)
        others = (name for name in self.names if name != text_column)
        self.schema = pa.schema([pa.field(name, pa.string()) for name in others])

    def blocks(self, size: int) -> Iterator[tuple[list, list, pa.Table]]:
        return blocks_of(self._rows(), self.schema, size)

    def _rows(self) -> Iterator[Row]:
        lines = self._lines()
        next(lines)
        nothing = (None,) * len(self.schema)
        for fields in lines:
            if isinstance(fields, str):
                yield Row(None, fields, nothing)
            elif len(fields) != len(self.names):
                there = self.text is not None and len(fields) > self.text
                text = clean(fields[self.text]) if there else None
                # Those before the text are where they belong.
                before = tuple(map(clean, fields[: self.text or 0]))
                yield Row(
                    text, _uneven(fields, len(self.names)), (before + nothing)[: len(nothing)]
                )
            else:
                text, problem = (None, None) if self.text is None else judged(fields.pop(self.text))
                yield Row(text, problem, tuple(map(clean, fields)))

    def _lines(self) -> Iterator[Any]:
        """Fields of each row, or the reason why a row could not be cut into fields."""
        with self.source.open() as file:
            csv.field_size_limit(LONGEST_ROW)
            decoded = io.TextIOWrapper(
                file, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            lines = _Replayed(decoded)
            while True:
                # Strict: a quote left open would swallow the lines up to the next quote.
                rows = csv.reader(lines, strict=True)
                try:
                    for fields in rows:
                        lines.forget()
                        if fields:
                            yield fields
                    return
                except csv.Error as error:
                    number = lines.reject()
                    yield (
                        f"Line {number:,} of the file cannot be read as CSV ({error}); is a quote "
                        "left open?"
                    )


class _Replayed:
    """Lines of a file; those of a broken row, but for its first, are read once more."""

    def __init__(self, file: Iterator[str]) -> None:
        self._file, self._row, self._again = file, list[str](), list[str]()
        self._number = 0  # lines before those of the row being read

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._file)
        self._row.append(line)
        return line

    def forget(self) -> None:
        """The row is whole: its lines are done with."""
        self._number += len(self._row)
        self._row.clear()

    def reject(self) -> int:
        """The row is broken: leave out its first line, whose number is returned."""
        self._again += reversed(self._row[1:])
        self._row.clear()
        self._number += 1
        return self._number


def _uneven(fields: list[str], expected: int) -> str:
    """What is wrong with a row of more or fewer fields, with all that was read of it."""
    read = " | ".join(field.strip() for field in fields)
    cut = f"{read[:SAID]}…" if len(read) > SAID else read
    remedy = (
        "put text that contains the delimiter in quotes"
        if len(fields) > expected
        else "add what is missing, or the delimiters of empty fields"
    )
    count = len(fields)
    return f"The row has {count} fields instead of {expected}; {remedy}. Its fields: {clean(cut)}"


def _header(fields: Any, url: str) -> list[str]:
    if not isinstance(fields, list):
        raise InputError(f"{url!r} is empty; expected a CSV header with the names of the columns.")
    names = [name or f"column_{n}" for n, name in enumerate(fields, 1)]
    if any(clean(name) != name or "\0" in name for name in names):
        raise InputError(f"The first line of {url!r} is not UTF-8; save the file as UTF-8.")
    twice = [name for n, name in enumerate(names) if name in names[:n]]
    if twice:
        raise InputError(f"The column {twice[0]!r} stands twice in the header of {url!r}.")
    return names
