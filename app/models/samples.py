"""The bundled sample models: which files belong together, what goes in, examples to try.

Every folder with a `sample.json` is one; this module needs no engine to list them:

    title, sentence   for people
    order             place in the list
    input             "words", "features" or "vectors": a key of `INPUTS`
    model             the file that `lrp_engine.load` takes, "." for the folder itself
    vocabulary, spec  names of files for its arguments of the same name, where there are such
    examples          a CSV file, one example a row, true classes in `label`
    start             position of the example to begin with, where a sentence about a film is out
                      of place
    units             names of the numbers of a step, of samples that read vectors
    mistakes          whether the model's mistakes are over-sampled among its examples
    known             where the right explanation is known: the unit that marks the steps which
                      count, the unit with their amount, the class whose score is the sum of these,
                      and a sentence that says so
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import settings
from app.models.model import Tested
from lrp_engine.shipped import MANIFEST

FOLDER = settings.BUNDLED_MODEL.parent
METRICS = "metrics.json"

Row = Mapping[str, str]
# A text, numbers (D,) by feature, or vectors (T, E).
Value = str | tuple[float, ...] | tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample model. Paths are absolute; None stands for "there is none"."""

    name: str
    title: str
    sentence: str
    order: int
    input: str
    model: Path
    vocabulary: Path | None
    spec: Path | None
    examples: Path
    start: int | None = None
    units: tuple[str, ...] = ()
    known: Mapping[str, str] | None = None

    @property
    def folder(self) -> Path:
        return self.examples.parent

    @property
    def arguments(self) -> dict[str, Path]:
        """What `lrp_engine.load` takes: `load(**sample.arguments)`."""
        arguments = {"path_or_bytes": self.model}
        for key in ("vocabulary", "spec"):
            if (path := getattr(self, key)) is not None:
                arguments[key] = path
        return arguments

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs, for samples that read features."""
        if self.spec is None:
            return ()
        return tuple(json.loads(self.spec.read_text(encoding="utf-8")).get("features", ()))


@dataclass(frozen=True, kw_only=True)
class SampleInput:
    """One example: what goes into the network, its true class, and what else its row says."""

    value: Value
    label: str
    facts: Mapping[str, str]


def _features(sample: Sample) -> Callable[[Row], Value]:
    names = sample.features
    return lambda row: tuple(float(row[name]) for name in names)


# Kind of input -> columns that hold it, and what makes the value of a row.
INPUTS: dict[str, tuple[Callable[[Sample], tuple[str, ...]], Callable[[Sample], Any]]] = {
    "words": (lambda sample: ("text",), lambda sample: lambda row: row["text"]),
    "features": (lambda sample: sample.features, _features),
    "vectors": (
        lambda sample: ("vectors",),
        lambda sample: lambda row: tuple(map(tuple, json.loads(row["vectors"]))),
    ),
}


def samples(folder: Path = FOLDER) -> tuple[Sample, ...]:
    """Every sample model, in the order in which they are shown."""
    unsorted = [_sample(path) for path in folder.glob(f"*/{MANIFEST}")]
    return tuple(sorted(unsorted, key=lambda sample: (sample.order, sample.name)))


def _sample(manifest: Path) -> Sample:
    folder = manifest.parent
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    files = {key: folder / facts[key] for key in ("model", "vocabulary", "spec") if key in facts}
    return Sample(
        name=folder.name,
        title=facts["title"],
        sentence=facts["sentence"],
        order=facts["order"],
        input=facts["input"],
        model=files["model"],
        vocabulary=files.get("vocabulary"),
        spec=files.get("spec"),
        examples=folder / facts["examples"],
        start=facts.get("start"),
        units=tuple(facts.get("units", ())),
        known=facts.get("known"),
    )


def tested(folder: Path) -> Tested | None:
    """How a model did on its test set, of the `metrics.json` in its folder; None without one."""
    try:
        found = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        confusion = tuple(tuple(map(int, row)) for row in found["test"]["confusion"])
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Tested(confusion=confusion, mistakes=bool(manifest.get("mistakes")))


def examples(sample: Sample) -> tuple[SampleInput, ...]:
    """The examples of a sample model, in the order of its file."""
    columns, reader = INPUTS[sample.input]
    taken, value = {"label", *columns(sample)}, reader(sample)
    with sample.examples.open(newline="", encoding="utf-8") as file:
        return tuple(
            SampleInput(
                value=value(row),
                label=row["label"],
                facts={name: text for name, text in row.items() if name not in taken},
            )
            for row in csv.DictReader(file)
        )
