"""The bundled models and the texts that they were not trained on, split as they were trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lrp_engine
from app import settings
from lrp_engine import Network
from sample_models import common
from sample_models.attention import train as attention
from sample_models.sentiment import train as sentiment
from sample_models.spam import mails
from sample_models.spam import train as spam

MODELS = settings.REPOSITORY / "sample_models"
LEAST_WORDS = 5
MAILS = 260  # all that are read wrongly, others at random: they are long
# Of these so many at random are measured unless told otherwise: an evening, not a night.
TEXTS = {"sentiment": 300, "attention": 300, "mail": 100}
VALIDATION, TEST = "validation", "test"


@dataclass(frozen=True, kw_only=True)
class Task:
    """A model with labelled texts."""

    model: str
    network: Network
    texts: list[str]
    labels: list[str]


def _reviews(part: str, folder: Path) -> sentiment.Sentences:
    archive = common.fetch(sentiment.SENTENCES, folder)
    _, validation, test = sentiment.split(sentiment.read_sentences(archive))
    return validation if part == VALIDATION else test


def _sentiment(part: str, folder: Path) -> Task:
    found = _reviews(part, folder)
    return Task(
        model="sentiment",
        network=lrp_engine.load(MODELS / "sentiment"),
        texts=list(found.texts),
        labels=[sentiment.LABELS[c] for c in found.classes],
    )


def _attention(part: str, folder: Path) -> Task:
    found = attention.clear(_reviews(part, folder))
    return Task(
        model="attention",
        network=_network("attention", "model.keras"),
        texts=list(found.texts),
        labels=[attention.LABELS[int(rating > 0)] for rating in found.ratings],
    )


def _mail(part: str, folder: Path) -> Task:
    every = mails.read_mails(common.fetch(spam.MAILS, folder), least=spam.LEAST_WORDS)
    keys = [common.key_of(text) for text in every.texts]
    _, validation, test = common.split_by_hash(keys, 0.8, 0.9)
    found = every.pick(validation if part == VALIDATION else test)
    return Task(
        model="mail",
        network=_network("spam", "model.pt"),
        texts=list(found.texts),
        labels=[spam.LABELS[c] for c in found.classes],
    )


def _network(folder: str, file: str) -> Network:
    here = MODELS / folder
    return lrp_engine.load(here / file, vocabulary=here / "vocabulary.txt", spec=here / "spec.json")


_TASKS: dict[str, Callable[[str, Path], Task]] = {
    "sentiment": _sentiment,
    "attention": _attention,
    "mail": _mail,
}


def tasks(part: str, folder: Path, most: Mapping[str, int] | None = None) -> Iterator[Task]:
    """Each model with its validation or test texts; those of under five words are left out.

    Args:
        folder: for the pinned files that the training scripts download.
        most: model -> so many texts of it, drawn at random; None for all.
    """
    for name, make in _TASKS.items():
        task = make(part, folder)
        chosen = [n for n, text in enumerate(task.texts)
                  if len(task.network.tokenizer(text)) >= LEAST_WORDS]  # fmt: skip
        task = _picked(task, chosen)
        if name == "mail":
            task = _picked(task, _some_mails(task))
        if most is not None:
            drawn = np.random.default_rng(1).permutation(len(task.texts))[: most[name]]
            task = _picked(task, sorted(drawn.tolist()))
        yield task


def _picked(task: Task, rows: list[int]) -> Task:
    return Task(
        model=task.model,
        network=task.network,
        texts=[task.texts[n] for n in rows],
        labels=[task.labels[n] for n in rows],
    )


def _some_mails(task: Task) -> list[int]:
    predicted = task.network.predict(task.texts).argmax(axis=1)
    truth = np.array([task.network.labels.index(label) for label in task.labels])
    wrong = np.flatnonzero(predicted != truth)
    right = np.random.default_rng(0).permutation(np.flatnonzero(predicted == truth))
    rows: list[int] = np.sort(np.concatenate([wrong, right[: MAILS - len(wrong)]])).tolist()
    return rows
