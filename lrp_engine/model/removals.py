"""The ways to leave parts of a sample out: dropped, a vector of zeros, the unknown word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.reads import existing
from lrp_engine.model.samples import Samples
from lrp_engine.model.text.tokenizer import DROP as DROPPED

# Pairs of a sample and which of its n parts stay, (n,) bool.
Chosen = Sequence[tuple[int, np.ndarray]]
Removal = Callable[[Samples, Chosen], Samples]


def _unknown(samples: Samples, chosen: Chosen) -> Samples:
    """The same samples with the unknown word in the place of words that do not stay.

    Raises:
        InputError: the samples are no words, or their network has no vocabulary.
    """
    reads = samples.reads
    if samples.ids is None or reads.vocabulary is None:
        raise InputError(
            f"Only a word can become the unknown word, and the inputs are {samples.token_kind}s "
            f"or ids; choose from {choices(name for name in REMOVALS if name != UNKNOWN)}."
        )
    if reads.tokenizer.unknown == DROPPED:
        return samples.variants(chosen)
    ids = tuple(np.where(stays, samples.ids[row], reads.text_ids.unknown) for row, stays in chosen)
    return replace(
        samples.pick([row for row, _ in chosen]),
        ids=ids,
        masks=tuple(existing(reads, one) for one in ids),
    )


DROP, ZERO, UNKNOWN = "drop", "zero", "unknown"
# Name -> (samples, chosen) -> samples of which parts are left out, see `Samples.variants`.
REMOVALS: dict[str, Removal] = {
    DROP: Samples.variants,
    ZERO: Samples.zeroed,
    UNKNOWN: _unknown,
}
REMOVAL_MEANINGS = {
    DROP: "the word is taken out, the others close the gap",
    ZERO: "the word keeps its place, its vector is zeros",
    UNKNOWN: "the unknown word takes its place",
}


def removal_named(name: object) -> Removal:
    """The way of this name.

    Raises:
        InputError: there is none; lists the names.
    """
    if not isinstance(name, str) or name not in REMOVALS:
        raise InputError(f"There is no way {name!r:.40} to leave words out; choose from "
                         f"{choices(REMOVALS)}.")  # fmt: skip
    return REMOVALS[name]
