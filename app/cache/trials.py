"""What uploads hold, as a limited process found it: each content is read once for everybody."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import streamlit as st

from app import settings
from app.review import disk, trial
from lrp_engine.errors import InputError
from lrp_engine.model.text import Tokenizer

T = TypeVar("T")


def upload_columns(name: str, data: bytes) -> tuple[list[str], str]:
    """See `trial.columns`."""
    return _or_raise(_columns(_digest(data), name, data))


def upload_rows(
    name: str, data: bytes, *, format: str, text_column: str, tokenizer: Tokenizer, classes: int
) -> int:
    """See `trial.rows`."""
    return _or_raise(_rows(_digest(data), name, format, text_column, repr(tokenizer), classes, data,
                           tokenizer))  # fmt: skip


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@st.cache_resource(max_entries=settings.TRIALS_CACHED, show_spinner=False)
def _columns(digest: str, name: str, _data: bytes) -> tuple[list[str], str] | InputError:
    return _tried(_data, lambda path: trial.columns(path, name, len(_data)))


@st.cache_resource(max_entries=settings.TRIALS_CACHED, show_spinner=False)
def _rows(
    digest: str, name: str, format: str, text_column: str, splitting: str, classes: int,
    _data: bytes, _tokenizer: Tokenizer,
) -> int | InputError:  # fmt: skip
    return _tried(_data, lambda path: trial.rows(path, name, format, text_column, _tokenizer,
                                                 classes))  # fmt: skip


def _tried(data: bytes, ask: Callable[[Path], T]) -> T | InputError:
    """What a trial says of a file with these bytes; a refusal is an answer, and kept like one."""
    with disk.sentences(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set"
        path.write_bytes(data)
        try:
            return ask(path)
        except InputError as error:
            return InputError(str(error))


def _or_raise(answer: T | InputError) -> T:
    if isinstance(answer, InputError):
        raise InputError(str(answer))  # a new one: a traceback would grow with every reader
    return answer
