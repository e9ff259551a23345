"""A model as the dashboard knows it: a network, its name, and sentences to try it on."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app import settings

if TYPE_CHECKING:
    import numpy as np

    from lrp_engine import Explanation, Network, ProofSheet


@dataclass(frozen=True)
class Example:
    """A real sentence and its true class, None where nobody says."""

    text: str
    label: int | None


@dataclass(frozen=True, eq=False)
class Model:
    """Attributes:
    digest: SHA-256 of the bytes and options it was read from.
    name: for people.
    network: the classifier.
    examples: sentences that came with it.
    opening: the stored explanation of the first text shown, by method.
    proof: of an upload; that of a model from a folder is made when asked for.
    files: the model's own file, and reference outputs, to compare with; None where there are none.
    """

    digest: str
    name: str
    network: Network
    examples: tuple[Example, ...] = ()
    opening: Mapping[str, Explanation] | None = None
    proof: ProofSheet | None = None
    files: tuple[Path | None, Path | None] = (None, None)

    @property
    def reads_text(self) -> bool:
        return self.network.vocabulary is not None

    def true_class(self, text: str) -> int | None:
        """The class of an example that reads exactly so."""
        return next((e.label for e in self.examples if e.text == text), None)


RIGHT, WRONG = "right", "wrong"


def matching(
    examples: Sequence[Example],
    predicted: Sequence[int] | np.ndarray,
    *,
    true_class: int | None = None,
    said_class: int | None = None,
    verdict: str | None = None,
) -> list[int]:
    """Positions of the examples that pass every filter given; `verdict` is RIGHT or WRONG."""
    return [
        n
        for n, (example, said) in enumerate(zip(examples, predicted, strict=True))
        if true_class in (None, example.label)
        and said_class in (None, said)
        and (
            verdict is None
            or (example.label is not None and (verdict == RIGHT) == (said == example.label))
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
