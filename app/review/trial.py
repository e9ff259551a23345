"""Read an upload once in a process of its own, which runs this module: see `rows`.

A small file can unfold to any size (a column of one long text, ten thousand times). Here it may:
the process has a limit on memory and time, and only what passed is read by the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import settings
from lrp_engine.corpora.tables import format_of, look, open_table, shards
from lrp_engine.errors import InputError
from lrp_engine.model.text import Tokenizer


def columns(path: Path, name: str, size: int) -> tuple[list[str], str]:
    """Names of an upload's columns, and its format.

    Args:
        path: where its bytes are. name: as the user calls it. size: in bytes.

    Raises:
        InputError: it is too large, empty, of no format that is read, or damaged.
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
    names, rows = _renamed(path, name, lambda: look(str(path), format=format))
    if not rows:
        raise InputError(f"{name!r} holds no rows.")
    if rows > settings.REVIEW_ROWS:
        raise InputError(
            f"{name!r} has {rows:,} rows; up to {settings.REVIEW_ROWS:,} are reviewed as one set. "
            "Cut it into several files, or use the command explain-corpus."
        )
    if len(names) > settings.REVIEW_COLUMNS:
        raise InputError(
            f"{name!r} has {len(names):,} columns; up to {settings.REVIEW_COLUMNS} are read."
        )
    return names, format


def rows(path: Path, name: str, format: str, text_column: str, tokenizer: Tokenizer) -> int:
    """How many rows an upload has; every one was read, in a limited process.

    Args:
        tokenizer: of the model that is to explain them; its words are counted.

    Raises:
        InputError: it cannot be read, or costs more than allowed.
    """
    command = [sys.executable, "-m", "app.review.trial", str(path), format, text_column,
               json.dumps(asdict(tokenizer))]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            cwd=settings.REPOSITORY,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=2 * settings.TRIAL_SECONDS,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # ended by a limit, it says nothing
        raise InputError(
            f"{name!r} cannot be read within {settings.TRIAL_MEGABYTES:,} MB of memory and "
            f"{settings.TRIAL_SECONDS} seconds; is it damaged, or packed very tightly?"
        ) from None
    if "refused" in found:
        raise InputError(found["refused"].replace(repr(str(path)), repr(name)))
    if found["words"] > settings.REVIEW_WORDS:
        raise InputError(
            f"{name!r} has {found['words']:,} words as this model splits them; up to "
            f"{settings.REVIEW_WORDS:,} are reviewed as one set. Cut it into several files, or use "
            "the command explain-corpus."
        )
    return int(found["rows"])


def _renamed(path: Path, name: str, read: Any) -> Any:
    """What `read` gives; its errors call the file as the user does."""
    try:
        return read()
    except InputError as error:
        raise InputError(str(error).replace(repr(str(path)), repr(name))) from None


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    memory, seconds = settings.TRIAL_MEGABYTES * 2**20, settings.TRIAL_SECONDS
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _read(path: str, format: str, text_column: str, said: str) -> dict[str, Any]:
    table = open_table(path, format=format, text_column=text_column)
    tokenizer = Tokenizer(**json.loads(said))
    count = words = 0
    for shard in shards(table, settings.REVIEW_STEP):
        count += len(shard)
        words += sum(len(tokenizer(text)) for text in shard.texts if text)
    return {"rows": count, "words": words}


if __name__ == "__main__":
    _limit()
    try:
        answer = _read(*sys.argv[1:])
    except InputError as error:
        answer = {"refused": str(error)}
    sys.stdout.write(json.dumps(answer))
