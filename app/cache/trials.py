"""What uploads hold, as a limited process found it: each content is read once for everybody."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from app import settings
from app.cache.memory import answers, reading
from app.kept import disk
from app.review import dialect, trial
from app.review.dialect import Dialect
from app.review.preview import Preview
from lrp_engine.errors import InputError
from lrp_engine.model.text import Tokenizer

T = TypeVar("T")
Tell = Callable[[int], object]
# Of each row the key of its text, and its label.
Labels = tuple[list[str | None], list[str | None]]


@dataclass(frozen=True, eq=False)
class UploadedTable:
    """A table as somebody brought it.

    Attributes:
        name: as the user calls it.
    """

    name: str
    data: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its bytes: whatever is asked of it, it is hashed once."""
        return hashlib.sha256(self.data).hexdigest()


def upload_preview(table: UploadedTable, tell: Tell = int) -> Preview:
    """See `trial.preview`; `tell` as for `cache.uploaded`."""
    ask = partial(trial.preview, name=table.name, size=len(table.data))
    return _asked(table, ("preview", table.name), ask, tell)


def upload_rows(
    table: UploadedTable, *, format: str, text_column: str, tokenizer: Tokenizer, classes: int,
    tell: Tell = int,
) -> int:  # fmt: skip
    """See `trial.rows`; `tell` as for `cache.uploaded`."""
    ask = partial(trial.rows, name=table.name, format=format, text_column=text_column,
                  tokenizer=tokenizer, classes=classes)  # fmt: skip
    question = "rows", table.name, format, text_column, repr(tokenizer), classes
    return _asked(table, question, ask, tell)


def upload_labels(
    table: UploadedTable, *, format: str, text_column: str | None, label_column: str,
    tell: Tell = int,
) -> Labels:  # fmt: skip
    """See `trial.labels`; `tell` as for `cache.uploaded`."""
    ask = partial(trial.labels, name=table.name, format=format, text_column=text_column,
                  label_column=label_column)  # fmt: skip
    return _asked(table, ("labels", table.name, format, text_column, label_column), ask, tell)


def upload_dialect(table: UploadedTable, labels: tuple[str, ...]) -> Dialect:
    """See `dialect.detect`."""
    key = table.digest, "dialect", labels
    return answers().get(key, lambda: dialect.detect(table.data, labels))


def upload_canonical(table: UploadedTable, written: Dialect) -> UploadedTable:
    """See `dialect.canonical`; a file that is so already costs nothing."""
    if written == Dialect():
        return table

    def make() -> UploadedTable | InputError:
        try:
            return UploadedTable(table.name, dialect.canonical(table.data, written, table.name))
        except InputError as error:
            return error

    return _or_raise(answers().get((table.digest, "canonical", table.name, written), make))


def _asked(
    table: UploadedTable, question: tuple, ask: Callable[[Path], T], tell: Tell
) -> T:  # fmt: skip
    """What a trial says of a file; a refusal is an answer, and kept like one."""

    def make() -> T | InputError:
        with reading().take(tell), disk.sentences(), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "set"
            path.write_bytes(table.data)
            try:
                return ask(path)
            except InputError as error:
                return InputError(str(error)[: settings.REFUSAL_CHARACTERS])

    return _or_raise(answers().get((table.digest, *question), make))


def _or_raise(answer: T | InputError) -> T:
    if isinstance(answer, InputError):
        raise InputError(str(answer))  # a new one: a traceback would grow with every reader
    return answer
