"""A model as the dashboard knows it: a network, its name, and sentences to try it on."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import settings
from app.kept.folders import KEY
from app.models import numeric
from lrp_engine.attribution.shown import by_feature
from lrp_engine.errors import FormatError

if TYPE_CHECKING:
    import numpy as np

    from lrp_engine import Explanation, Explanations, Network, ProofSheet


@dataclass(frozen=True)
class Example:
    """A real input and its true class, None where nobody says.

    Attributes:
        text: a sentence, or numbers as `app.models.numeric` writes them.
        facts: what else is known of it, by name.
    """

    text: str
    label: int | None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the right explanation: only some steps count, those marked in a unit.

    Attributes:
        marks, amount: units of a step: not 0 where the step counts, and what it brings.
        target: the class whose score is the sum of what counts.
        sentence: for people.
    """

    marks: int
    amount: int
    target: int
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Tested:
    """How a model did on texts that it was never trained on.

    Attributes:
        confusion: texts by true class (rows) and predicted class.
        mistakes: whether its mistakes are over-sampled among its examples.
    """

    confusion: tuple[tuple[int, ...], ...]
    mistakes: bool


@dataclass(frozen=True, kw_only=True)
class Typical:
    """How strong words typically are to a model, see `app.models.typical`.

    Attributes:
        largest: the value of the strongest colour by method, of methods that say anything but 0.
    """

    largest: Mapping[str, float]


# Where a model comes from.
ORIGINS = BUNDLED, SAMPLE, UPLOAD = "bundled", "sample", "upload"
SHORT = 12  # characters of a model hash in an address, and to people
NAME_CHARACTERS = 60
_HASH = re.compile(f"[0-9a-f]{{{SHORT},64}}")


def short_hash(model_hash: str) -> str:
    """How a model hash begins."""
    return model_hash[:SHORT]


@dataclass(frozen=True)
class ModelRef:
    """A model as a link or the file of a session names it.

    Attributes:
        model_hash: its hash, or how that begins.
        name, files: for people; "" and none where nobody says.
        what: what names it. key: under which it is kept; "" where it is not.
    """

    model_hash: str
    name: str = ""
    files: tuple[str, ...] = ()
    what: str = "link"
    key: str = ""

    def checked(self) -> ModelRef:
        """The same, cut to what can be shown.

        Raises:
            FormatError: the hash is none.
        """
        if not _HASH.fullmatch(self.model_hash):
            raise FormatError(
                f"The {self.what} names the model {self.model_hash!r:.40}, expected a hash."
            )
        files = tuple(file[:NAME_CHARACTERS] for file in self.files[:8])
        key = self.key if KEY.fullmatch(self.key) else ""
        return replace(self, name=self.name[:NAME_CHARACTERS], files=files, key=key)

    def names(self, model: Model) -> bool:
        return bool(self.model_hash) and model.model_hash.startswith(self.model_hash)


@dataclass(frozen=True, eq=False)
class Model:
    """Attributes:
    upload_hash: SHA-256 of the bytes and options it was read from; the model hash of one that is
        no upload.
    name: for people.
    network: the classifier.
    examples: sentences that came with it.
    opening: the stored explanation of the first text shown, by method.
    proof: of an upload; that of a model from a folder is made when asked for.
    files: the model's own file, and reference outputs, to compare with; None where there are none.
    units: names of the numbers of a step, of models that read such.
    known: what is known of the right explanation.
    tested: how it did on its test set; None where nobody says.
    typical: how strong words are by the rule that the dashboard opens with, where that is stored.
    origin: one of `ORIGINS`. sent: names of the files of an upload. key: under which its files
        are kept on the server's disk, "" where they are not.
    output: which output of several it explains, "" where there is one. others: the same files
        with other outputs explained, each a model of its own. unread: names of those that cannot
        be, each with the reason.
    position: the word or step whose label is asked about, of a model that labels each; as the
        engine counts, padding included.
    """

    upload_hash: str
    name: str
    network: Network
    examples: tuple[Example, ...] = ()
    opening: Explanations | None = None
    proof: ProofSheet | None = None
    files: tuple[Path | None, Path | None] = (None, None)
    units: tuple[str, ...] = ()
    known: Known | None = None
    tested: Tested | None = None
    typical: Typical | None = None
    origin: str = UPLOAD
    sent: tuple[str, ...] = ()
    key: str = ""
    others: tuple[Model, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    position: int | None = None

    def at(self, position: int | None) -> Model:
        """The same model, asked about another word's label."""
        return self if position == self.position else replace(self, position=position)

    @property
    def model_hash(self) -> str:
        """Of everything that decides an explanation, see `Network.hash`."""
        return self.network.hash

    @property
    def output(self) -> str:
        """The name of the output that is explained, of a file with several; else ""."""
        return self.network.output_name

    @property
    def short_hash(self) -> str:
        return short_hash(self.model_hash)

    @property
    def reads(self) -> str:
        """What goes in one by one, see `app.models.numeric.reads`."""
        return numeric.reads(self.network)

    @property
    def reads_text(self) -> bool:
        return self.reads == numeric.WORD

    @property
    def reads_numbers(self) -> bool:
        return self.reads in (numeric.FEATURE, numeric.STEP)

    @property
    def token_kind(self) -> str:
        """What to call what goes in."""
        return self.reads or numeric.WORD

    @property
    def names(self) -> tuple[str, ...]:
        """Of the numbers that go in: features, or the numbers of a step."""
        numbers = range(self.network.input_shape.units)
        network = self.network
        named = network.features or network.unit_names or self.units
        return named or tuple(f"x{n}" for n in numbers)

    @property
    def start(self) -> str:
        """The numbers that are explained before anybody says others."""
        return self.examples[0].text if self.examples else numeric.start(self.network)

    def input(self, text: str) -> Any:
        """One text as `Network.explain` takes it."""
        return numeric.read(self.network, text) if self.reads_numbers else [text]

    def batch(self, texts: Sequence[str]) -> dict[str, Any]:
        """Many texts as arguments of `Network.predict`."""
        if self.reads_numbers:
            return numeric.batch(self.network, texts)
        return {"inputs": list(texts)}

    def named(self, explanation: Explanation, text: str) -> Explanation:
        """The explanation of a text, its features or steps called by their numbers."""
        if not self.reads_numbers:
            return explanation
        features = by_feature(explanation, numeric.named_features(self.network, self.names, text))
        if features is not explanation:
            return features
        steps = self.names if self.reads == numeric.STEP else ()
        tokens = numeric.named(self.network, text)
        return replace(explanation, tokens=(tokens,), unit_names=steps)

    def line(self, text: str) -> str:
        """One input in a line, for a list."""
        return numeric.line(self.network, self.names, text) if self.reads_numbers else text

    def example(self, text: str) -> Example | None:
        """The example that reads exactly so."""
        return next((e for e in self.examples if e.text == text), None)

    def true_class(self, text: str) -> int | None:
        example = self.example(text)
        return example.label if example else None


RIGHT, WRONG = "right", "wrong"


def matching(
    examples: Sequence[Example],
    predicted: Sequence[int] | np.ndarray,
    *,
    true_class: int | None = None,
    predicted_class: int | None = None,
    verdict: str | None = None,
) -> list[int]:
    """Positions of the examples that pass every filter given; `verdict` is RIGHT or WRONG."""
    return [
        n
        for n, (example, given) in enumerate(zip(examples, predicted, strict=True))
        if true_class in (None, example.label)
        and predicted_class in (None, given)
        and (
            verdict is None
            or (example.label is not None and (verdict == RIGHT) == (given == example.label))
        )
    ]


def read_examples(path: Path, labels: Sequence[str]) -> tuple[Example, ...]:
    """Examples of a CSV file with columns `text` and `label` (a number or a name)."""
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(settings.EXAMPLES_READ))]  # noqa: B905 - cut on purpose
    return tuple(
        Example(row["text"], class_of(row.get("label"), labels)) for row in rows if row.get("text")
    )


def class_of(value: str | None, labels: Sequence[str]) -> int | None:
    """The class that a file calls by its name or by its number; None where it names none."""
    if value in labels:
        return labels.index(value)
    if value is not None and value.isdecimal() and int(value) < len(labels):
        return int(value)
    return None
