"""Samples: checked inputs of one network, cut into padded chunks.

Axes: B samples, T time steps of the longest, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Bounds the memory of one pass: padded tokens and rows in a chunk.
CHUNK_TOKENS = 8192
CHUNK_ROWS = 1024

MASKED, READ = 1, 2


@dataclass(frozen=True)
class Samples:
    """B checked samples of one network.

    Attributes:
        network: whose inputs they are.
        tokens: per sample, the words (or positions, or features) shown to people.
        unknown: per sample, which words the vocabulary lacks, (n,) bool.
        masks: per sample, which time steps are not masked, (n,) bool.
        ids: per sample, rows of the embedding (n,); None where vectors are given.
        values: (B, T, E) or (B, D); None where ids are given.
        words: whether the tokens are words that the network's tokenizer cuts and pads.
    """

    network: Network
    tokens: tuple[tuple[str, ...], ...]
    unknown: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    ids: tuple[np.ndarray, ...] | None = None
    values: np.ndarray | None = None
    words: bool = False

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def timed(self) -> bool:
        return self.network.input_shape.time

    @property
    def token_kind(self) -> str:
        """What one of `tokens` is called: "word", "step" or "feature"."""
        return "word" if self.values is None else "step" if self.timed else "feature"

    @cached_property
    def lengths(self) -> np.ndarray:
        """Time steps (B,) of each sample."""
        return np.array([len(mask) for mask in self.masks])

    @property
    def width(self) -> int:
        """T, the length of the longest sample."""
        return int(self.lengths.max())

    def chunks(self) -> Iterator[np.ndarray]:
        """Indices of samples of similar length, few enough for one pass."""
        order = np.argsort(self.lengths, kind="stable")
        ascending = self.lengths[order].tolist()
        start = 0
        for end, longest in enumerate(ascending):
            rows = end + 1 - start
            if end > start and (rows > CHUNK_ROWS or rows * longest > CHUNK_TOKENS):
                yield order[start:end]
                start = end
        yield order[start:]

    def padded(self, chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values (b, t, E) or (b, D) in the network's dtype, and kinds of steps (b, t) or (b, 1).

        The kinds: 0 for no step, which only fills up the batch; `MASKED` for a masked step; `READ`
        for any other. Values are 0 where there is no step.
        """
        dtype = self.network.dtype
        if not self.timed:
            assert self.values is not None
            return self.values[chunk], np.full((len(chunk), 1), READ, np.int8)
        lengths = self.lengths[chunk]
        longest = max(1, int(lengths.max()))
        real = np.arange(longest) < lengths[:, None]  # (b, t); masks may leave out more
        steps = np.zeros(real.shape, np.int8)
        steps[real] = np.where(np.concatenate([self.masks[i] for i in chunk]), READ, MASKED)
        if self.values is not None:
            if real.all():
                return self.values[chunk, :longest], steps
            x = np.zeros((*real.shape, self.values.shape[2]), dtype)
            x[:, : self.values.shape[1]] = self.values[chunk, :longest]
            x[~real] = 0
            return x, steps
        assert self.ids is not None
        assert self.network.embedding is not None
        ids = np.full(real.shape, -1)
        ids[real] = np.concatenate([self.ids[i] for i in chunk])
        return self.network.embedding.rows(ids).astype(dtype, copy=False), steps

    def variants(self, chosen: Sequence[tuple[int, np.ndarray]]) -> Samples:
        """Samples of which parts are left out.

        Args:
            chosen: pairs of a sample and which of its n parts stay, (n,) bool. A word or step that
                does not stay is dropped, and words are cut and padded once more; a feature that
                does not stay is 0.
        """
        rows = [row for row, _ in chosen]
        if not self.timed:
            assert self.values is not None
            kept = np.array([stays for _, stays in chosen])
            return replace(
                self,
                tokens=tuple(self.tokens[row] for row in rows),
                unknown=tuple(self.unknown[row] for row in rows),
                masks=tuple(self.masks[row] for row in rows),
                values=np.where(kept, self.values[rows], 0),
            )
        tokens = tuple(tuple(compress(self.tokens[row], stays)) for row, stays in chosen)
        if self.words:
            return from_words(
                self.network,
                tuple(map(tuple, map(self.network.tokenizer.pad_and_truncate, tokens))),
            )
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
            values=values,
        )


def from_words(network: Network, tokens: tuple[tuple[str, ...], ...]) -> Samples:
    """Samples of tokens, already truncated and padded by the network's tokenizer."""
    assert network.vocabulary is not None
    # Words of all samples at once: a loop over samples would cost as much as explaining them.
    keys = network.tokenizer.keys(list(chain.from_iterable(tokens)))
    ids, lacking = network.vocabulary.look_up(keys)
    cuts = list(pairwise(accumulate((len(sample) for sample in tokens), initial=0)))

    def by_sample(array: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(array[start:end] for start, end in cuts)

    return Samples(
        network=network,
        tokens=tokens,
        unknown=by_sample(lacking),
        masks=by_sample(existing(network, ids)),
        ids=by_sample(ids),
        words=True,
    )


def existing(network: Network, ids: np.ndarray) -> np.ndarray:
    """Which ids (n,) are steps that are not masked."""
    assert network.embedding is not None
    return ids != 0 if network.embedding.mask_zero else np.ones(len(ids), bool)
