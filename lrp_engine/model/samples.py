"""Samples: checked inputs of one network, cut into padded chunks.

Axes: B samples, T time steps of the longest, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import device
from lrp_engine.model.chunks import in_chunks, is_all, rounded_up
from lrp_engine.model.reads import Reads, existing
from lrp_engine.model.text.alignment import Alignment
from lrp_engine.model.text.cutters import CutText
from lrp_engine.model.text.ids import KNOWN
from lrp_engine.model.text.layout import PAD, filled_up, lay_out, steps_of

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

MASKED, READ = 1, 2
# Added to the kind of the one step whose scores are read, of networks that label steps.
EXPLAINED = 4
# Added to the kind of the first step of each input, of networks that read several.
BEGINS = 8


def steps_of_chunk(samples: Samples, lengths: np.ndarray) -> int:
    """Time steps t of samples with so many (b,), in one pass: of the longest, or a few more."""
    longest = max(1, int(lengths.max()))  # an empty text is one step of padding
    if samples.reads.length is None and device.compiles(samples.network.device):
        return rounded_up(longest)
    return longest


@dataclass(frozen=True)
class Samples:
    """B checked samples of one input.

    Attributes:
        reads: what reads them: a network of one input, or one input of several.
        tokens: per sample, the words (or positions, or features) shown to people.
        unknown: per sample, which words the vocabulary lacks, (n,) bool.
        masks: per sample, which time steps are not masked, (n,) bool.
        ids: per sample, rows of the embedding (n,); None where vectors are given.
        values: (B, T, E) or (B, D); None where ids are given.
        padding: per sample, which time steps only fill it up, (n,) bool; None: none does.
        alignment: where words stand in the texts; None where no words are given.
        positions: (B,) the step whose scores are read, of a network that labels steps.
        emptied: per sample, which time steps are read as vectors of zeros, (n,) bool; None: none.
    """

    reads: Reads
    tokens: tuple[tuple[str, ...], ...]
    unknown: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    ids: tuple[np.ndarray, ...] | None = None
    values: np.ndarray | None = None
    padding: tuple[np.ndarray, ...] | None = None
    alignment: Alignment | None = None
    positions: np.ndarray | None = None
    emptied: tuple[np.ndarray, ...] | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def network(self) -> Network:
        """Whose input they are."""
        network: Network = self.reads.network
        return network

    @property
    def timed(self) -> bool:
        return self.reads.input_shape.time

    @property
    def token_kind(self) -> str:
        """What one of `tokens` is called: "word", "step" or "feature"."""
        return "word" if self.values is None else "step" if self.timed else "feature"

    @cached_property
    def lengths(self) -> np.ndarray:
        """Time steps (B,) of each sample."""
        return np.array([len(mask) for mask in self.masks])

    @property
    def labelled(self) -> Samples:
        """The samples whose steps have labels, of networks that label steps."""
        return self

    def labelled_at(self, positions: np.ndarray | None) -> Samples:
        """The same samples, of which the scores of one step (B,) are read."""
        return replace(self, positions=positions)

    @property
    def width(self) -> int:
        """T, the length of the longest sample."""
        return int(self.lengths.max())

    def chunks(self) -> Iterator[np.ndarray]:
        """Indices of samples of similar length, few enough for one pass."""
        return in_chunks(self.network, *self._sizes)

    @property
    def _sizes(self) -> tuple[np.ndarray, int]:
        """Steps (B,) of each sample, and at most so many units of one."""
        return self.lengths, self.reads.input_shape.units

    def padded(self, chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values (b, t, E) or (b, D) in the network's dtype, and kinds of steps (b, t) or (b, 1).

        The kinds: 0 for no step, which only fills up the batch; `MASKED` for a masked step; `READ`
        for any other; and `EXPLAINED` more at a step of `positions`. Values are 0 where there is
        no step.
        """
        x, steps = self._padded(chunk)
        if self.positions is not None:
            steps[np.arange(len(chunk)), self.positions[chunk]] += EXPLAINED
        if self.emptied is not None:
            x = np.array(x)
            for n, row in enumerate(chunk.tolist()):
                x[n, : len(self.emptied[row])][self.emptied[row]] = 0
        return x, steps

    def _padded(self, chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dtype = self.reads.dtype
        if not self.timed:
            assert self.values is not None
            return self.values[chunk], np.full((len(chunk), 1), READ, np.int8)
        lengths = self.lengths[chunk]
        longest = steps_of_chunk(self, lengths)
        real = np.arange(longest) < lengths[:, None]  # (b, t); masks may leave out more
        steps = np.zeros(real.shape, np.int8)
        steps[real] = np.where(np.concatenate([self.masks[i] for i in chunk]), READ, MASKED)
        if self.values is not None:
            if real.all():
                rows = self.values[:, :longest]
                # The rows themselves, or copies.
                return rows if is_all(chunk, len(rows)) else rows[chunk], steps
            x = np.zeros((*real.shape, self.values.shape[2]), dtype)
            x[:, : self.values.shape[1]] = self.values[chunk, :longest]
            x[~real] = 0
            return x, steps
        assert self.ids is not None
        embedding = self.reads.embedding
        assert embedding is not None
        ids = np.full(real.shape, -1)
        ids[real] = np.concatenate([self.ids[i] for i in chunk])
        return embedding.rows(ids).astype(dtype, copy=False), steps

    def droppable(self, chunk: np.ndarray) -> np.ndarray:
        """Which parts (b, t) of samples can be left out: all but padding and marks."""
        if not self.timed:
            return np.ones((len(chunk), self.reads.input_shape.units), bool)
        counts = self.lengths[chunk]
        can = np.arange(max(1, int(counts.max()))) < counts[:, None]
        if self.alignment is not None:
            can[can] = np.concatenate([self.alignment.places[i] for i in chunk]) >= 0
        elif self.padding is not None:
            can[can] = ~np.concatenate([self.padding[i] for i in chunk])
        return can

    def variants(self, chosen: Sequence[tuple[int, np.ndarray]]) -> Samples:
        """Samples of which parts are left out.

        Args:
            chosen: pairs of a sample and which of its n parts stay, (n,) bool. A word or step that
                does not stay is dropped, and words are marked, cut and padded once more; a feature
                that does not stay is 0, and so is a step where the number of steps is fixed. What
                is not `droppable` among words always stays. Where each word has a label, all keep
                their places: one that does not stay is a vector of zeros.

        `removals` has other ways to leave parts out.
        """
        if self.positions is not None:
            return self.zeroed(chosen)
        if self.alignment is not None:
            return self._words_left(chosen)
        rows = [row for row, _ in chosen]
        if self.reads.length is not None and self.ids is not None:
            return self._filled_up(chosen)
        if not self.timed or self.reads.length is not None:
            assert self.values is not None
            kept = np.array([stays for _, stays in chosen])
            kept = kept[..., None] if self.timed else kept
            return replace(
                self,
                tokens=tuple(self.tokens[row] for row in rows),
                unknown=tuple(self.unknown[row] for row in rows),
                masks=tuple(self.masks[row] for row in rows),
                values=np.where(kept, self.values[rows], 0),
            )
        tokens = tuple(tuple(compress(self.tokens[row], stays)) for row, stays in chosen)
        values = None
        if self.values is not None:
            values = np.zeros((len(chosen), max(map(len, tokens)), *self.values.shape[2:]),
                              self.values.dtype)  # fmt: skip
            for n, (row, stays) in enumerate(chosen):
                values[n, : len(tokens[n])] = self.values[row, : len(stays)][stays]
        return replace(
            self,
            tokens=tokens,
            unknown=tuple(self.unknown[row][stays] for row, stays in chosen),
            masks=tuple(self.masks[row][stays] for row, stays in chosen),
            ids=self.ids and tuple(self.ids[row][stays] for row, stays in chosen),
            padding=self.padding and tuple(self.padding[row][stays] for row, stays in chosen),
            values=values,
        )

    def pick(self, rows: Sequence[int]) -> Samples:
        """Some of the samples, each as often as it is named; where words stand is forgotten."""

        def of_rows(parts: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(parts[row] for row in rows)

        return replace(
            self,
            tokens=of_rows(self.tokens),
            unknown=of_rows(self.unknown),
            masks=of_rows(self.masks),
            ids=self.ids and of_rows(self.ids),
            padding=self.padding and of_rows(self.padding),
            values=None if self.values is None else self.values[list(rows)],
            alignment=None,
            positions=None if self.positions is None else self.positions[list(rows)],
            emptied=self.emptied and of_rows(self.emptied),
        )

    def some(self, rows: Sequence[int]) -> Samples:
        """Some of the samples, with where their words stand."""
        return replace(self.pick(rows), alignment=self.alignment and self.alignment.pick(rows))

    def zeroed(self, chosen: Sequence[tuple[int, np.ndarray]]) -> Samples:
        """The same samples with vectors of zeros in the place of what does not stay."""
        picked = self.pick([row for row, _ in chosen])
        return replace(picked, emptied=tuple(~stays for _, stays in chosen))

    def _filled_up(self, chosen: Sequence[tuple[int, np.ndarray]]) -> Samples:
        """Ids without some of those read, filled up with padding on the tokenizer's side."""
        assert self.ids is not None
        tokenizer, length = self.reads.tokenizer, self.reads.length
        named = self.reads.text_ids.pad if self.reads.vocabulary else None
        pad = (tokenizer.pad_id or 0) if named is None else named
        side = tokenizer.pad or "pre"

        def filled(parts: Sequence[np.ndarray], value: int) -> tuple[np.ndarray, ...]:
            return tuple(
                filled_up(parts[row][stays], length or 0, side, value) for row, stays in chosen
            )

        ids = filled(self.ids, pad)
        return replace(
            self,
            tokens=tuple(tuple(f"#{i}" for i in sample) for sample in ids),
            unknown=tuple(unknown.astype(bool) for unknown in filled(self.unknown, 0)),
            masks=tuple(existing(self.reads, sample) for sample in ids),
            ids=ids,
            padding=None,
        )

    def _words_left(self, chosen: Sequence[tuple[int, np.ndarray]]) -> Samples:
        """Words without some of those read, laid out as the text would be without them."""
        assert self.alignment is not None
        assert self.ids is not None
        tokenizer, alignment = self.reads.tokenizer, self.alignment
        steps, laid_out, places = steps_of(tokenizer), [], []
        for row, stays in chosen:
            before = alignment.places[row]
            kept = np.flatnonzero(stays & (before >= 0))
            read = lay_out(tokenizer, steps, kept, np.zeros(len(before), np.int8))
            laid_out.append((self.tokens[row], self.ids[row], self.unknown[row], read))
            places.append(np.where(read >= 0, before[read] if len(before) else read, read))
        rows = [row for row, _ in chosen]
        words = Alignment(
            tokenizer,
            tuple(alignment.texts[row] for row in rows),
            tuple(alignment.why[row] for row in rows),
            tuple(places),
        )
        return _from_layout(self.reads, laid_out, words)


def from_words(reads: Reads, texts: Sequence[Sequence[str]]) -> Samples:
    """Samples of words as they were cut or given, looked up and laid out by the tokenizer."""
    tokenizer = reads.tokenizer
    words = texts
    if tokenizer.leaves_out_some:  # a text's words are already without them
        words = [
            text if isinstance(text, CutText) else [w for w in text if not tokenizer.leaves_out(w)]
            for text in texts
        ]
    # Words of all samples at once: a loop over samples would cost as much as explaining them.
    ids, why = reads.text_ids.look_up(tokenizer.keys(list(chain.from_iterable(words))))
    cuts = list(pairwise(accumulate((len(sample) for sample in words), initial=0)))

    def by_sample(array: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(array[start:end] for start, end in cuts)

    ids_of, why_of, unknown_of = by_sample(ids), by_sample(why), by_sample(why != KNOWN)
    every = np.arange(max((len(sample) for sample in words), default=0))
    steps = steps_of(tokenizer)
    places = tuple(every[: len(sample)] for sample in words)
    if steps:
        places = tuple(lay_out(tokenizer, steps, p, w) for p, w in zip(places, why_of, strict=True))
    alignment = Alignment(tokenizer, tuple(texts), why_of, places)
    if steps:
        return _from_layout(
            reads, list(zip(words, ids_of, unknown_of, places, strict=True)), alignment
        )
    return Samples(
        reads=reads,
        tokens=tuple(text if isinstance(text, tuple) else tuple(text) for text in words),
        unknown=unknown_of,
        masks=by_sample(existing(reads, ids)),
        ids=ids_of,
        alignment=alignment,
    )


def _from_layout(
    reads: Reads,
    laid_out: Sequence[tuple[Sequence[str], np.ndarray, np.ndarray, np.ndarray]],
    alignment: Alignment,
) -> Samples:
    """Samples of words, their ids and whether they are unknown, and which of them are read."""
    extra = reads.text_ids.by_place
    names = reads.text_ids.names_by_place
    ids = tuple(np.concatenate([ids, extra])[read] for _, ids, _, read in laid_out)
    return Samples(
        reads=reads,
        tokens=tuple(
            tuple(map([*words, *names].__getitem__, read.tolist()))
            for words, _, _, read in laid_out
        ),
        unknown=tuple(
            np.concatenate([unknown, np.zeros(len(extra), bool)])[read]
            for _, _, unknown, read in laid_out
        ),
        masks=tuple(existing(reads, one) for one in ids),
        ids=ids,
        padding=tuple(read == PAD for *_, read in laid_out) if reads.tokenizer.pad else None,
        alignment=alignment,
    )
