"""A set on disk: a folder named by its id, which nobody can guess and which is the key to it.

<id>/set.json             what it is; written last when everything is there
<id>/input.csv            the upload (or .jsonl, .parquet)
<id>/part-00000.parquet   explained rows, as `explain-corpus` writes them
<id>/summary.parquet      one row a text
<id>/words.parquet        one row a word
<id>/measured-00000.parquet   how far explanations may be believed, where that was asked for
<id>/labels-1a2b3c4d.parquet  labels that were given later
<id>/digests.json         SHA-256 of these files
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lrp_engine
from app import settings
from app.kept.files import Files
from app.kept.folders import Folders, Room, new_key
from app.review.damage import DamagedError
from app.review.faithful import columns
from app.review.measures import Column
from app.review.methods import OF_A_NEW_SET, OF_AN_OLD_SET
from app.review.true_classes import Meaning, TrueClasses, meaning
from lrp_engine.corpora.run import part_name
from lrp_engine.corpora.settings import CorpusSettings
from lrp_engine.errors import LensError
from lrp_engine.propagation.rules import doubts, from_dict

if TYPE_CHECKING:
    from lrp_engine import Network

_FACTS, _SUMMARY, _WORDS = "set.json", "summary.parquet", "words.parquet"


@dataclass(frozen=True, kw_only=True)
class Set:
    """What a set is, how it is explained, and by which model.

    Attributes:
        id: its key; whoever knows it can open the set.
        name: of the file, for people. format: "csv", "jsonl" or "parquet".
        delimiter: between the fields of the file as it was brought, of CSV.
        text_column, label_column: in the file; no labels where None.
        methods: names in `lrp_engine.METHODS`.
        rows: how many; step: rows of a part. complete: whether all are explained.
        mapping: label as the file writes it -> its classes, where these are not the class that it
            names.
        labels_file, labels_from: labels given later: the file's name, and where they come from, for
            people; "" where there are none.
        measured: whether it was measured how far they may be believed.
        examples: whether its texts are the examples that came with its model.
        rule: how relevance is handed back, as `Rule.plain` says it.
        most_words: of a text, as its model counts them; a longer one is not explained.
        model_name, model_hash, labels, dtype: of the model.
        warnings: of the model, and what was measured against the rule.
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
    measured: bool = False
    examples: bool = False
    mapping: Mapping[str, Meaning] = field(default_factory=dict)
    labels_file: str = ""
    labels_from: str = ""
    delimiter: str = ","

    @property
    def true_classes(self) -> TrueClasses:
        """What its labels may stand for."""
        return TrueClasses.of(self.labels, self.mapping)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What its summary says of each row in numbers."""
        return columns(self.methods, self.measured)

    @property
    def labelled(self) -> bool:
        """Whether its rows may have labels."""
        return self.label_column is not None or bool(self.labels_file)

    @classmethod
    def new(cls, network: Network, **facts: Any) -> Set:
        """A set that gets an id of its own."""
        measured = doubts.of_rule(from_dict(facts["rule"]), network.nodes)
        return cls(
            id=new_key(),
            model_hash=network.hash,
            labels=network.labels,
            methods=OF_A_NEW_SET,
            dtype=network.dtype,
            most_words=settings.most_words(network.input_shape.units),
            warnings=(*network.warnings, *measured),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            **facts,
        )

    def hints(self, words: Iterable[int]) -> tuple[str, ...]:
        """What may do better, as sentences; `words` of each of its texts."""
        of_length = doubts.of_length(from_dict(self.rule), max(words, default=0))
        return of_length + self.imprecise

    @property
    def imprecise(self) -> tuple[str, ...]:
        """How far the numbers of its words may be off, as sentences."""
        return doubts.of_precision(from_dict(self.rule), self.dtype)

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
            shard_bytes=0,
        )


class Sets:
    """The sets in a folder, which is made where it does not exist; leftovers in it are removed.

    Raises:
        InputError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folders = Folders(folder, listed=_FACTS)
        self.ids = self._folders.keys

    def find(self, key: str) -> Set | None:
        """The set of this id; None where there is none."""
        data = self._folders.facts(key)
        if data is None:
            return None
        try:
            facts = json.loads(data)
            if "rule" not in facts:  # of the time when there was one rule
                facts["rule"] = {"name": "epsilon"} | {
                    name: facts.pop(name) for name in ("eps", "bias_factor")
                }
            # Sets of an earlier release say it by their name.
            facts.setdefault("examples", facts["name"] == f"Examples of {facts['model_name']}")
            mapping = {label: meaning(one) for label, one in facts.pop("mapping", {}).items()}
            lists = ("labels", "warnings", "methods")
            facts |= {name: tuple(facts[name]) for name in lists if name in facts}
            return Set(**facts, mapping=mapping)
        except (ValueError, TypeError, KeyError):
            return None

    def add(self, one: Set, data: bytes) -> None:
        """Keep a new set. No other set ever makes room for it.

        Args:
            data: the file.

        Raises:
            InputError: the server keeps no more.
            LensError: its disk is full, or cannot be written; nothing of the set is left then.
        """
        room = Room(
            most=settings.REVIEW_SETS,
            full=f"This server keeps up to {settings.REVIEW_SETS} sets, and so many are there. "
            "Each is kept until it is deleted: delete one that is no longer needed, or "
            "tell whoever runs the server.",
        )
        self._folders.add(one.id, {self.input(one).name: data, _FACTS: _facts(one)}, room)

    def update(self, one: Set) -> None:
        """Write down what a set is."""
        self.files(one).write(_FACTS, _facts(one))

    def update_flag(self, one: Set, **facts: Any) -> None:
        """Write down some facts of a set, whatever became of its others meanwhile."""
        there = self.find(one.id)
        if there is not None:
            self.update(replace(there, **facts))

    def finish(self, one: Set, summary: bytes, words: bytes) -> None:
        """Everything is explained: keep the tables that the page reads."""
        self.files(one).write(_SUMMARY, summary)
        self.files(one).write(_WORDS, words)
        self.update(replace(one, complete=True))

    def files(self, one: Set) -> Files:
        """Its files, to read and write."""
        return Files(self.path(one))

    def read(self, one: Set, name: str) -> bytes:
        """The bytes of a file as they were written.

        Raises:
            DamagedError: it is damaged or gone.
        """
        data = self.files(one).read(name)
        if data is None:
            raise DamagedError([name], file=one.name, step=one.step, rows=one.rows)
        return data

    def check(self, one: Set) -> None:
        """Read everything that was written of a set.

        Raises:
            DamagedError: it names every file that is damaged or gone.
        """
        with contextlib.suppress(LensError):  # a full disk: it can be read all the same
            self.files(one).adopt()
        names = self.files(one).damaged()
        if names:
            raise DamagedError(names, file=one.name, step=one.step, rows=one.rows)

    def forget(self, one: Set) -> None:
        """From now on nobody opens a set or writes into it; `remove` frees the disk.

        Raises:
            LensError: the disk refuses.
        """
        self._folders.forget(one.id)

    def remove(self, one: Set) -> None:
        """Remove what is left of a forgotten set."""
        self._folders.remove(one.id)

    def path(self, one: Set) -> Path:
        return self._folders.path(one.id)

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

    def measured(self, one: Set, index: int) -> Path:
        """What was measured of a part."""
        return self.path(one) / f"measured-{index:05}.parquet"

    def summary(self, one: Set) -> Path:
        return self.path(one) / _SUMMARY

    def words(self, one: Set) -> Path:
        return self.path(one) / _WORDS


def _facts(one: Set) -> bytes:
    text = json.dumps(asdict(one), ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace")
