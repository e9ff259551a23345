"""Window: some texts in a row, the unit of the work; all that is drawn depends on it alone.

Axes: B texts of a window, T time steps, E units, D features.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.chunks import CHUNK_TOKENS
from lrp_engine.model.many import is_ordered, words_of_text
from lrp_engine.model.samples import Samples

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Texts of a window; one of long texts is closed early.
TEXTS, TOKENS = 256, 8 * CHUNK_TOKENS
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class Window:
    """Consecutive texts.

    Attributes:
        index: 0, 1, ...; first: place of its first text among all.
        words: per text its words; None where numbers are given.
        values: (B, T, E), (B, D), or ids (B, T); lengths: (B,), where texts are numbers with time.
        labels: (B,) true classes, `NO_LABEL` where none is known.
        answers: per text the right relevance of its steps or words, NaN where there is none.
    """

    index: int
    first: int
    words: list[Sequence[str]] | None
    values: np.ndarray | None
    lengths: np.ndarray | None
    labels: np.ndarray
    answers: list[np.ndarray] | None

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self, rows: Sequence[int] | np.ndarray) -> tuple[Any, Any]:
        """Inputs and lengths of some texts, as `Network.explain` takes them."""
        if self.words is not None:
            return [self.words[row] for row in rows], None
        assert self.values is not None
        return self.values[rows], None if self.lengths is None else self.lengths[rows]

    def samples(self, network: Network) -> Samples:
        inputs, lengths = self.inputs(np.arange(len(self)))
        return samples_of.read(network, inputs, lengths)

    def answers_of_steps(self, samples: Samples) -> list[np.ndarray] | None:
        """The answers for each step that is read; those for words of a text go where these stand.

        Raises:
            InputError: one has other steps and other words than its text; it is named by its place.
        """
        if self.answers is None:
            return None
        return [self._of_steps(samples, row, answer) for row, answer in enumerate(self.answers)]

    def _of_steps(self, samples: Samples, row: int, answer: np.ndarray) -> np.ndarray:
        steps = int(samples.lengths[row])
        if len(answer) in (steps, steps if self.values is None else self.values.shape[1]):
            return answer
        expected = f"one for each of its {steps} steps"
        if samples.alignment is not None:
            typed, places = samples.alignment.typed(row)
            if len(answer) == len(typed):
                return np.array([np.nan if one is None else answer[one] for one in places])
            if len(typed) != steps:
                expected = (
                    f"one for each of its {len(typed)} words, or of the {steps} that are read"
                )
        raise InputError(
            f"`answers` of text {self.first + row} hold {len(answer)} numbers, expected {expected}."
        )


def windows(
    network: Network, texts: Any, labels: Any, answers: Any, lengths: Any
) -> Iterator[Window]:
    """Texts in windows; an iterator of texts is read as it goes.

    Raises:
        InputError: a text, a label or an answer does not fit; it is named by its place.
    """
    array = isinstance(texts, np.ndarray) and texts.dtype.kind not in "OUS"
    rows: Iterable[Any] = range(len(texts)) if array else texts
    for name, given in (("labels", labels), ("answers", answers)):
        one = isinstance(given, (str, bytes, bytearray, Mapping)) or not is_ordered(given)
        if given is not None and one:
            raise InputError(f"{name} is {given!r:.60}, expected one for each text, as a list.")
    labels_left = iter(labels) if labels is not None else None
    answers_left = iter(answers) if answers is not None else None
    real = _lengths(lengths, len(texts) if array else None)
    first = 0
    waiting = iter(rows)
    for index in count():
        block: list[Any] = []
        tokens = 0
        for one in islice(waiting, TEXTS):
            block.append(one if array else words_of_text(network, one, first + len(block)))
            tokens += len(texts[one]) if array else len(block[-1])
            if tokens >= TOKENS:
                break
        if not block:
            return
        yield Window(
            index,
            first,
            None if array else block,
            texts[block] if array else None,
            None if real is None else real[block],
            _labels(network, labels_left, first, len(block)),
            None if answers_left is None else _answers(answers_left, first, len(block)),
        )
        first += len(block)


def _lengths(lengths: Any, count: int | None) -> np.ndarray | None:
    """Real steps (B,) of an array of so many samples; of texts, None."""
    if lengths is None:
        return None
    if count is None:
        raise InputError(
            "Give `lengths` only with an array of ids or vectors; texts and token lists have their "
            "own."
        )
    try:
        shape = np.shape(lengths)
    except ValueError:  # lists of several lengths
        shape = None
    if shape != (count,):
        raise InputError(f"`lengths` is {lengths!r:.40}, expected {count} integers.")
    return np.asarray(lengths)


def _labels(network: Network, labels: Iterator[Any] | None, first: int, count: int) -> np.ndarray:
    if labels is None:
        return np.full(count, NO_LABEL)
    given = list(islice(labels, count))
    if len(given) < count:
        raise InputError(f"There are {first + len(given)} labels, fewer than texts.")
    return np.array([_label(network, one, first + n) for n, one in enumerate(given)])


def _label(network: Network, label: Any, place: int) -> int:
    """The class of a label, by name or number; `NO_LABEL` for None."""
    if label is None:
        return NO_LABEL
    if isinstance(label, str) and label in network.labels:
        return network.labels.index(label)
    if isinstance(label, str) and label.strip().isdecimal():
        label = int(label)
    whole = isinstance(label, (int, np.integer)) and not isinstance(label, bool)
    if whole and 0 <= label < network.classes:
        return int(label)
    listed = ", ".join(map(repr, network.labels[:20]))
    raise InputError(f"The label of text {place} is {label!r:.60}; choose from {listed}.")


def _answers(answers: Iterator[Any], first: int, count: int) -> list[np.ndarray]:
    given: list[np.ndarray] = []
    with contextlib.suppress(TypeError, ValueError):  # then some are missing
        given.extend(np.asarray(one, float) for one in islice(answers, count))
    if len(given) < count or any(one.ndim != 1 for one in given):
        raise InputError(
            f"`answers` from text {first} on do not fit: expected for each text a number for each "
            "of its steps, NaN where the right relevance is not known."
        )
    return given
