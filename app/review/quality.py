"""How good a model is on labelled texts: accuracy, classes, calibration. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from app.review.true_classes import TrueClasses
from lrp_engine.render.numbers import NO_BREAK, percentage

Z = 1.959964  # of 95 %
BINS = 10


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson 1927, doi 10.1080/01621459.1927.10502953."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, Z**2 / of
    middle = share + spread / 2
    half = Z * sqrt(share * (1 - share) / of + spread / (4 * of))
    low, high = ((middle + sign * half) / (1 + spread) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Share:
    """So many of so many texts."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """NaN of no texts."""
        return self.hits / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.of)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{percentage(self.value)} ({self.hits:,} of {self.of:,}; 95{NO_BREAK}% interval "
            f"{percentage(low)} to {percentage(high)})"
        )


def over_sampled(examples: Share, whole: Share) -> str:
    """What is said beside examples among which mistakes are over-sampled.

    Args:
        examples: how many of them are right. whole: the same of the model's test set.
    """
    return (
        "These examples were picked to be interesting: mistakes are over-sampled among them "
        f"({examples.of - examples.hits:,} of {examples.of:,} wrong). On its whole test set the "
        f"model is right on {percentage(whole.value)} of {whole.of:,}."
    )


@dataclass(frozen=True, kw_only=True)
class ClassQuality:
    """One class: how many texts are of it, were said to be, and both.

    Attributes:
        label: the number of the true class.
    """

    label: int
    texts: int
    predicted: int
    hits: int

    @property
    def precision(self) -> float:
        """Of the texts that were said to be of it, how many are; NaN where none was."""
        return Share(self.hits, self.predicted).value

    @property
    def recall(self) -> float:
        """Of its texts, how many were said to be; NaN where there is none."""
        return Share(self.hits, self.texts).value

    @property
    def f1(self) -> float:
        """2 hits / (texts + predicted); NaN where both are 0."""
        return Share(2 * self.hits, self.texts + self.predicted).value


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Labelled and explained texts.

    Attributes:
        within_one: said to be of their class or of one next to it; None of two classes.
        classes: true classes with texts, and others that were said, in their order.
    """

    accuracy: Share
    within_one: Share | None
    classes: tuple[ClassQuality, ...]

    @property
    def macro_f1(self) -> float:
        """The mean over the classes that have texts."""
        return float(np.mean([one.f1 for one in self.classes if one.texts]))


def quality(truth: np.ndarray, predicted: np.ndarray, classes: TrueClasses) -> Quality | None:
    """Of true classes (N,) and predicted ones (N,); None where there are no texts.

    A label that stands for several classes counts as one class: it is predicted where any of them
    is. Classes of which no label says anything are counted where they were predicted.
    """
    if not len(truth):
        return None
    off = classes.distances(truth, predicted)
    said = np.bincount(predicted, minlength=len(classes.labels))
    texts = np.bincount(truth, minlength=len(classes))
    hits = np.bincount(truth[off == 0], minlength=len(classes))
    there = set(np.flatnonzero(texts).tolist())
    covered = {c for one in there for c in classes.members(one)}
    there |= set(np.flatnonzero(said).tolist()) - covered
    return Quality(
        accuracy=Share(int((off == 0).sum()), len(truth)),
        within_one=Share(int((off <= 1).sum()), len(truth)) if len(classes.labels) > 2 else None,
        classes=tuple(
            ClassQuality(
                label=c, texts=int(texts[c]), hits=int(hits[c]),
                predicted=int(said[list(classes.members(c))].sum()),
            )
            for c in sorted(there, key=classes.members)
        ),
    )  # fmt: skip


def of_confusion(counts: Sequence[Sequence[int]]) -> Quality | None:
    """The same of a table of true classes (rows) and predicted ones (columns)."""
    table = np.array(counts, int)
    truth, predicted = np.nonzero(table)
    times = table[truth, predicted]
    classes = TrueClasses(("",) * len(table))
    return quality(np.repeat(truth, times), np.repeat(predicted, times), classes)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Texts of about the same confidence.

    Attributes:
        low, high: of their confidence; confidence: its mean.
        right: how many of them are.
    """

    low: float
    high: float
    confidence: float
    right: Share


def calibration(confidence: np.ndarray, right: np.ndarray) -> list[Bin]:
    """Confidence and accuracy (N,) side by side, in `BINS` bins of equal width; no empty ones."""
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        Bin(
            low=n / BINS,
            high=(n + 1) / BINS,
            confidence=float(confidence[at == n].mean()),
            right=Share(int(right[at == n].sum()), int((at == n).sum())),
        )
        for n in np.unique(at).tolist()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of confidence and accuracy, weighted by texts (expected calibration error).

    Naeini et al. 2015, doi 10.1609/aaai.v29i1.9602; Guo et al. 2017, arXiv 1706.04599.
    """
    total = sum(one.right.of for one in bins)
    return sum(one.right.of * abs(one.confidence - one.right.value) for one in bins) / total
