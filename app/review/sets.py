"""A set on disk: a folder named by its id, which nobody can guess and which is the key to it.

<id>/set.json             what it is; written last when everything is there
<id>/input.csv            the upload (or .jsonl, .parquet)
<id>/part-00000.parquet   explained rows, as `explain-corpus` writes them
<id>/summary.parquet      one row a text
<id>/words.parquet        one row a word
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lrp_engine
from app import settings
from app.review.methods import OF_A_NEW_SET, OF_AN_OLD_SET
from lrp_engine.corpora.run import part_name
from lrp_engine.corpora.settings import CorpusSettings
from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import from_dict

if TYPE_CHECKING:
    from lrp_engine import Network

ID = re.compile(r"[A-Za-z0-9_-]{22}")
_FACTS, _SUMMARY, _WORDS = "set.json", "summary.parquet", "words.parquet"


@dataclass(frozen=True, kw_only=True)
class Set:
    """What a set is, how it is explained, and by which model.

    Attributes:
        id: its key; whoever knows it can open the set.
        name: of the file, for people. format: "csv", "jsonl" or "parquet".
        text_column, label_column: in the file; no labels where None.
        methods: names in `lrp_engine.METHODS`.
        rows: how many; step: rows of a part. complete: whether all are explained.
        rule: how relevance is handed back, as `Rule.plain` says it.
        most_words: of a text, as its model counts them; a longer one is not explained.
        model_name, model_hash, labels, dtype, warnings: of the model.
        engine: version. created: ISO time.
    """

    id: str
    name: str
    format: str
    text_column: str
    label_column: str | None
    rows: int
    rule: Mapping[str, Any]
    model_name: str
    model_hash: str
    labels: tuple[str, ...]
    dtype: str
    warnings: tuple[str, ...] = ()
    engine: str = lrp_engine.__version__
    created: str = ""
    methods: tuple[str, ...] = OF_AN_OLD_SET
    most_words: int = settings.TEXT_WORDS
    step: int = settings.REVIEW_STEP
    complete: bool = False

    @classmethod
    def new(cls, network: Network, **facts: Any) -> Set:
        """A set that gets an id of its own."""
        return cls(
            id=secrets.token_urlsafe(16),
            model_hash=network.hash,
            labels=network.labels,
            methods=OF_A_NEW_SET,
            dtype=network.dtype,
            most_words=settings.most_words(network.input_shape.units),
            warnings=network.warnings,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            **facts,
        )

    @property
    def corpus(self) -> CorpusSettings:
        """How its rows are explained: for the predicted class."""
        return CorpusSettings(
            methods=self.methods,
            rule=from_dict(self.rule),
            text_column=self.text_column,
            label_column=self.label_column,
            max_tokens=self.most_words,
            shard_rows=self.step,
        )


class Sets:
    """The sets in a folder, which is made where it does not exist.

    Raises:
        InputError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock = folder, threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                f"The server's folder for sets cannot be made ({error.strerror}); whoever runs it "
                f"names another one in the environment variable {settings.DATA_VARIABLE}."
            ) from None

    def __iter__(self) -> Iterator[Set]:
        """Every set, the oldest first."""
        there = (self.find(path.name) for path in self.folder.iterdir())
        return iter(sorted((one for one in there if one), key=lambda one: one.created))

    def find(self, key: str) -> Set | None:
        """The set of this id; None where there is none."""
        if not ID.fullmatch(key):
            return None
        try:
            facts = json.loads((self.folder / key / _FACTS).read_text("utf-8"))
            if "rule" not in facts:  # of the time when there was one rule
                facts["rule"] = {"name": "epsilon"} | {
                    name: facts.pop(name) for name in ("eps", "bias_factor")
                }
            lists = ("labels", "warnings", "methods")
            return Set(**facts | {name: tuple(facts[name]) for name in lists if name in facts})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def add(
        self, one: Set, data: bytes, *, needed: Callable[[], Iterable[str]] = frozenset
    ) -> None:
        """Keep a new set; where there are too many, the oldest that nobody needs goes.

        Args:
            data: the file.
            needed: gives ids of sets that have a verdict, or are being explained.

        Raises:
            InputError: the server keeps no more.
        """
        with self._lock:
            there = list(self)
            if len(there) >= settings.REVIEW_SETS:
                kept = set(needed())
                oldest = next((other for other in there if other.id not in kept), None)
                if oldest is None:
                    raise InputError(
                        f"The server keeps {settings.REVIEW_SETS} sets, all of them reviewed or "
                        "being explained; delete one that is no longer needed."
                    )
                self.delete(oldest)
            self.path(one).mkdir(mode=0o700)
            self.input(one).write_bytes(data)
            self.update(one)

    def update(self, one: Set) -> None:
        """Write down what a set is."""
        text = json.dumps(asdict(one), ensure_ascii=False, indent=1)
        self.write(one, _FACTS, text.encode("utf-8", "backslashreplace"))

    def finish(self, one: Set, summary: bytes, words: bytes) -> None:
        """Everything is explained: keep the tables that the page reads."""
        self.write(one, _SUMMARY, summary)
        self.write(one, _WORDS, words)
        self.update(replace(one, complete=True))

    def write(self, one: Set, name: str, data: bytes) -> None:
        """A file that appears whole or not at all."""
        temporary = self.path(one) / f"_{name}.{secrets.token_hex(8)}"
        temporary.write_bytes(data)
        os.replace(temporary, self.path(one) / name)

    def delete(self, one: Set) -> None:
        shutil.rmtree(self.path(one), ignore_errors=True)

    def path(self, one: Set) -> Path:
        return self.folder / one.id

    def without_paths(self, one: Set, sentence: str) -> str:
        """A sentence about a set's files in which the set is called as the user called it."""
        for path in (self.input(one), self.path(one)):
            sentence = sentence.replace(str(path), one.name)
        return sentence

    def input(self, one: Set) -> Path:
        return self.path(one) / f"input.{one.format}"

    def part(self, one: Set, index: int) -> Path:
        return self.path(one) / part_name(index)

    def parts(self, one: Set) -> list[Path]:
        """Files of explained rows, in order."""
        return sorted(self.path(one).glob("part-*.parquet"))

    def summary(self, one: Set) -> Path:
        return self.path(one) / _SUMMARY

    def words(self, one: Set) -> Path:
        return self.path(one) / _WORDS
