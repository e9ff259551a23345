"""How a CSV file is written (encoding, delimiter, header), and the same file as UTF-8 with commas.

A text file unfolds to nothing larger, so this needs no process of its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from lrp_engine.corpora.rows import LONGEST_ROW
from lrp_engine.errors import InputError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
UTF8, WESTERN = "utf-8", "cp1252"
# Name of a codec -> for people. What else is found is called by its name.
ENCODINGS = {
    UTF8: "UTF-8",
    "utf-16": "UTF-16",
    WESTERN: "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "gb18030": "Chinese (GB 18030)",
    "shift_jis": "Japanese (Shift JIS)",
}
SAMPLED = 200  # rows that a delimiter is judged by
SAMPLE_BYTES = 2**18
_NUMBER = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*")
TITLE_WORDS, TITLE_CHARACTERS = 6, 60  # a column's name has no more


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Attributes:
    encoding: a codec of Python. delimiter: one of `DELIMITERS`.
    header: whether the first row holds the names of the columns.
    """

    encoding: str = UTF8
    delimiter: str = ","
    header: bool = True


def detect(data: bytes, labels: Collection[str] = ()) -> Dialect:
    """What a file is most likely written in.

    Args:
        labels: of the model; a first row that holds one of them is no header.
    """
    encoding = _encoding(data)
    text = data[:SAMPLE_BYTES].decode(encoding, "replace").removeprefix("\ufeff")
    cut = text.rfind("\n") + 1
    if len(data) > SAMPLE_BYTES and cut:
        text = text[:cut]
    delimiter = _delimiter(text)
    first = next(readable(io.StringIO(text, ""), delimiter), [])
    return Dialect(encoding=encoding, delimiter=delimiter, header=_is_header(first, labels))


def canonical(data: bytes, dialect: Dialect, name: str = "file") -> bytes:
    """The file in UTF-8, with commas and a header; as it is where it is so already.

    Args:
        name: what its owner calls it.

    Raises:
        InputError: a row cannot be read.
    """
    if dialect == Dialect():
        return data
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    errors = "surrogateescape" if dialect.encoding == UTF8 else "replace"
    text = io.TextIOWrapper(
        io.BytesIO(data), "utf-8-sig" if dialect.encoding == UTF8 else dialect.encoding,
        errors=errors, newline="",
    )  # fmt: skip
    csv.field_size_limit(LONGEST_ROW)
    try:
        rows = (row for row in csv.reader(text, delimiter=dialect.delimiter) if row)
        first = next(rows, [])
        if not dialect.header:
            writer.writerow([f"column_{n}" for n in range(1, len(first) + 1)])
        writer.writerow(first)
        writer.writerows(rows)
    except (csv.Error, UnicodeError) as error:
        encoding = ENCODINGS.get(dialect.encoding, dialect.encoding)
        raise InputError(
            f"{name!r} cannot be read as CSV in {encoding} with a {DELIMITERS[dialect.delimiter]} "
            f"between its fields ({error}). Choose another encoding or delimiter above, or save it "
            "as CSV in UTF-8."
        ) from None
    return out.getvalue().encode(UTF8, "surrogateescape")


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    lines = [line for line in data.splitlines() if not line.isascii()]
    readable = sum(_decodes(line) for line in lines)
    if 2 * readable >= len(lines):  # single broken rows are said one by one
        return UTF8
    from charset_normalizer import from_bytes

    sample = b"\n".join(lines)[:SAMPLE_BYTES]
    best = from_bytes(sample, cp_isolation=list(ENCODINGS)[2:]).best()
    usual = sample.decode(WESTERN, "replace")  # several may say the same
    return WESTERN if best is None or str(best) == usual else best.encoding


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """The one that cuts most rows into the same number of fields, two or more; else the comma."""
    found = {}
    for delimiter in DELIMITERS:
        counts = Counter(map(len, islice(readable(io.StringIO(text, ""), delimiter), SAMPLED)))
        if not counts:
            continue
        fields, rows = max(counts.items(), key=lambda item: (item[1], item[0]))
        first = len(next(readable(io.StringIO(text, ""), delimiter)))
        if fields > 1 and first == fields:
            found[delimiter] = rows / counts.total(), fields
    return max(found, key=lambda one: found[one], default=",")


def named(sentence: str, delimiter: str) -> str:
    """A sentence about a row of a file that calls the delimiter by its name."""
    return sentence.replace(" the delimiter ", f" a {DELIMITERS.get(delimiter, 'comma')} ", 1)


def readable(lines: Iterable[str], delimiter: str = ",") -> Iterator[list[str]]:
    """Rows of CSV that hold anything, as far as they can be read."""
    csv.field_size_limit(LONGEST_ROW)
    try:
        yield from (row for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return


def _is_header(fields: list[str], labels: Collection[str]) -> bool:
    """Whether a first row holds names: nothing empty or long, no number, no label."""
    said = {label.casefold() for label in labels}
    return all(
        field.strip()
        and not _NUMBER.fullmatch(field)
        and len(field) <= TITLE_CHARACTERS
        and len(field.split()) <= TITLE_WORDS
        and field.strip().casefold() not in said
        for field in fields
    )
