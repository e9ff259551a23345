"""Ways in which a program may have turned texts into ids, as candidates for detection.

A candidate is a way to cut, to look up and mark, and to truncate and pad. What gives the same ids
on every text at hand is one, so candidates are made step by step and joined after each.

Axes: N texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from string import punctuation
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.model.network import Network
from lrp_engine.model.text import (
    PADDING_TOKENS,
    STANDARDIZERS,
    TOKENIZERS,
    UNKNOWN_TOKENS,
    Tokenizer,
    Vocabulary,
)
from lrp_engine.model.text.ids import Ids
from lrp_engine.model.text.layout import filled_up, lay_out, steps_of, truncated
from lrp_engine.model.text.tokenizer import DROP, KERAS_FILTERS, SIDES, ZERO

FILTERS = (KERAS_FILTERS, f"{KERAS_FILTERS}'", "\t\n")
_SIGNS = f"{punctuation}\t\n"
OFFSETS = (0, 1, 2, 3)
UNKNOWN_IDS = (0, 1, 2, 3)
STARTS = ("<start>", "<START>", "<s>", "<sos>", "<bos>", "[CLS]", "[START]")
ENDS = ("<end>", "<END>", "</s>", "<eos>", "[SEP]", "[END]")
LENGTHS = (10, 15, 20, 25, 30, 32, 40, 50, 60, 64, 80, 100, 120, 128, 150, 200, 250, 256, 300,
           400, 500)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LookedUp:
    """Words looked up and marked, before they are truncated and padded.

    Attributes:
        tokenizers: all that give these ids, the most likely first; they neither cut nor pad.
        vocabulary: what they look words up in.
        ids: of each of N texts, -1 for a vector of zeros.
        pad_ids: ids that padding may have.
    """

    tokenizers: list[Tokenizer]
    vocabulary: Vocabulary
    ids: tuple[np.ndarray, ...]
    pad_ids: tuple[int, ...]


@dataclass(frozen=True)
class Padding:
    """How a text gets its length: options of a `Tokenizer`, and how unlikely that is."""

    rank: int
    length: int | None
    truncate: str
    pad: str | bool
    pad_id: int

    def options(self) -> dict[str, Any]:
        options = {"length": self.length, "truncate": self.truncate, "pad": self.pad}
        return {**options, "pad_id": self.pad_id} if self.pad else options

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Ids (T,) of ids (n,), as `Tokenizer` truncates and pads."""
        if self.length is None:
            return ids
        ids = truncated(ids, self.length, self.truncate)
        return filled_up(ids, self.length, self.pad, self.pad_id) if self.pad else ids


def sequences(network: Network, texts: Sequence[str]) -> list[LookedUp]:
    """Every way to cut, look up and mark that gives ids of its own, the most likely first."""
    assert network.vocabulary is not None
    assert network.embedding is not None
    rows = len(network.embedding.table)
    look_ups = list(_look_ups(network.tokenizer, network.vocabulary, rows))
    shifted = {options["offset"] for options in look_ups}
    vocabularies = {n: _first(network.vocabulary, rows - n) for n in shifted}  # made once: large
    found: dict[tuple[bytes, ...], LookedUp] = {}
    for cuts, keys in _cuts(network.tokenizer, network.vocabulary, texts):
        for options in look_ups:
            vocabulary = vocabularies[options["offset"]]
            try:
                tokenizers = [replace(cut, **options) for cut in cuts]
                ids = _ids(tokenizers[0], vocabulary, rows, keys)
            except FormatError:  # a mark that is no word of the vocabulary, or beyond the rows
                continue
            same = found.get(tuple(one.tobytes() for one in ids))
            if same is not None:
                same.tokenizers.extend(tokenizers)
                continue
            pads = {0, vocabulary.padding_id or 0}
            found[tuple(one.tobytes() for one in ids)] = LookedUp(
                tokenizers, vocabulary, ids, tuple(sorted(pads))
            )
    return list(found.values())


def _first(vocabulary: Vocabulary, count: int) -> Vocabulary:
    """The words that rows of the embedding are left for."""
    if len(vocabulary) <= count:
        return vocabulary
    return replace(vocabulary, tokens=vocabulary.tokens[:count])


def paddings(
    base: Tokenizer, pad_ids: Sequence[int], *, lengths: Iterable[int], always: bool = False
) -> list[Padding]:
    """Every way to give a text its length, the most likely first.

    Args:
        base: whose length, where a file fixes it, is no question.
        lengths: to try otherwise.
        always: texts are filled up in any case.
    """
    first = (base.length, base.truncate, base.pad, pad_ids[0])
    if base.length is None:
        first = (None, "post", False, pad_ids[0])
    fixed = base.length is not None
    tried = [base.length] if fixed else sorted({*lengths} - {0})
    pads: tuple[str | bool, ...] = SIDES if always else (*SIDES, False)
    ways = [
        (length, truncate, pad, pad_id)
        for length, pad, truncate in product(tried, pads, SIDES)
        for pad_id in (pad_ids if pad else pad_ids[:1])
    ]
    return [Padding(n, *way) for n, way in enumerate(dict.fromkeys([first, *ways]))]


def _cuts(
    base: Tokenizer, vocabulary: Vocabulary, texts: Sequence[str]
) -> list[tuple[list[Tokenizer], list[list[str]]]]:
    """Tokenizers that cut alike, and the words (N, n) that they look up."""
    plain = replace(base, length=None, pad=False, pad_id=None)
    found: dict[tuple[tuple[str, ...], ...], list[Tokenizer]] = {}
    for tokenizer in _methods(plain, _filtered(vocabulary)):
        keys = tuple(tuple(tokenizer.keys(tokenizer.cut(text))) for text in texts)
        found.setdefault(keys, []).append(tokenizer)
    return [(cuts, list(map(list, keys))) for keys, cuts in found.items()]


def _filtered(vocabulary: Vocabulary) -> str:
    """Signs that no word holds: those that a Keras Tokenizer may have filtered."""
    special = {*UNKNOWN_TOKENS, *PADDING_TOKENS, *STARTS, *ENDS}
    held = {sign for word in vocabulary.tokens if word not in special for sign in word}
    return "".join(sign for sign in _SIGNS if sign not in held)


def _methods(base: Tokenizer, filtered: str) -> Iterator[Tokenizer]:
    yield base
    if base.function is not None or base.pieces is not None:  # which have no other settings
        return
    for lowercase in dict.fromkeys((base.lowercase, True, False)):
        for filters in dict.fromkeys((base.filters, *FILTERS, filtered)):
            yield base.with_options(
                {"method": "keras", "filters": filters, "lowercase": lowercase,
                 "standardize": "none", "char_level": False}
            )  # fmt: skip
        yield base.with_options(
            {"method": "keras", "char_level": True, "lowercase": lowercase, "standardize": "none"}
        )
        for method, standardize in product(TOKENIZERS, STANDARDIZERS):
            if method != "keras":
                yield base.with_options(
                    {"method": method, "lowercase": lowercase, "standardize": standardize}
                )


def _look_ups(base: Tokenizer, vocabulary: Vocabulary, rows: int) -> Iterator[dict[str, Any]]:
    listed = [word for word in UNKNOWN_TOKENS if word in vocabulary.index]
    unknown = dict.fromkeys((base.unknown, DROP, None, *listed, ZERO, *UNKNOWN_IDS, rows - 1))
    starts = [word for word in STARTS if word in vocabulary.index]
    ends = [word for word in ENDS if word in vocabulary.index]
    for offset in dict.fromkeys((base.offset, *OFFSETS)):
        marks = (0, 1) if offset else ()  # of ids that no word has
        for start, end in product(
            dict.fromkeys((base.start, None, *marks, *starts)),
            dict.fromkeys((base.end, None, *ends)),
        ):
            for number in dict.fromkeys((base.num_words, None)):
                for what in unknown:
                    if not isinstance(what, bool):
                        yield {"offset": offset, "start": start, "end": end,
                               "num_words": number, "unknown": what}  # fmt: skip


def _ids(
    tokenizer: Tokenizer, vocabulary: Vocabulary, rows: int, keys: Sequence[Sequence[str]]
) -> tuple[np.ndarray, ...]:
    """Ids of the words (N, n), as `samples.from_words` finds them.

    Raises:
        FormatError: a mark is no word of the vocabulary, or beyond the rows.
    """
    ids, steps, made = Ids.of(tokenizer, vocabulary, rows), steps_of(tokenizer), []
    for words in keys:
        found, why = ids.look_up(words)
        places = lay_out(tokenizer, steps, np.arange(len(words)), why)
        made.append(np.concatenate([found, ids.by_place])[places].astype(np.int64))
    return tuple(made)
