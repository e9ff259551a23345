"""Samples of several inputs, joined: what a pass reads at once, and the way back to each input.

A pass reads one row of numbers for each sample, the inputs one after the other, each padded to its
longest; the kinds of steps say where an input begins. Words, steps and features of a sample stand
one after the other as well, without padding.

Axes: B samples, b of a chunk, N numbers of a row, S steps of a row (an input without a time axis
has one), n words, steps and features of a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.model.baselines import baseline_of
from lrp_engine.model.samples import BEGINS, Samples
from lrp_engine.model.shapes import WORDS

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

    Chosen = Sequence[tuple[int, np.ndarray]]


@dataclass(frozen=True, eq=False)
class JoinedSamples(Samples):
    """B checked samples of a network of several inputs.

    Attributes:
        parts: the samples of each input, by its name.
        held: names of the inputs that are constants: what they receive is counted, and nothing of
            them is left out.
    """

    parts: Mapping[str, Samples] = field(default_factory=dict)
    held: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, network: Network, parts: Mapping[str, Samples], held: frozenset[str] = frozenset()
    ) -> JoinedSamples:
        """Of as many samples of each input."""
        several = list(parts.values())
        rows = range(len(several[0]))
        return cls(
            reads=network,
            tokens=tuple(tuple(chain(*(part.tokens[n] for part in several))) for n in rows),
            unknown=tuple(np.concatenate([part.unknown[n] for part in several]) for n in rows),
            masks=tuple(np.concatenate([part.masks[n] for part in several]) for n in rows),
            positions=next((p.positions for p in several if p.positions is not None), None),
            parts=parts,
            held=held,
        )

    @property
    def timed(self) -> bool:
        return True

    @property
    def token_kind(self) -> str:
        """What one of the words, steps or features is called, where the inputs are of one kind."""
        kinds = {part.token_kind for name, part in self.parts.items() if name not in self.held}
        return kinds.pop() if len(kinds) == 1 else "input value"

    @property
    def labelled(self) -> Samples:
        shapes = self.network.shapes
        words = (p for name, p in self.parts.items() if p.timed and shapes[name].steps == WORDS)
        return next(words, next(iter(self.parts.values())))

    def labelled_at(self, positions: np.ndarray | None) -> JoinedSamples:
        parts = {
            name: part.labelled_at(positions) if part is self.labelled else part
            for name, part in self.parts.items()
        }
        return replace(self, parts=parts, positions=positions)

    @cached_property
    def tied(self) -> frozenset[str]:
        """Inputs whose steps are merged one by one, so that none of them can be dropped alone."""
        timed = [name for name, part in self.parts.items() if part.timed]
        same = [name for name in timed if self.network.shapes[name].steps == WORDS]
        return frozenset(same if len(same) > 1 else ())

    @property
    def _sizes(self) -> tuple[np.ndarray, int]:
        parts = self.parts.values()
        steps = sum(part.lengths if part.timed else np.ones(len(self), int) for part in parts)
        return np.asarray(steps), max(part.reads.input_shape.units for part in parts)

    def padded(self, chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers (b, N), and kinds of steps (b, S), see `Samples.padded` and `BEGINS`."""
        x, steps = zip(*(part.padded(chunk) for part in self.parts.values()), strict=True)
        for kinds in steps:
            kinds[:, 0] += BEGINS
        return _flat(x), np.concatenate(steps, axis=1)

    def baseline(self, chunk: np.ndarray, name: str) -> np.ndarray:
        """Numbers (b, N) with a baseline in the place of what is droppable; inputs held stay."""
        starts = []
        for called, part in self.parts.items():
            x, _ = part.padded(chunk)
            starts.append(x if called in self.held else baseline_of(part, chunk, x, name))
        return _flat(starts)

    def numbers_by_input(self, chunk: np.ndarray, flat: np.ndarray) -> dict[str, np.ndarray]:
        """By input, its own (b, t, E) or (b, D) of numbers (b, N)."""
        found, start = {}, 0
        for name, part in self.parts.items():
            units = part.reads.input_shape.units
            steps = max(1, int(part.lengths[chunk].max())) if part.timed else 1
            own = flat[:, start : start + steps * units]
            found[name] = own.reshape(len(chunk), steps, units) if part.timed else own
            start += steps * units
        return found

    def words_by_input(self, chunk: np.ndarray, of_words: np.ndarray) -> dict[str, np.ndarray]:
        """By input, its own (b, t) or (b, D), padded, of values (b, n) of all words."""
        found = {}
        for name, there, here in self._places(chunk, of_words.shape[1]):
            found[name] = np.zeros(there.shape, of_words.dtype)
            found[name][there] = of_words[here]
        return found

    def droppable(self, chunk: np.ndarray) -> np.ndarray:
        """Which words, steps and features (b, n) can be left out: of inputs that are not held."""
        can = np.zeros((len(chunk), max(1, int(self.lengths[chunk].max()))), bool)
        for name, there, here in self._places(chunk, can.shape[1]):
            if name not in self.held:
                can[here] = self.parts[name].droppable(chunk)[there]
        return can

    def _places(
        self, chunk: np.ndarray, width: int
    ) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """By input, which entries are its own: (b, t) in its padded arrays, (b, n) among all."""
        at, start = np.arange(width), np.zeros(len(chunk), int)
        for name, part in self.parts.items():
            counts = part.lengths[chunk]
            there = np.arange(max(1, int(counts.max()))) < counts[:, None]
            here = (at >= start[:, None]) & (at < (start + counts)[:, None])
            yield name, there, here
            start = start + counts

    def variants(self, chosen: Chosen) -> JoinedSamples:
        """As of `Samples`, each input in its way; steps of inputs that are merged step by step
        keep their places, and are vectors of zeros."""
        return self.without(Samples.variants, chosen)

    def zeroed(self, chosen: Chosen) -> JoinedSamples:
        return self.without(Samples.zeroed, chosen)

    def without(
        self, leave_out: Callable[[Samples, Chosen], Samples], chosen: Chosen
    ) -> JoinedSamples:
        """The same in a way of `removals`."""
        parts, starts = {}, np.zeros(len(self), int)
        for name, part in self.parts.items():
            own = [
                (row, stays[starts[row] : starts[row] + part.lengths[row]]) for row, stays in chosen
            ]
            if name in self.held:
                parts[name] = part.pick([row for row, _ in chosen])
            elif leave_out is Samples.variants and name in self.tied:
                parts[name] = Samples.zeroed(part, own)
            else:
                parts[name] = leave_out(part, own)
            starts = starts + part.lengths
        return JoinedSamples.of(self.network, parts, self.held)


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)
