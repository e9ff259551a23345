"""Inputs of any kind, checked, become samples.

Axes: B samples, T time steps of the longest, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.joined import JoinedSamples
from lrp_engine.model.reads import Reads, existing, padding_id
from lrp_engine.model.samples import Samples, from_words
from lrp_engine.model.tables import features_of, is_table
from lrp_engine.model.text.cutters import CutText

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def read(
    network: Network, inputs: Any, lengths: Any = None, *, hold: str | Sequence[str] = ()
) -> Samples:
    """Check inputs of any supported kind; samples are what they have become already.

    Args:
        lengths: real time steps (B,) of an array; of several inputs by their names.
        hold: names of inputs that are constants, of a network that has several.

    Raises:
        InputError: they are of no supported kind, or do not fit the network.
    """
    if isinstance(inputs, Samples):
        if inputs.network is not network:
            raise InputError("These samples are of another network; give what they were made of.")
        return inputs
    held = _held(hold)
    if network.several:
        return _read_several(network, inputs, lengths, held)
    if held:
        raise InputError(
            "This network reads one input, so there is none to hold fixed; leave `hold` out."
        )
    return _read_one(network, inputs, lengths)


def _held(hold: Any) -> frozenset[str]:
    listed = isinstance(hold, Iterable) and not isinstance(hold, str)
    names = list(hold) if listed else [hold]
    if not all(isinstance(one, str) for one in names):
        raise InputError(f"hold is {hold!r:.60}; give names of inputs as a list.")
    return frozenset(names)


def _read_several(
    network: Network, inputs: Any, lengths: Any, held: frozenset[str]
) -> JoinedSamples:
    names = choices(network.inputs)
    example = ", ".join(f"{name!r}: {one.kind}" for name, one in network.inputs.items())
    if not isinstance(inputs, Mapping):
        raise InputError(
            f"This network reads several inputs, {names}; give them by their names, as "
            f"{{{example}}}; found {type(inputs).__name__}."
        )
    for given, what in ((inputs, "input"), (lengths or {}, "input of `lengths`"),
                        (held, "input to hold fixed")):  # fmt: skip
        if not isinstance(given, (Mapping, frozenset)):
            raise InputError(f"Give `lengths` by the names of inputs; choose from {names}.")
        for name in given:
            if name not in network.inputs:
                raise InputError(f"There is no {what} {name!r:.60}; choose from {names}.")
    missing = [name for name in network.inputs if name not in inputs]
    if missing:
        raise InputError(
            f"The input {missing[0]!r} is missing; give every one of {names}. One that is to stay "
            f"as it is: hold=({missing[0]!r},), with its values."
        )
    if held.issuperset(network.inputs):
        raise InputError("All inputs are held fixed, so nothing is left to explain.")
    parts = {}
    for name, one in network.inputs.items():
        try:
            parts[name] = _read_one(one, inputs[name], (lengths or {}).get(name))
        except InputError as error:
            raise InputError(f"Input {name!r}: {error}") from None
    first, *others = parts
    for name in others:
        if len(parts[name]) != len(parts[first]):
            raise InputError(
                f"Found {len(parts[first])} of {first!r} and {len(parts[name])} of {name!r}; give "
                "as many of every input, one for each sample."
            )
    samples = JoinedSamples.of(network, parts, held)
    _require_same_steps(samples)
    return samples


def _require_same_steps(samples: JoinedSamples) -> None:
    """Stop where inputs that are merged step by step have unequal steps."""
    first, *others = sorted(samples.tied, key=list(samples.parts).index) or [""]
    for name in others:
        one, other = samples.parts[first].lengths, samples.parts[name].lengths
        unequal = np.flatnonzero(one != other)
        if len(unequal):
            n = int(unequal[0])
            raise InputError(
                f"This network reads {first!r} and {name!r} step by step together, so they need as "
                f"many steps; sample {n} has {one[n]} and {other[n]}."
            )


def _read_one(reads: Reads, inputs: Any, lengths: Any) -> Samples:
    samples = _read(reads, inputs, lengths)
    wrong = np.flatnonzero(samples.lengths != reads.length)
    if reads.length is not None and len(wrong):
        raise InputError(
            f"This network reads exactly {reads.length} time steps; input {wrong[0]} has "
            f"{samples.lengths[wrong[0]]}. Fill it up or cut it; of texts its tokenizer does that: "
            f'spec={{"tokenizer": {{"length": {reads.length}, "pad": "pre"}}}}.'
        )
    return samples


def _read(reads: Reads, inputs: Any, lengths: Any) -> Samples:
    if is_table(inputs):
        inputs = features_of(reads, inputs)
    array = np.asarray(inputs) if hasattr(inputs, "dtype") else None
    if array is None or array.dtype.kind in "OUT":  # texts, also in arrays and pandas columns
        inputs = inputs if array is None else array.tolist()
        inputs = [inputs] if isinstance(inputs, str) else _listed(inputs)
        kind = _common_kind(inputs)
        if kind is str:
            _only_for_arrays(lengths)
            return _words(reads, [reads.tokenizer.cut(text) for text in inputs])
        if kind is list:
            words = [one if isinstance(one, CutText) else _listed(one) for one in inputs]
            text = [isinstance(word, str) for sample in words for word in sample]
            if all(text):
                _only_for_arrays(lengths)
                return _words(reads, words)
            if any(text):
                raise InputError(f"A token list holds more than words. {_expected(reads)}")
            kinds = {type(i) for sample in words for i in sample}
            whole = all(issubclass(kind, (int, np.integer)) and kind is not bool for kind in kinds)
            if whole and reads.input_shape.time:
                _only_for_arrays(lengths)
                _needs_embedding(reads)
                return _from_ids(reads, [_ids(reads, n, ids) for n, ids in enumerate(words)])
        try:
            array = np.array(inputs)
        except ValueError:
            raise InputError(f"The inputs have unequal shapes. {_expected(reads)}") from None
    return _from_array(reads, array, lengths)


def _from_array(reads: Reads, array: np.ndarray, lengths: Any) -> Samples:
    if array.dtype.kind not in "iuf":
        raise InputError(f"The inputs hold {array.dtype}. {_expected(reads)}")
    if array.ndim == 0 or len(array) == 0:
        raise InputError(f"There is nothing to explain: the inputs are empty. {_expected(reads)}")
    if not reads.input_shape.time:
        _only_for_arrays(lengths, why="a network without a time axis has none")
        return _from_features(reads, array)
    if array.dtype.kind in "iu" and array.ndim == 2:
        _needs_embedding(reads)
        real = _lengths(lengths, array)
        return _from_ids(reads, [row[:n] for row, n in zip(array, real, strict=True)])
    return _from_vectors(reads, array, lengths)


def _listed(inputs: Any) -> list:
    if isinstance(inputs, (bytes, bytearray, Mapping, Set)):
        raise InputError(
            f"The inputs are {type(inputs).__name__}, expected texts, token lists or an array. "
            "Decode bytes, list the values of a mapping or set."
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


def _expected(reads: Reads) -> str:
    shape = reads.input_shape
    if not shape.time:
        return f"Expected a float array (B, {shape.units}) of features."
    kinds = f"a float array (B, T, {shape.units}) of vectors"
    if reads.embedding is not None:
        kinds += " or an integer array (B, T) of ids"
    if reads.vocabulary is not None:
        kinds = "texts, token lists, " + kinds
    return f"Expected {kinds}."


def _only_for_arrays(lengths: Any, why: str = "texts and token lists have their own") -> None:
    if lengths is not None:
        raise InputError(f"Give `lengths` only with an array of ids or vectors; {why}.")


def _needs_embedding(reads: Reads) -> None:
    if reads.embedding is None:
        raise InputError(f"This network has no embedding to look ids up in. {_expected(reads)}")


def _words(reads: Reads, words: Sequence[Sequence[str]]) -> Samples:
    if reads.vocabulary is None:
        raise InputError(
            f"This network has no vocabulary, so it cannot read words. {_expected(reads)} "
            "Or load it with vocabulary=..., and embeddings=... where it has none."
        )
    return from_words(reads, words)


def _from_ids(reads: Reads, ids: Sequence[np.ndarray]) -> Samples:
    assert reads.embedding is not None
    rows = len(reads.embedding.table)
    for n, sample in enumerate(ids):
        wrong = sample[(sample < 0) | (sample >= rows)]
        if len(wrong):
            raise InputError(f"Input {n} holds id {wrong[0]}; ids go from 0 to {rows - 1}.")
    vocabulary = reads.vocabulary
    return Samples(
        reads=reads,
        tokens=tuple(
            tuple(reads.text_ids.words(s.tolist()) if vocabulary else (f"#{i}" for i in s))
            for s in ids
        ),
        unknown=tuple(np.zeros(len(sample), bool) for sample in ids),
        masks=tuple(existing(reads, sample) for sample in ids),
        ids=tuple(ids),
        padding=_padding(reads, ids),
    )


def _padding(reads: Reads, ids: Sequence[np.ndarray]) -> tuple[np.ndarray, ...] | None:
    """Which ids in front and behind are padding; None where no id is known to mean it."""
    pad = padding_id(reads)
    return None if pad is None else tuple(_outer_runs(sample == pad) for sample in ids)


def _outer_runs(holds: np.ndarray) -> np.ndarray:
    """Where (n,) something holds from the first or up to the last on."""
    front, behind = np.logical_and.accumulate(holds), np.logical_and.accumulate(holds[::-1])
    return front | behind[::-1]


def _ids(reads: Reads, n: int, ids: Sequence) -> np.ndarray:
    try:
        return np.array(ids, np.int64)
    except OverflowError:
        raise InputError(f"Input {n} holds an id that is far too large.") from None


def _from_vectors(reads: Reads, values: np.ndarray, lengths: Any) -> Samples:
    units = reads.input_shape.units
    if values.ndim != 3 or values.shape[2] != units:
        raise InputError(f"The inputs have shape {values.shape}. {_expected(reads)}")
    real = _lengths(lengths, values)
    values = _cast(reads, values)
    if not np.isfinite(values).all():  # else there is no need to look sample by sample
        for n, length in enumerate(real):
            _finite(values[n, :length], n)
    names = tuple(f"t{t}" for t in range(values.shape[1]))
    nowhere, everywhere = np.zeros(len(names), bool), np.ones(len(names), bool)
    counts = real.tolist()
    return Samples(
        reads=reads,
        tokens=tuple(names[:n] for n in counts),
        unknown=tuple(nowhere[:n] for n in counts),
        masks=tuple(everywhere[:n] for n in counts),
        values=values,
    )


def _from_features(reads: Reads, values: np.ndarray) -> Samples:
    units = reads.input_shape.units
    if values.ndim != 2 or values.shape[1] != units:
        raise InputError(f"The inputs have shape {values.shape}. {_expected(reads)}")
    values = _cast(reads, values)
    for n, row in enumerate(values):
        _finite(row, n)
    return Samples(
        reads=reads,
        tokens=(reads.features,) * len(values),
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


def _cast(reads: Reads, values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # infinity is named by `_finite`
        return values.astype(reads.dtype, copy=False)


def _finite(values: np.ndarray, n: int) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"Input {n} holds numbers that are not finite (NaN or infinity).")
