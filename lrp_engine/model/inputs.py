"""Inputs of any kind become samples; samples become padded chunks.

Axes: B samples, T time steps of the longest, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError

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
            return _from_words(self.network, tuple(map(_fitted(self.network), tokens)))
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


def read(network: Network, inputs: Any, lengths: Any = None) -> Samples:
    """Check inputs of any supported kind.

    Raises:
        InputError: they are of no supported kind, or do not fit the network.
    """
    array = np.asarray(inputs) if hasattr(inputs, "dtype") else None
    if array is None or array.dtype.kind in "OUT":  # texts, also in arrays and pandas columns
        inputs = inputs if array is None else array.tolist()
        inputs = [inputs] if isinstance(inputs, str) else _listed(inputs)
        kind = _common_kind(inputs)
        if kind is str:
            _only_for_arrays(lengths)
            return _from_words(network, tuple(tuple(network.tokenizer(t)) for t in inputs))
        if kind is list:
            words = [_listed(sample) for sample in inputs]
            text = [isinstance(word, str) for sample in words for word in sample]
            if all(text):
                _only_for_arrays(lengths)
                return _from_words(network, tuple(map(_fitted(network), words)))
            if any(text):
                raise InputError(f"A token list holds more than words. {_expected(network)}")
            kinds = {type(i) for sample in words for i in sample}
            whole = all(issubclass(kind, (int, np.integer)) and kind is not bool for kind in kinds)
            if whole and network.input_shape.time:
                _only_for_arrays(lengths)
                _needs_embedding(network)
                return _from_ids(network, [_ids(network, n, ids) for n, ids in enumerate(words)])
        try:
            array = np.array(inputs)
        except ValueError:
            raise InputError(f"The inputs have unequal shapes. {_expected(network)}") from None
    return _from_array(network, array, lengths)


def _from_array(network: Network, array: np.ndarray, lengths: Any) -> Samples:
    if array.dtype.kind not in "iuf":
        raise InputError(f"The inputs hold {array.dtype}. {_expected(network)}")
    if array.ndim == 0 or len(array) == 0:
        raise InputError(f"There is nothing to explain: the inputs are empty. {_expected(network)}")
    if not network.input_shape.time:
        _only_for_arrays(lengths, why="a network without a time axis has none")
        return _from_features(network, array)
    if array.dtype.kind in "iu" and array.ndim == 2:
        _needs_embedding(network)
        real = _lengths(lengths, array)
        return _from_ids(network, [row[:n] for row, n in zip(array, real, strict=True)])
    return _from_vectors(network, array, lengths)


def _listed(inputs: Any) -> list:
    if isinstance(inputs, (bytes, bytearray, Mapping, Set)) or hasattr(inputs, "columns"):
        raise InputError(
            f"The inputs are {type(inputs).__name__}, expected texts, token lists or an array. "
            "Decode bytes, pick one column of a table, list the values of a mapping or set."
        )
    try:
        return list(inputs)
    except TypeError:
        raise InputError(
            f"The inputs are {type(inputs).__name__}, expected texts, token lists or an array."
        ) from None


def _common_kind(inputs: list) -> type | None:
    if not inputs:
        raise InputError("There is nothing to explain: the inputs are empty.")
    kinds = [_kind(one) for one in inputs]
    if len(set(kinds)) > 1:
        odd = next(n for n, kind in enumerate(kinds) if kind is not kinds[0])
        raise InputError(
            f"The inputs mix kinds: input 0 is {type(inputs[0]).__name__}, "
            f"input {odd} is {type(inputs[odd]).__name__}. Give all texts or all token lists."
        )
    return kinds[0]


def _kind(one: Any) -> type | None:
    flat = isinstance(one, (list, tuple)) or (isinstance(one, np.ndarray) and one.ndim == 1)
    return str if isinstance(one, str) else list if flat else None


def _expected(network: Network) -> str:
    shape = network.input_shape
    if not shape.time:
        return f"Expected a float array (B, {shape.units}) of features."
    kinds = f"a float array (B, T, {shape.units}) of vectors"
    if network.embedding is not None:
        kinds += " or an integer array (B, T) of ids"
    if network.vocabulary is not None:
        kinds = "texts, token lists, " + kinds
    return f"Expected {kinds}."


def _only_for_arrays(lengths: Any, why: str = "texts and token lists have their own") -> None:
    if lengths is not None:
        raise InputError(f"Give `lengths` only with an array of ids or vectors; {why}.")


def _needs_embedding(network: Network) -> None:
    if network.embedding is None:
        raise InputError(f"This network has no embedding to look ids up in. {_expected(network)}")


def _fitted(network: Network) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Cuts and pads words as the network's tokenizer does."""
    return lambda words: tuple(network.tokenizer.fit(words))


def _from_words(network: Network, tokens: tuple[tuple[str, ...], ...]) -> Samples:
    """Samples of tokens, already truncated and padded by the network's tokenizer."""
    if network.vocabulary is None:
        raise InputError(
            f"This network has no vocabulary, so it cannot read words. {_expected(network)} "
            "Or load it with vocabulary=..., and embeddings=... where it has none."
        )
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
        masks=by_sample(_real(network, ids)),
        ids=by_sample(ids),
        words=True,
    )


def _from_ids(network: Network, ids: Sequence[np.ndarray]) -> Samples:
    assert network.embedding is not None
    rows = len(network.embedding.table)
    for n, sample in enumerate(ids):
        wrong = sample[(sample < 0) | (sample >= rows)]
        if len(wrong):
            raise InputError(f"Input {n} holds id {wrong[0]}; ids go from 0 to {rows - 1}.")
    vocabulary = network.vocabulary
    return Samples(
        network=network,
        tokens=tuple(
            tuple(vocabulary.words(s) if vocabulary else (f"#{i}" for i in s)) for s in ids
        ),
        unknown=tuple(np.zeros(len(sample), bool) for sample in ids),
        masks=tuple(_real(network, sample) for sample in ids),
        ids=tuple(ids),
    )


def _ids(network: Network, n: int, ids: list) -> np.ndarray:
    try:
        return np.array(ids, np.int64)
    except OverflowError:
        raise InputError(f"Input {n} holds an id that is far too large.") from None


def _real(network: Network, ids: np.ndarray) -> np.ndarray:
    assert network.embedding is not None
    return ids != 0 if network.embedding.mask_zero else np.ones(len(ids), bool)


def _from_vectors(network: Network, values: np.ndarray, lengths: Any) -> Samples:
    units = network.input_shape.units
    if values.ndim != 3 or values.shape[2] != units:
        raise InputError(f"The inputs have shape {values.shape}. {_expected(network)}")
    real = _lengths(lengths, values)
    values = _cast(network, values)
    if not np.isfinite(values).all():  # else there is no need to look sample by sample
        for n, length in enumerate(real):
            _finite(values[n, :length], n)
    names = tuple(f"t{t}" for t in range(values.shape[1]))
    return Samples(
        network=network,
        tokens=tuple(names[:n] for n in real),
        unknown=tuple(np.zeros(n, bool) for n in real),
        masks=tuple(np.ones(n, bool) for n in real),
        values=values,
    )


def _from_features(network: Network, values: np.ndarray) -> Samples:
    units = network.input_shape.units
    if values.ndim != 2 or values.shape[1] != units:
        raise InputError(f"The inputs have shape {values.shape}. {_expected(network)}")
    values = _cast(network, values)
    for n, row in enumerate(values):
        _finite(row, n)
    return Samples(
        network=network,
        tokens=(network.features,) * len(values),
        unknown=(np.zeros(units, bool),) * len(values),
        masks=(np.ones(units, bool),) * len(values),
        values=values,
    )


def _lengths(lengths: Any, array: np.ndarray) -> np.ndarray:
    count, longest = array.shape[:2]
    if lengths is None:
        return np.full(count, longest)
    try:
        real = np.asarray(lengths)
    except ValueError:
        raise InputError(f"`lengths` must be {count} integers, one per sample.") from None
    if real.shape != (count,) or real.dtype.kind not in "iu":
        raise InputError(
            f"`lengths` has shape {real.shape} of {real.dtype}, expected ({count},) integers."
        )
    if real.min() < 0 or real.max() > longest:
        worst = real.min() if real.min() < 0 else real.max()
        raise InputError(f"`lengths` must lie between 0 and {longest}, found {worst}.")
    return real


def _cast(network: Network, values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # infinity is named by `_finite`
        return values.astype(network.dtype, copy=False)


def _finite(values: np.ndarray, n: int) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"Input {n} holds numbers that are not finite (NaN or infinity).")
