"""Read an upload in a process of its own, before the server reads any of it.

A small file can unfold to any size (a column of one long text, ten thousand times). Here it may:
the process has a limit on memory and time, and only what passed is read by the server.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import settings
from app.review.preview import Preview
from lrp_engine.corpora.tables import format_of
from lrp_engine.errors import InputError, LensError
from lrp_engine.formats.containers import process
from lrp_engine.formats.containers.limits import MIB, Limits
from lrp_engine.model.text import Tokenizer

LIMITS = Limits(
    memory_bytes=settings.TRIAL_MEGABYTES * MIB,
    cpu_seconds=settings.TRIAL_SECONDS,
    wall_seconds=settings.TRIAL_WALL_SECONDS,
)
_PROCESS = Path(__file__).with_name("trial_process.py")


# What an empty file should hold, by format.
_EXPECTED = {
    "csv": "a CSV header with the names of the columns",
    "jsonl": "JSON Lines, one object {…} a line",
    "parquet": "a Parquet table",
}


def preview(path: Path, name: str, size: int) -> Preview:
    """What an upload holds.

    Args:
        path: where its bytes are. name: as the user calls it. size: in bytes.

    Raises:
        InputError: it is too large, empty, of no format that is read, or damaged.
        LensError: the machine is too busy to say.
    """
    if size > settings.REVIEW_MEGABYTES * 2**20:
        raise InputError(
            f"{name!r} has {size / 2**20:,.1f} MB; up to {settings.REVIEW_MEGABYTES} MB are read. "
            "Cut it into several files, or use the command explain-corpus."
        )
    if not name.lower().endswith((".csv", ".jsonl", ".ndjson", ".parquet")):
        raise InputError(
            f"{name!r} does not say what it is; expected a name that ends in .csv, .jsonl or "
            ".parquet."
        )
    format = format_of(name)
    if not size:
        raise InputError(
            f"{name!r} is empty (0 bytes); expected {_EXPECTED[format]}. Export it again."
        )
    read = _read(path, name, format, "preview",
                 most_rows=settings.REVIEW_ROWS, most_columns=settings.REVIEW_COLUMNS)  # fmt: skip
    rows, columns = read["rows"], read["columns"]
    if rows > settings.REVIEW_ROWS:
        raise InputError(
            f"{name!r} has {rows:,} rows; up to {settings.REVIEW_ROWS:,} are reviewed as one set. "
            "Cut it into several files, or use the command explain-corpus."
        )
    if columns > settings.REVIEW_COLUMNS:
        raise InputError(
            f"{name!r} has {columns:,} columns; up to {settings.REVIEW_COLUMNS} are read. Leave "
            "out those that are not needed."
        )
    facts = read["preview"]
    found = Preview(**facts | {"nested": frozenset(facts["nested"]),
                               "reasons": tuple(facts["reasons"])})  # fmt: skip
    if not columns:
        raise InputError(
            f"{name!r} holds no columns. {' '.join(found.reasons)} Expected {_EXPECTED[format]}."
        )
    if not found.flat:
        raise InputError(
            f"{name!r} holds no column of texts: all are lists or objects. Save the texts in a "
            "column of their own."
        )
    return found


def labels(
    path: Path, name: str, format: str, text_column: str | None, label_column: str
) -> tuple[list[str | None], list[str | None]]:
    """Of each row the key of its text (`preview.text_key`), and its label; None for none.

    Raises:
        InputError, LensError: as `rows`.
    """
    read = _read(path, name, format, "labels", text_column=text_column, label_column=label_column)
    return read["keys"], read["labels"]


def rows(
    path: Path, name: str, format: str, text_column: str, tokenizer: Tokenizer, classes: int
) -> int:
    """How many rows an upload has, once every value was read.

    Args:
        tokenizer, classes: of the model that is to explain them; its words are counted.

    Raises:
        InputError: it cannot be read, or costs more than allowed.
        LensError: the machine is too busy to say.
    """
    table = _read(path, name, format, "words",
                  text_column=text_column, tokenizer=asdict(tokenizer))  # fmt: skip
    if not table["readable"]:
        raise InputError(
            f"No row of {name!r} has a text in the column {text_column!r}. {table['reason']} "
            "Choose another column for the texts."
        )
    if table["words"] > settings.REVIEW_WORDS:
        raise InputError(
            f"{name!r} has {table['words']:,} words as this model splits them; up to "
            f"{settings.REVIEW_WORDS:,} are reviewed as one set. Cut it into several files, or use "
            "the command explain-corpus."
        )
    if table["rows"] * classes > settings.REVIEW_SCORES:
        most = settings.REVIEW_SCORES // classes
        raise InputError(
            f"{name!r} has {table['rows']:,} rows, and the model {classes:,} classes; up to "
            f"{most:,} rows are reviewed as one set with so many classes. Cut it into several "
            "files, or use the command explain-corpus."
        )
    return int(table["rows"])


def _read(path: Path, name: str, format: str, question: str, **more: Any) -> dict[str, Any]:
    """The process's answer, see `trial_process`; its errors call the file as the user does."""
    request = {"limits": LIMITS.to_json(), "path": str(path), "format": format,
               "question": question, **more}  # fmt: skip
    try:
        done = subprocess.run(
            [*process.interpreter(), str(_PROCESS)],
            input=json.dumps(request).encode(),
            env={**process.environment(), "ARROW_DEFAULT_MEMORY_POOL": "system"},
            capture_output=True,
            timeout=LIMITS.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LensError(
            f"Reading {name!r} took longer than {LIMITS.wall_seconds} seconds and was stopped. The "
            "machine may be too busy; try again."
        ) from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:  # ended by a limit, it says nothing
        raise InputError(
            f"{name!r} cannot be read within {settings.TRIAL_MEGABYTES:,} MB of memory and "
            f"{settings.TRIAL_SECONDS} seconds; is it damaged, or packed very tightly?"
        ) from None
    if "refused" in answer:
        raise InputError(answer["refused"].replace(repr(str(path)), repr(name)))
    return answer
