"""Models that label every word or step: which one is asked about, and all of their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.models.model import Model
from lrp_engine.attribution.padding import entries_of
from lrp_engine.model import inputs
from lrp_engine.render.numbers import percentage
from lrp_engine.render.said import with_unit


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One word or step that has a label.

    Attributes:
        at: its place among what is shown, where padding is one entry.
        position: its place as the engine counts.
        token: as it was read.
    """

    at: int
    position: int
    token: str


def of_text(model: Model, text: str) -> tuple[Labelled, ...]:
    """Every word or step of a text that has a label; none is padding or a mark."""
    samples = inputs.read(model.network, model.input(text))
    words = np.flatnonzero(samples.droppable(np.array([0]))[0])
    padding = np.zeros(len(samples.tokens[0]), bool)
    if samples.padding is not None:
        padding = samples.padding[0]
    starts = entries_of(padding)
    places = np.searchsorted(starts, words, side="right") - 1
    return tuple(
        Labelled(at=int(at), position=int(word), token=samples.tokens[0][word])
        for at, word in zip(places, words, strict=True)
    )


def chosen(labelled: Sequence[Labelled], pick: int | None) -> Labelled | None:
    """The one that is picked among what is shown, else the first; None where there is none."""
    first = labelled[0] if labelled else None
    return next((one for one in labelled if one.at == pick), first)


def figures(model: Model, scores: np.ndarray) -> list[tuple[str, str]]:
    """Per step of scores (T, C): its label and the probability, or its first value and nothing."""
    network = model.network
    if network.has_classes:
        shares, best = network.to_output(scores.astype(np.float64)), scores.argmax(axis=1)
        return [(network.labels[c], percentage(float(shares[t, c]))) for t, c in enumerate(best)]
    return [(with_unit(float(value), 0, network.value_units), "") for value in scores[:, 0]]
