"""Which single word, left out or replaced by another one, changes the predicted class.

Axes: T words of one text, E units of a word, V words of the vocabulary, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.ablation import Part
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.attribution.scores import program_of, scores_of
from lrp_engine.attribution.targets import selection
from lrp_engine.errors import InputError
from lrp_engine.model.samples import Samples, existing
from lrp_engine.model.text import Tokenizer
from lrp_engine.model.text.ids import KNOWN
from lrp_engine.model.text.vocabulary import is_mark

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

TOKENS = 20_000  # that all texts tried in one way may have together; the strongest words first
LEAST = 8  # words that are left out, whatever that takes
REPLACED = 8  # words that others are tried in the place of
LISTED = "words that can stand in a text"  # a key of `Network.compiled`
CANDIDATES = 25  # other words for each; of long texts fewer


@dataclass(frozen=True, kw_only=True)
class Flip:
    """One text with a single word changed.

    Attributes:
        position: of the word in the explanation's tokens.
        replacement: what stands in its place; None where it is left out.
        classes: predicted before and after. alike: those that count as the one before.
        shares: the probability of the class predicted before, before and after.
        how: what happens to a word that is left out, as in `Ablation`.
        tried: how many single words were left out and how many replaced.
        every: whether each word was left out once.
    """

    position: int
    replacement: str | None
    classes: tuple[int, int]
    shares: tuple[float, float]
    how: str
    tried: tuple[int, int]
    every: bool
    alike: tuple[int, ...] = ()

    @property
    def flips(self) -> bool:
        """Whether it changes the class, to one that does not count as the same."""
        return self.classes[1] not in (self.classes[0], *self.alike)


def single_word(
    network: Network,
    inputs: Any,
    explanation: Explanation,
    *,
    position: Any = None,
    alike: Sequence[int] = (),
) -> Flip | None:
    """The single word that changes the predicted class; None of values and of less than two words.

    Words are left out first, and of those that change the class the one is taken after which the
    class is least probable. Where none does, words are replaced: the gradient of the difference
    between the predicted class and the next one ranks the words of the vocabulary at each place
    (HotFlip, Ebrahimi et al. 2018, doi 10.18653/v1/P18-2006, eq. 10), the network scores the first
    of them, and of those that change the class the one is taken whose vector is nearest to the
    word's. Where no word changes it, the nearest miss.

    Args:
        inputs: the one text that `explanation` explains; position: as in `Network.explain`.
        alike: classes that count as the predicted one, as "very negative" does where the question
            is what would make the model say anything but negative: a change leads to none of them,
            and what is least probable is all of them together.

    Raises:
        InputError: a class of `alike` does not exist, the explanation is of another input, or a
            variant's numbers overflow.
    """
    if not network.has_classes:
        return None
    part = Part.of(network, inputs, explanation, position)
    if len(part.tokens) < 2:
        return None
    relevance = explanation.token_relevance[0][part.tokens]
    order = np.argsort(-np.abs(relevance), kind="stable")
    length = max(1, part.samples.width)
    dropped = order[: max(LEAST, TOKENS // length)]
    before = int(explanation.predicted[0])
    if not all(0 <= c < network.classes for c in alike):
        raise InputError(
            f"alike={list(alike)!r}: this network has the classes 0 to {network.classes - 1}."
        )
    same = sorted({before, *alike})
    share = float(network.to_output(explanation.scores[:1].astype(np.float64))[0, before])

    def found(at: int, word: str | None, scores: np.ndarray, replaced: int) -> Flip:
        shares = network.to_output(scores[None].astype(np.float64))[0]
        return Flip(
            position=int(part.tokens[at]),
            replacement=word,
            classes=(before, int(scores.argmax())),
            shares=(share, float(shares[before])),
            how=part.how,
            tried=(len(dropped), replaced),
            every=len(dropped) == len(order),
            alike=tuple(c for c in same if c != before),
        )

    without = part.scores([[at] for at in dropped.tolist()])
    surest = _least_probable(network, without, same)
    if without[surest].argmax() not in same:
        return found(int(dropped[surest]), None, without[surest], 0)
    tried = _replacements(part, explanation, order[:REPLACED], same)
    if tried is None:
        return found(int(dropped[surest]), None, without[surest], 0)
    flipping = np.flatnonzero(~np.isin(tried.scores.argmax(axis=1), same))
    if len(flipping):
        best = int(flipping[tried.distances[flipping].argmin()])
        return found(int(tried.places[best]), tried.words[best], tried.scores[best], len(tried))
    nearest = _least_probable(network, tried.scores, same)
    both = np.vstack([without[surest], tried.scores[nearest]])
    if _least_probable(network, both, same) == 0:
        return found(int(dropped[surest]), None, without[surest], len(tried))
    return found(
        int(tried.places[nearest]), tried.words[nearest], tried.scores[nearest], len(tried)
    )


def _least_probable(network: Network, scores: np.ndarray, same: Sequence[int]) -> int:
    """The row (n, C) in which some classes are least probable; one that leaves them goes first."""
    shares = network.to_output(scores.astype(np.float64))[:, list(same)].sum(axis=1)
    return int(np.lexsort((shares, np.isin(scores.argmax(axis=1), same)))[0])


@dataclass(frozen=True)
class _Tried:
    """Words in the place of others: where (n,), which, the scores (n, C), how far their vectors
    are from the word's (n,)."""

    places: np.ndarray
    words: tuple[str, ...]
    scores: np.ndarray
    distances: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


def _replacements(
    part: Part, explanation: Explanation, places: np.ndarray, same: Sequence[int]
) -> _Tried | None:
    """The words that the gradient names first at some places; None where no words are read, or
    where every class is the same."""
    samples, network = part.samples, part.samples.network
    if samples.alignment is None or samples.ids is None or network.embedding is None:
        return None
    words, ids = _listed(network)
    if not words or len(same) == network.classes:
        return None
    vectors = network.embedding.table[ids]  # (V, E)
    steps = part.places[places]  # where the words stand in the sample
    own = network.embedding.rows(samples.ids[0][steps]).astype(np.float64)
    gradient = _gradient(samples, explanation, same)[steps].astype(np.float64)
    # The difference of the two best classes falls by so much to first order, (V, n).
    gains = (own * gradient).sum(axis=1) - vectors @ gradient.T.astype(vectors.dtype)
    gains[ids[:, None] == samples.ids[0][steps]] = -np.inf
    most = min(2 * CANDIDATES, len(words) - 1)
    first = np.argpartition(-gains, most, axis=0)[:most]  # all of them sorted would take long
    order = np.argsort(-np.take_along_axis(gains, first, axis=0), axis=0, kind="stable")
    ranked = np.take_along_axis(first, order, axis=0)
    most = min(CANDIDATES, max(1, TOKENS // (len(places) * max(1, samples.width))))
    chosen = [
        _as_themselves(network.tokenizer, words, column.tolist())[:most] for column in ranked.T
    ]
    places_of = np.repeat(np.arange(len(places)), [len(one) for one in chosen])
    rows = np.array([row for one in chosen for row in one], int)
    if not len(rows):
        return None
    changed = np.tile(samples.ids[0], (len(rows), 1))
    changed[np.arange(len(rows)), steps[places_of]] = ids[rows]
    found = [scores_of(piece) for piece in _with_ids(samples, changed)]
    return _Tried(
        places=places[places_of],
        words=tuple(words[row] for row in rows.tolist()),
        scores=np.concatenate(found),
        distances=np.linalg.norm(vectors[rows] - own[places_of], axis=1),
    )


def _listed(network: Network) -> tuple[list[str], np.ndarray]:
    """Words that can stand in a text, and their ids (V,); found once for a network."""
    assert network.vocabulary is not None
    found: tuple[list[str], np.ndarray] | None = network.compiled.get(LISTED)
    if found is None:
        words = [word for word in network.vocabulary.tokens if not is_mark(word)]
        ids, why = network.text_ids.look_up(words)
        known = why == KNOWN
        found = network.compiled[LISTED] = (list(compress(words, known)), ids[known])
    return found


def _as_themselves(tokenizer: Tokenizer, words: Sequence[str], rows: Sequence[int]) -> list[int]:
    """The first of some words that a text can hold as they are."""
    alone = (row for row in rows if list(tokenizer(words[row])) == [words[row]])
    return list(islice(alone, CANDIDATES))


def _gradient(samples: Samples, explanation: Explanation, same: Sequence[int]) -> np.ndarray:
    """(T, E) of the predicted class's score less that of the next one that is not the same."""
    network = samples.network
    first, *others = np.argsort(-explanation.scores[0], kind="stable").tolist()
    second = next(c for c in others if c not in same)
    x, steps = samples.padded(np.array([0]))
    # The passes of the methods that are shown while one types: they are compiled already.
    calculi = tuple(dict.fromkeys(c for method in LIVE_METHODS.values() for c in method.passes))
    chosen = selection(np.array([[first, second]]), network.classes)
    rule = explanation.rule
    assert rule is not None
    with network.lock:
        made = program_of(network).backward(calculi, x, steps, chosen, rule)
    gradient: np.ndarray = made["gradient"].message[0]
    return gradient


def _with_ids(samples: Samples, ids: np.ndarray) -> Iterator[Samples]:
    """The sample with other ids (n, T), some rows at a time."""
    rows = max(1, TOKENS // max(1, ids.shape[1]))
    for start in range(0, len(ids), rows):
        piece: Sequence[np.ndarray] = list(ids[start : start + rows])
        yield replace(
            samples.pick([0] * len(piece)),
            ids=tuple(piece),
            masks=tuple(existing(samples.network, one) for one in piece),
        )
