"""The table of output kinds: what a network's scores mean, and how they are spoken of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrp_engine.errors import InputError

Link = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class OutputKind:
    """What the C numbers of a network's last layer mean.

    Attributes:
        name: key in `OUTPUT_KINDS`, and in a spec.
        meaning: for people.
        link: scores (..., C) -> what the original program's output is: probabilities, or values.
        has_classes: whether it decides between classes, which have probabilities.
        noun: what one of the C numbers is about: "class" or "value".
        called: what one without a name is called, by its number.
        supports, opposes: what positive and negative relevance does to the target.
    """

    name: str
    meaning: str
    link: Link
    has_classes: bool
    noun: str
    called: str
    supports: str
    opposes: str

    @property
    def nouns(self) -> str:
        """`noun` for more than one."""
        return f"{self.noun}es" if self.noun.endswith("s") else f"{self.noun}s"

    def names(self, count: int, output: str = "") -> tuple[str, ...]:
        """Names of so many classes or values that have none.

        Args:
            output: the name of the output, which values are called by where it has one.
        """
        called = self.called if self.has_classes or not output else output
        return (called,) if count == 1 else tuple(f"{called} {n}" for n in range(count))


def _softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return shares


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    # The two scores of a single unit are -z and z: their sigmoids add up to 1.
    shares: np.ndarray = np.exp(-np.logaddexp(0, -scores))
    return shares


def _classes(name: str, meaning: str, link: Link) -> OutputKind:
    return OutputKind(
        name=name,
        meaning=meaning,
        link=link,
        has_classes=True,
        noun="class",
        called="class",
        supports="supports",
        opposes="opposes",
    )


OUTPUT_KINDS: dict[str, OutputKind] = {
    kind.name: kind
    for kind in (
        _classes("softmax", "classes of which one is right; the scores are logits", _softmax),
        _classes(
            "sigmoid",
            "each class by itself, the scores are logits; a single unit decides between two",
            _sigmoid,
        ),
        OutputKind(
            name="linear",
            meaning="values as they are, as of a regression: no classes, no probabilities",
            link=lambda scores: scores,
            has_classes=False,
            noun="value",
            called="output",
            supports="raises",
            opposes="lowers",
        ),
    )
}
OUTPUTS = tuple(OUTPUT_KINDS)


class HasOutput:
    """What has scores of a kind: a network, and the explanations by it.

    Attributes:
        output: a name in `OUTPUT_KINDS`.
    """

    output: str

    @property
    def output_kind(self) -> OutputKind:
        """What the scores mean."""
        return OUTPUT_KINDS[self.output]

    @property
    def has_classes(self) -> bool:
        """Whether the scores are of classes; else they are values."""
        return self.output_kind.has_classes

    def to_output(self, scores: np.ndarray) -> np.ndarray:
        """What the original program's output is, of scores (..., C): probabilities or values."""
        return self.output_kind.link(scores)

    def require_classes(self, what: str) -> None:
        """Stop where there are none.

        Raises:
            InputError: the scores are values, of which there is no `what`.
        """
        if not self.has_classes:
            raise InputError(
                "This network's output is linear: it gives values and no classes, so there are no "
                f"{what}; its values are what `predict` returns."
            )
