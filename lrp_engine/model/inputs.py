"""Inputs of any kind, checked, become samples.

Axes: B samples, T time steps of the longest, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.model.samples import Samples, existing, from_words, padding_id
from lrp_engine.model.text.cutters import CutText

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def read(network: Network, inputs: Any, lengths: Any = None) -> Samples:
    """Check inputs of any supported kind.

    Raises:
        InputError: they are of no supported kind, or do not fit the network.
    """
    samples = _read(network, inputs, lengths)
    wrong = np.flatnonzero(samples.lengths != network.length)
    if network.length is not None and len(wrong):
        raise InputError(
            f"This network reads exactly {network.length} time steps; input {wrong[0]} has "
            f"{samples.lengths[wrong[0]]}. Fill it up or cut it; of texts its tokenizer does that: "
            f'spec={{"tokenizer": {{"length": {network.length}, "pad": "pre"}}}}.'
        )
    return samples


def _read(network: Network, inputs: Any, lengths: Any) -> Samples:
    array = np.asarray(inputs) if hasattr(inputs, "dtype") else None
    if array is None or array.dtype.kind in "OUT":  # texts, also in arrays and pandas columns
        inputs = inputs if array is None else array.tolist()
        inputs = [inputs] if isinstance(inputs, str) else _listed(inputs)
        kind = _common_kind(inputs)
        if kind is str:
            _only_for_arrays(lengths)
            return _words(network, [network.tokenizer.cut(text) for text in inputs])
        if kind is list:
            words = [one if isinstance(one, CutText) else _listed(one) for one in inputs]
            text = [isinstance(word, str) for sample in words for word in sample]
            if all(text):
                _only_for_arrays(lengths)
                return _words(network, words)
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


def words_of_text(network: Network, text: Any, place: int) -> Sequence[str]:
    """The words of one text of many, given as a text or as its words.

    Raises:
        InputError: it is neither; it is named by its place.
    """
    if isinstance(text, str):
        return network.tokenizer.cut(text)
    if isinstance(text, (list, tuple)) and all(isinstance(word, str) for word in text):
        return list(text)
    raise InputError(
        f"Text {place} is {type(text).__name__} ({text!r:.60}), expected a text or a list of words."
    )


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


def _words(network: Network, words: Sequence[Sequence[str]]) -> Samples:
    if network.vocabulary is None:
        raise InputError(
            f"This network has no vocabulary, so it cannot read words. {_expected(network)} "
            "Or load it with vocabulary=..., and embeddings=... where it has none."
        )
    return from_words(network, words)


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
            tuple(network.text_ids.words(s.tolist()) if vocabulary else (f"#{i}" for i in s))
            for s in ids
        ),
        unknown=tuple(np.zeros(len(sample), bool) for sample in ids),
        masks=tuple(existing(network, sample) for sample in ids),
        ids=tuple(ids),
        padding=_padding(network, ids),
    )


def _padding(network: Network, ids: Sequence[np.ndarray]) -> tuple[np.ndarray, ...] | None:
    """Which ids in front and behind are padding; None where no id is known to mean it."""
    pad = padding_id(network)
    return None if pad is None else tuple(_outer_runs(sample == pad) for sample in ids)


def _outer_runs(holds: np.ndarray) -> np.ndarray:
    """Where (n,) something holds from the first or up to the last on."""
    front, behind = np.logical_and.accumulate(holds), np.logical_and.accumulate(holds[::-1])
    return front | behind[::-1]


def _ids(network: Network, n: int, ids: Sequence) -> np.ndarray:
    try:
        return np.array(ids, np.int64)
    except OverflowError:
        raise InputError(f"Input {n} holds an id that is far too large.") from None


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
