"""Plain text: one text a line, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrp_engine.corpora.rows import LONGEST_ROW, Row, blocks_of, judged, lines_of

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.source import Source


class TextLines:
    """UTF-8, one text a line; blank lines are no rows. It has no columns besides the text."""

    nested: frozenset[str] = frozenset()

    def __init__(self, source: Source, text_column: str | None) -> None:
        import pyarrow as pa

        self.source = source
        self.schema = pa.schema([])
        self.rows = sum(1 for _ in self._rows())

    def blocks(self, size: int) -> Iterator[tuple[list, list, pa.Table]]:
        return blocks_of(self._rows(), self.schema, size)

    def _rows(self) -> Iterator[Row]:
        with self.source.open() as file:
            for number, line in enumerate(lines_of(file), 1):
                if line is None:
                    yield Row(None, f"Line {number} is longer than {LONGEST_ROW:,} bytes.", ())
                    continue
                text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
                if text := text.strip():
                    shown, problem = judged(text)
                    yield Row(shown, problem, ())
