"""Rows as they come in: a text, or why there is none; and the shard, a run of rows in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

# What undecodable bytes are read as, and halves of a character that JSON can spell.
_SURROGATES = re.compile("[\ud800-\udfff]")
# A longer row is not held in memory, only counted and written with a reason.
LONGEST_ROW = 16 * 2**20


class Row(NamedTuple):
    """One row of the input.

    Attributes:
        text: to show; None where there is nothing that could be shown.
        problem: why it cannot be explained, None for a good row.
        others: values of the other columns, in their order; None where a broken row does not say
            them.
    """

    text: str | None
    problem: str | None
    others: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Shard:
    """Consecutive rows of the input: the unit that is computed, written and resumed.

    Attributes:
        index: 0, 1, ...; first: position of its first row in the input.
        texts, problems: of each row, as in `Row`.
        others: the other columns, same rows.
    """

    index: int
    first: int
    texts: tuple[str | None, ...]
    problems: tuple[str | None, ...]
    others: pa.Table

    def __len__(self) -> int:
        return len(self.texts)


def judged(value: Any) -> tuple[str | None, str | None]:
    """A value of the text column as (text to show, problem)."""
    if value is None:
        return None, "There is no text (null)."
    if not isinstance(value, str):
        shown = clean(json.dumps(value, ensure_ascii=False))
        return shown, f"The text is {named(value)}, expected text."
    if value == "":
        return value, "The text is empty."
    shown = clean(value)
    if shown is not value:
        return shown, "The text is not UTF-8; bytes that could not be read are shown as \ufffd."
    return value, None


# What JSON holds, for people; bool is a kind of int, so it comes first.
_KINDS: dict[type, str] = {bool: "true or false", int: "a number", float: "a number",
                           str: "a text", list: "a list", dict: "an object"}  # fmt: skip


def named(value: Any) -> str:
    """What a value of JSON is, in words."""
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "null")


def clean(text: str) -> str:
    """The same text, each byte or half character that is none replaced."""
    return _SURROGATES.sub("\ufffd", text) if _SURROGATES.search(text) else text


def blocks_of(
    rows: Iterator[Row], schema: pa.Schema, size: int
) -> Iterator[tuple[list, list, pa.Table]]:
    """Texts, problems and other columns of `size` rows each, fewer in the last block."""
    import pyarrow as pa

    while block := list(islice(rows, size)):
        texts, problems, others = zip(*block, strict=True)
        columns = zip(*others, strict=True) if len(schema) else ()
        arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
        yield list(texts), list(problems), pa.Table.from_arrays(arrays, schema=schema)


def lines_of(file: IO[bytes]) -> Iterator[bytes | None]:
    """Lines; None for one too long to be held in memory."""
    while line := file.readline(LONGEST_ROW):
        if len(line) < LONGEST_ROW or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_ROW)
        yield None
