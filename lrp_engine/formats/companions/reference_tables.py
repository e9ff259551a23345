"""Tables of texts with outputs, in CSV or JSON Lines, as people write them down."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.json_texts import NotJsonError, parse_json
from lrp_engine.formats.plain import lines

TEXT_COLUMNS = ("text", "texts", "sentence", "review", "comment", "message", "document")
CLASS_COLUMNS = ("label", "class", "predicted", "prediction", "target", "y")
PREFIXES = ("probability", "probabilities", "prob", "p", "logits", "logit", "scores", "score")
EXPECTED = (
    "expected a row per text: the text, then one number, one number per class, or the predicted "
    "class, as CSV (text,probability) or JSON Lines"
)
MOST_ROWS = 10_000
_DELIMITERS = ("\t", ";", ",")

Row = Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Texts (B,) with what another program said of each.

    Attributes:
        outputs: per text a list of numbers, or the name or number of a class.
        kind: what the outputs are, a name in `reference.OUTPUTS`.
        columns: names of the numbers; empty where the table does not name them.
    """

    texts: tuple[str, ...]
    outputs: tuple[Any, ...]
    kind: str
    columns: tuple[str, ...] = ()


def parse_table(text: str, what: str) -> Table:
    """A table in CSV (commas, semicolons or tabs, with a header or without) or JSON Lines.

    Raises:
        FormatError: it is neither, or no such table.
    """
    text = text.removeprefix("\ufeff").strip()
    header, rows = _json_rows(text, what) if text[:1] in ("{", "[") else _csv_rows(text, what)
    if not rows or not header[1:]:
        raise FormatError(f"{what} holds no texts with outputs; {EXPECTED}.")
    if len(rows) > MOST_ROWS:
        raise FormatError(f"{what} has {len(rows):,} rows; at most {MOST_ROWS:,} are compared.")
    plain = [name.strip().casefold() for name in header]
    at = next((plain.index(name) for name in TEXT_COLUMNS if name in plain), 0)
    for n, row in enumerate(rows, 1):
        if not isinstance(row[at], str):
            raise FormatError(f"{what}, row {n}: {row[at]!r:.40} is no text; {EXPECTED}.")
    columns = {name: [row[n] for row in rows] for n, name in enumerate(header) if n != at}
    return _table(tuple(row[at] for row in rows), columns, what)


def _table(texts: tuple[str, ...], columns: dict[str, list[Any]], what: str) -> Table:
    """Numbers where there are such, else the predicted class."""
    numbers = {name: [_number(value) for value in values] for name, values in columns.items()}
    measured = {
        name: values
        for name, values in numbers.items()
        if None not in values and not (_names_class(name) and _all_whole(columns[name]))
    }
    if (
        len(columns) == 1
        and _all_whole(next(iter(columns.values())))
        and not any(name.casefold().startswith(PREFIXES[:3]) for name in columns)
    ):
        measured = {}
    if measured:
        names = [name.strip().casefold() for name in measured]
        kinds = {_kind(name) for name in names}
        return Table(
            texts=texts,
            outputs=tuple(zip(*measured.values(), strict=True)),
            kind=kinds.pop() if len(kinds) == 1 else "outputs",
            columns=tuple(map(_class_name, measured)),
        )
    named = [name for name in columns if _names_class(name)] or list(columns)[:1]
    values = columns[named[0]]
    if not all(isinstance(value, (str, int)) and value != "" for value in values):
        raise FormatError(
            f"{what} has columns {choices(list(columns)[:8])} that are neither numbers nor classes "
            f"throughout; {EXPECTED}."
        )
    return Table(texts=texts, outputs=tuple(values), kind="labels")


def _names_class(name: str) -> bool:
    return name.strip().casefold() in CLASS_COLUMNS


def _kind(name: str) -> str:
    if name.startswith(("prob", "p_")) or name == "p":
        return "probabilities"
    return "logits" if name.startswith("logit") else "outputs"


def _class_name(name: str) -> str:
    """ "probability_good" is about the class "good"."""
    for prefix in PREFIXES:
        for between in ("_", " ", ":"):
            if name.casefold().startswith(prefix + between):
                return name[len(prefix) + 1 :].strip()
    return name.strip()


def _number(value: Any) -> float | None:
    """A number, also with a decimal comma; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _all_whole(values: Sequence[Any]) -> bool:
    """Whether all are written as whole numbers, as numbers of classes are."""
    return all(str(value).strip().isdecimal() for value in values)


# Rows --------------------------------------------------------------------------------------------


def _csv_rows(text: str, what: str) -> tuple[list[str], list[Row]]:
    rows = next(filter(None, (_cut(text, delimiter) for delimiter in _DELIMITERS)), None)
    if rows is None:
        raise FormatError(f"{what} has rows of different lengths, or of one field; {EXPECTED}.")
    first = [field.strip().casefold() for field in rows[0]]
    titled = any(name in TEXT_COLUMNS for name in first) or (
        len(rows) > 1
        and any(_number(a) is None and _number(b) is not None
                for a, b in zip(rows[0], rows[1], strict=True))
    )  # fmt: skip
    if titled and len(set(first)) == len(first):
        return list(rows[0]), list(rows[1:])
    return [str(n) for n in range(len(first))], list(rows)


def _cut(text: str, delimiter: str) -> list[list[str]] | None:
    """Rows of two fields and more, all of one length; None where there are others."""
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in found if row]
    except csv.Error:
        return None
    widths = {len(row) for row in rows}
    return rows if len(widths) == 1 and widths.pop() > 1 else None


def _json_rows(text: str, what: str) -> tuple[list[str], list[Row]]:
    rows: list[Row]
    try:
        whole = parse_json(text, what)
        values = whole if isinstance(whole, list) and not _is_row(whole) else [whole]
    except NotJsonError:
        values = [parse_json(line, what) for line in lines(text) if line.strip()]
    if not values or not all(map(_is_row, values)) or len({*map(type, values)}) > 1:
        raise FormatError(f"{what} holds rows that are no pairs of a text and numbers; {EXPECTED}.")
    if isinstance(values[0], list):
        rows = [_flat(value) for value in values]
        header = [str(n) for n in range(len(rows[0]))]
    else:
        header = [name for name, value in values[0].items() for _ in _flat([value])]
        header = [name if header.count(name) == 1 else f"{name} {n}"
                  for n, name in enumerate(header)]  # fmt: skip
        rows = [_flat(value.get(name) for name in values[0]) for value in values]
    if any(len(row) != len(header) for row in rows):
        raise FormatError(f"{what} has rows of different lengths; {EXPECTED}.")
    return header, rows


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and len(value) > 1 and isinstance(value[0], str)
    )


def _flat(values: Any) -> list[Any]:
    """Values, lists among them opened: ["good", [0.1, 0.9]] holds three."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]
