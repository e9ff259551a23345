"""A finished result as one file, for programs that read no folder of Parquet parts."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lrp_engine.corpora import durable, urls
from lrp_engine.corpora.folder import Folder
from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    import pyarrow as pa


def write_file(folder: Folder, target: Path, schema: pa.Schema) -> None:
    """Write all parts as one file, which appears whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    import pyarrow.parquet as pq

    def parts() -> Iterator[pa.Table]:
        for name in folder.parts():
            yield pq.read_table(io.BytesIO(folder.read(name)), schema=schema)

    try:
        durable.replace_file(
            target, lambda file: WRITERS[target.suffix.lower()](parts(), schema, file)
        )
    except OSError as error:
        raise InputError(
            f"Cannot write {target.name!r:.80}: {durable.why(error)}. The result itself is whole, "
            f"in {folder.url!r}; the same call writes the file alone."
        ) from None


def check_target(target: str | os.PathLike[str], endings: Iterable[str] | None = None) -> Path:
    """The place of a file; stops before anything is computed, where it could not be written.

    Args:
        endings: that say what is written; None where the ending does not decide it.

    Raises:
        InputError: the ending is none of these, or there is no such folder on this machine.
    """
    if not isinstance(target, (str, os.PathLike)) or isinstance(os.fspath(target), bytes):
        raise InputError(f"The file is {type(target).__name__}; give its path.")
    name, path = os.fspath(target), Path(target)
    if "://" in name:
        raise InputError(
            f"{urls.shown(name)!r:.200} is an address; the file is written on this machine, so "
            "give a path."
        )
    if endings is not None and path.suffix.lower() not in (known := tuple(endings)):
        raise InputError(
            f"The name {path.name!r:.80} does not say what to write; end it in {choices(known)}."
        )
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {str(path.parent)!r:.200} to write the file into.")
    if path.is_dir():
        raise InputError(f"{str(path)!r:.200} is a folder; give the path of a file.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"{str(path)!r:.200} may not be written; give another path.")
    return path


def _csv(parts: Iterable[pa.Table], schema: pa.Schema, file: IO[bytes]) -> None:
    """A header, then rows; lists are JSON."""
    with _text(file) as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(schema.names)
        for part in parts:
            for row in part.to_pylist():
                writer.writerow(
                    [_json(one) if isinstance(one, list) else one for one in row.values()]
                )


def _jsonl(parts: Iterable[pa.Table], schema: pa.Schema, file: IO[bytes]) -> None:
    """An object a line; a number that is missing is null."""
    with _text(file) as lines:
        for part in parts:
            lines.writelines(f"{_json(row)}\n" for row in part.to_pylist())


def _parquet(parts: Iterable[pa.Table], schema: pa.Schema, file: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, schema) as writer:
        for part in parts:
            writer.write_table(part)


# Ending -> what writes the file.
WRITERS: dict[str, Callable[[Iterable[pa.Table], pa.Schema, IO[bytes]], None]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}


@contextlib.contextmanager
def _text(file: IO[bytes]) -> Iterator[IO[str]]:
    lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield lines
    finally:
        lines.detach()  # flushed, and the file stays open


def _json(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return value
