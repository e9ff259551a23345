"""Tables in JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lrp_engine.corpora.columns import require
from lrp_engine.corpora.rows import LONGEST_ROW, Row, blocks_of, clean, judged, lines_of, named

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.source import Source

# Opening brackets of a line: each may become a list or an object, many times as large.
NESTED = 100_000
FOUND = 20  # characters of a faulty line that are told


class JsonLines:
    """UTF-8, one object a line; blank lines are no rows.

    A column holds whole numbers, numbers, or true and false where all its values do; any other
    column holds text, and its values that are no text are written as JSON.

    Args:
        text_column: None for all columns alike.

    Raises:
        InputError: no line has the text column.
    """

    def __init__(self, source: Source, text_column: str | None) -> None:
        import pyarrow as pa

        self.source, self.text_column = source, text_column
        self.rows = 0
        kinds: dict[str, set[str]] = {}
        nested: set[str] = set()
        for line in self._objects():
            self.rows += 1
            if isinstance(line, dict):
                for name, value in line.items():
                    kinds.setdefault(clean(name), set()).add(_kind(value))
                    if isinstance(value, (dict, list)):
                        nested.add(clean(name))
        if text_column is not None:
            if self.rows:
                require(text_column, list(kinds))
            kinds.pop(text_column, None)
        self.nested = frozenset(nested)
        self.kinds = {name: _common(kinds) for name, kinds in kinds.items()}
        types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
        self.schema = pa.schema(
            [pa.field(name, types.get(kind, pa.string())) for name, kind in self.kinds.items()]
        )

    def blocks(self, size: int) -> Iterator[tuple[list, list, pa.Table]]:
        return blocks_of(self._rows(), self.schema, size)

    def _rows(self) -> Iterator[Row]:
        for line in self._objects():
            if isinstance(line, str):
                yield Row(None, line, (None,) * len(self.kinds))
                continue
            values = {clean(name): value for name, value in line.items()}
            if self.text_column is None:
                text, problem = None, None
            elif self.text_column in values:
                text, problem = judged(values[self.text_column])
            else:
                text, problem = None, f"The line has no {self.text_column!r}."
            others = (_written(values.get(name), kind) for name, kind in self.kinds.items())
            yield Row(text, problem, tuple(others))

    def _objects(self) -> Iterator[dict[str, Any] | str]:
        """The object of each line, or the reason why it holds none."""
        with self.source.open() as file:
            for number, line in enumerate(lines_of(file), 1):
                if line is None:
                    yield f"Line {number} is longer than {LONGEST_ROW:,} bytes."
                    continue
                text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
                if not text.strip():
                    continue
                if text.count("[") + text.count("{") > NESTED:  # brackets in texts, too
                    yield f"Line {number} holds more than {NESTED:,} brackets."
                    continue
                try:
                    value = json.loads(text)
                except (ValueError, RecursionError) as error:
                    yield f"Line {number} is not JSON{_fault(text, error)}."
                    continue
                yield (
                    value
                    if isinstance(value, dict)
                    else f"Line {number} holds {named(value)}, expected an object {{…}}."
                )


def _fault(text: str, error: Exception) -> str:
    """What is wrong with a line, and where, as the end of a sentence."""
    if not isinstance(error, json.JSONDecodeError):
        return ": too deeply nested, or a number too long"
    there = clean(text.strip("\r\n")[error.pos : error.pos + FOUND])
    return f", at character {error.pos + 1:,} (found {there!r}): {error.msg}"


def _kind(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return "other"
    return {bool: "bool", int: "int", float: "float", type(None): ""}.get(type(value), "other")


def _common(kinds: set[str]) -> str:
    kinds = kinds - {""}
    if kinds == {"int", "float"}:
        return "float"
    return next(iter(kinds)) if len(kinds) == 1 else "other"


def _written(value: Any, kind: str) -> Any:
    if value is None or kind != "other":
        return float(value) if kind == "float" and value is not None else value
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
