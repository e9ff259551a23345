"""What uploads hold, as a limited process found it: each content is read once for everybody."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from app import settings
from app.cache.memory import answers, reading
from app.kept import disk
from app.review import dialect, preview, trial
from app.review.dialect import Dialect
from lrp_engine.errors import InputError
from lrp_engine.model.text import Tokenizer

T = TypeVar("T")
Tell = Callable[[int], object]


def upload_columns(name: str, data: bytes, tell: Tell = int) -> tuple[list[str], str]:
    """See `trial.columns`; `tell` as for `cache.uploaded`."""

    def make() -> tuple[list[str], str] | InputError:
        return _tried(data, lambda path: trial.columns(path, name, len(data)), tell)

    return _or_raise(answers().get((_digest(data), "columns", name), make))


def upload_rows(
    name: str, data: bytes, *, format: str, text_column: str, tokenizer: Tokenizer, classes: int,
    tell: Tell = int,
) -> int:  # fmt: skip
    """See `trial.rows`; `tell` as for `cache.uploaded`."""

    def make() -> int | InputError:
        ask = partial(trial.rows, name=name, format=format, text_column=text_column,
                      tokenizer=tokenizer, classes=classes)  # fmt: skip
        return _tried(data, ask, tell)

    key = _digest(data), "rows", name, format, text_column, repr(tokenizer), classes
    return _or_raise(answers().get(key, make))


def upload_dialect(data: bytes, labels: tuple[str, ...]) -> Dialect:
    """See `dialect.detect`."""
    key = _digest(data), "dialect", labels
    return answers().get(key, lambda: dialect.detect(data, labels))


def upload_canonical(data: bytes, written: Dialect) -> bytes:
    """See `dialect.canonical`; a file that is so already costs nothing."""
    if written == Dialect():
        return data

    def make() -> bytes | InputError:
        try:
            return dialect.canonical(data, written)
        except InputError as error:
            return error

    return _or_raise(answers().get((_digest(data), "canonical", written), make))


def upload_sample(data: bytes) -> dict[str, list[str | None]]:
    """See `preview.sample`."""
    return answers().get((_digest(data), "sample"), lambda: preview.sample(data))


def upload_values(data: bytes, column: str) -> dict[str, int]:
    """See `preview.counted`."""
    return answers().get((_digest(data), "values", column), lambda: preview.counted(data, column))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tried(data: bytes, ask: Callable[[Path], T], tell: Tell) -> T | InputError:
    """What a trial says of a file with these bytes; a refusal is an answer, and kept like one."""
    with reading().take(tell), disk.sentences(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set"
        path.write_bytes(data)
        try:
            return ask(path)
        except InputError as error:
            return InputError(str(error)[: settings.REFUSAL_CHARACTERS])


def _or_raise(answer: T | InputError) -> T:
    if isinstance(answer, InputError):
        raise InputError(str(answer))  # a new one: a traceback would grow with every reader
    return answer
