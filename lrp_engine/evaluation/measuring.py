"""A window of texts measured: every measure of every explainer. Nothing here knows of processes.

Axes: B texts of a window, N of those that a measure counts, J explainers, chance last, k numbers
of a measure.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.scores import scores_of
from lrp_engine.evaluation.asking import Answers, Who
from lrp_engine.evaluation.documents import documents
from lrp_engine.evaluation.relevances import by_explainer
from lrp_engine.evaluation.text import Asking, Text
from lrp_engine.evaluation.window import NO_LABEL
from lrp_engine.model.chunks import CHUNK_TOKENS

if TYPE_CHECKING:
    from lrp_engine.attribution.work import Cancel
    from lrp_engine.evaluation.measures import Measure
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network

# Texts, and words of them, that are measured together: bounds what is remembered at a time.
GROUP, GROUP_WORDS = 64, 4 * CHUNK_TOKENS


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a window.

    Attributes:
        index: of the window; texts: how many it has.
        values: measure -> (N, J, k). places: measure -> (N,) which texts, among all.
        unexplained: texts whose numbers overflow or that hold no words.
    """

    index: int
    texts: int
    values: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    unexplained: int


def measure_window(network: Network, window: Window, settings: Settings) -> Measured:
    """The numbers of every text, measure and explainer; the same window gives the same numbers."""
    steps = measuring(network, window, settings)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            measured: Measured = end.value
            return measured


def measuring(
    network: Network,
    window: Window,
    settings: Settings,
    *,
    group: int | None = None,
    cancel: Cancel | None = None,
) -> Generator[int, None, Measured]:
    """`measure_window` in steps; yields how many texts each of them was.

    Args:
        group: texts of a step, `GROUP` where None; the numbers do not depend on it.
        cancel: looked at before each batch of passes.

    Raises:
        CancelledError: it was cancelled.
    """
    work = _Work(network, window, settings, cancel)
    of_texts = [one for one in settings.measure_infos if one.scope != "documents"]
    of_documents = [one for one in settings.measure_infos if one.scope == "documents"]
    rows = yield from work.measured(of_texts, group or GROUP)
    if of_documents and settings.pair is not None:
        made = documents(network, window, work.right, settings.pair, seed=settings.seed)
        if made is not None:
            more = _Work(network, made.window, settings, cancel, origins=made.origins)
            rows |= yield from more.measured(of_documents, group or GROUP)
    return Measured(
        window.index,
        len(window),
        {name: np.array([values for _, values in found]) for name, found in rows.items()},
        {name: np.array([place for place, _ in found]) for name, found in rows.items()},
        int((~work.fine).sum()),
    )


class _Work:
    """The texts of a window, their scores, and the relevances that measures need."""

    def __init__(
        self,
        network: Network,
        window: Window,
        settings: Settings,
        cancel: Cancel | None,
        *,
        origins: Sequence[np.ndarray] | None = None,
    ) -> None:
        self.network, self.window, self.settings, self.origins = network, window, settings, origins
        self.cancel = cancel
        self.samples = window.samples(network)
        self.answers = window.answers_of_steps(self.samples)
        every = np.arange(len(window))
        with np.errstate(over="ignore", invalid="ignore"):  # found out below
            self.scores = scores_of(self.samples).astype(np.float64)
        droppable = self.samples.droppable(every)
        self.places = [np.flatnonzero(one) for one in droppable]
        has_words = np.array([len(one) > 0 for one in self.places])
        self.fine = np.isfinite(self.scores).all(axis=1) & has_words
        scores = np.where(self.fine[:, None], self.scores, 0)
        best = scores.argmax(axis=1) if network.has_classes else np.zeros(len(window), int)
        self.asked = best if settings.target is None else np.full(len(window), settings.target)
        self.right = self.fine & (best == window.labels)
        self.wrong = self.fine & (best != window.labels) & (window.labels != NO_LABEL)

    def measured(
        self, measures: Sequence[Measure], group: int
    ) -> Generator[int, None, dict[str, list[tuple[int, np.ndarray]]]]:
        """Measure -> the place of each text that it counts, and its numbers (J, k).

        Yields the texts of each group, none for documents, which are texts once more.
        """
        wanted = {one.name: set(self._rows(one)) for one in measures}
        answers = Answers(
            self.network, self.window, self.samples, self.places, self.settings, self.cancel
        )
        found: dict[str, list[tuple[int, np.ndarray]]] = {}
        for rows in self._groups(group):
            counted = {one: [row for row in rows if row in wanted[one.name]] for one in measures}
            relevances = self._relevances(
                {(row, self._target(one, row)) for one in measures for row in counted[one]}
            )
            asking = {
                who: one
                for measure in measures
                for row in counted[measure]
                for who, one in self._asking(measure, row, relevances)
            }
            done = answers.run(asking)
            answers.forget()
            by_text: dict[tuple[str, int], np.ndarray] = {}
            for who, numbers in done.items():
                nothing = np.full((len(self.settings.explainers), len(numbers)), np.nan)
                by_text.setdefault((who.measure, who.row), nothing)[who.explainer] = numbers
            for (name, row), values in sorted(by_text.items()):
                found.setdefault(name, []).append((self.window.first + row, values))
            yield 0 if self.origins is not None else len(rows)
        return found

    def _groups(self, most: int) -> Iterator[list[int]]:
        """Texts in a row, so many and so many words at a time."""
        group: list[int] = []
        words = 0
        for row in range(len(self.window)):
            group.append(row)
            words += len(self.places[row])
            if len(group) == most or words >= GROUP_WORDS:
                yield group
                group, words = [], 0
        if group:
            yield group

    def _rows(self, measure: Measure) -> list[int]:
        """The texts that a measure counts."""
        can = {"all": self.fine, "documents": self.fine, "right": self.right, "wrong": self.wrong}
        return [
            row
            for row in np.flatnonzero(can[measure.scope]).tolist()
            if measure.fits(len(self.places[row]), self.settings.step) and self._two_classes(row)
        ]

    def _two_classes(self, row: int) -> bool:
        """Whether, of a document, texts of both classes are read to some part."""
        origins = self._origins(row)
        return origins is None or len(np.unique(origins)) > 1

    def _origins(self, row: int) -> np.ndarray | None:
        if self.origins is None:
            return None
        assert self.samples.alignment is not None
        read = self.samples.alignment.places[row]
        return self.origins[row][read[self.places[row]]]

    def _target(self, measure: Measure, row: int) -> int:
        by_label = measure.target == "label" or measure.scope == "documents"
        return int((self.window.labels if by_label else self.asked)[row])

    def _relevances(self, pairs: set[tuple[int, int]]) -> dict[tuple[int, int], np.ndarray]:
        """Text and class -> relevances (J, n), chance last; without texts that overflow."""
        rows, targets = [row for row, _ in sorted(pairs)], [asked for _, asked in sorted(pairs)]
        made = by_explainer(self.network, self.window, rows, targets, self.settings, self.cancel)
        found = {}
        for row, target, values in zip(rows, targets, made, strict=True):
            words = values[:, self.places[row]].astype(np.float64)
            chance = self._text(row, target).rng("chance").normal(size=(1, words.shape[1]))
            found[row, target] = np.concatenate([words, chance])
        return found

    def _asking(
        self, measure: Measure, row: int, relevances: dict[tuple[int, int], np.ndarray]
    ) -> Iterator[tuple[Who, Asking]]:
        target = self._target(measure, row)
        text = self._text(row, target)
        values = relevances[row, target]
        for place, one in enumerate(values if measure.random else values[:-1]):
            if np.isfinite(one).all():
                yield Who(row, target, place, measure.name), measure.function(text, one)

    def _text(self, row: int, target: int) -> Text:
        label, answers = int(self.window.labels[row]), self.answers
        return Text(
            index=self.window.first + row,
            words=len(self.places[row]),
            scores=self.scores[row],
            target=target,
            to_output=self.network.to_output,
            label=None if label == NO_LABEL else label,
            step=self.settings.step,
            seed=self.settings.seed,
            answer=None if answers is None else answers[row][self.places[row]],
            origins=self._origins(row),
        )
