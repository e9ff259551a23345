"""Texts typed with what another program says of them: read, and compared in rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app import settings
from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.model.network import Network
from lrp_engine.model.text.describe import sentences
from lrp_engine.proof.text_search import TextCandidate
from lrp_engine.proof.tried_texts import TriedTexts

_NUMBER = r"[-+]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?%?"
_BEHIND = rf"(?:\s*[,;]\s*|\s+)({_NUMBER})"
_PARTS = re.compile(r"\s*[\t|]\s*")
EXPECTED = "expected a text and behind it {}, as “The film was good | 0.81234”"


@dataclass(frozen=True)
class Row:
    """A text, what its author's program says and what the network does, both of one class or
    value.
    """

    text: str
    label: str
    expected: float
    output: float

    @property
    def difference(self) -> float:
        return abs(self.expected - self.output)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of texts, as far as it stays on the page.

    Attributes:
        upload_hash: of the model that it is about.
        reference: the texts with their numbers.
        candidates: ways to read texts, the nearest first, where the texts do not decide; `ways`
            says of each what only some of them do.
        deciding: texts in words that would.
    """

    upload_hash: str
    reference: Reference
    rows: tuple[Row, ...]
    candidates: tuple[TextCandidate, ...] = ()
    ways: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()


def read_lines(text: str, network: Network) -> Reference:
    """Texts with numbers, one a line: "text | number", "text, number", or with a tab.

    Args:
        network: one number belongs to a text where it has two classes, else one for each class
            or value.

    Raises:
        FormatError: a line has no such numbers, or there are too many lines.
    """
    listed = [line.strip() for line in text.splitlines() if line.strip()]
    if len(text) > settings.TRIED_CHARACTERS or len(listed) > settings.TRIED_TEXTS:
        raise FormatError(
            f"Up to {settings.TRIED_TEXTS} texts of {settings.TRIED_CHARACTERS:,} characters "
            f"together are tried; these are {len(listed):,} of {len(text):,}. Five usually suffice."
        )
    if not listed:
        raise FormatError("There is no text yet; give a few, each with your program's number.")
    counts = (1, 2) if of_two_classes(network) else (network.classes,)
    wanted = "a number"
    if counts[0] > 1:
        wanted = f"{counts[0]} numbers, one for each {network.output_kind.noun}"
    made = [_line(line, counts) for line in listed]
    for n, (line, found) in enumerate(zip(listed, made, strict=True), start=1):
        if found is None or len(found[1]) != len((made[0] or found)[1]):
            raise FormatError(f"Line {n} is “{line:.60}”; {EXPECTED.format(wanted)}.")
    read = [one for one in made if one is not None]
    outputs = np.array([numbers for _, numbers in read])
    single = outputs.shape[1] == 1
    # Of two classes with a score each, one number can only be a probability.
    share = single and of_two_classes(network) and not network.single_sigmoid
    return Reference(
        inputs=None,
        texts=tuple(one for one, _ in read),
        outputs=outputs[:, 0] if single else outputs,
        kind="probabilities" if share else "outputs",
    )


def of_two_classes(network: Network) -> bool:
    """Whether one number says all."""
    return network.has_classes and network.classes == 2


def _line(line: str, counts: Sequence[int]) -> tuple[str, list[float]] | None:
    """The text and numbers of a line; None where it is of another kind."""
    text, *parts = _PARTS.split(line)
    if not parts:  # a text may hold numbers, too: the fewest are meant
        found = re.fullmatch("(.+?)" + _BEHIND * counts[0], line)
        if found is None:
            return None
        text, *parts = found.groups()
    if len(parts) not in counts or not all(re.fullmatch(_NUMBER, part) for part in parts):
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text, [_number(part) for part in parts]


def _number(written: str) -> float:
    value = float(written.removesuffix("%").replace(",", "."))
    return value / 100 if written.endswith("%") else value


def compared(found: TriedTexts, reference: Reference) -> tuple[Row, ...]:
    """A row for each text: the number of class 1 of two, else the largest of the author's."""
    network, rows = found.network, []
    for text, expected, output in zip(reference.texts, found.expected, found.outputs, strict=True):
        at = 1 if of_two_classes(network) else int(expected.argmax())
        rows.append(Row(text, network.labels[at], float(expected[at]), float(output[at])))
    return tuple(rows)


def ways(network: Network, candidates: Sequence[TextCandidate]) -> tuple[str, ...]:
    """Each way to read texts in the sentences that not all of them share."""
    said = [
        sentences(
            one.tokenizer,
            replace(network, tokenizer=one.tokenizer, vocabulary=one.vocabulary).substitute,
        )
        for one in candidates
    ]
    return tuple(
        " ".join(one for one in own if not all(one in other for other in said)) or " ".join(own)
        for own in said
    )
