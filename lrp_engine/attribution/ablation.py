"""What becomes of a result without some of its words, in the model's own text pipeline.

Axes: n variants of one sample, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.positions import resolve_positions
from lrp_engine.attribution.scores import scores_of_variants
from lrp_engine.errors import InputError, OverflowInputError
from lrp_engine.model import inputs as samples_of

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples

TOGETHER = 3  # words taken out together; a single one of texts of fewer words than these:
LEAST = 6
DRAWS = 20  # random sets of as many words
SEED = 0
DROPPED, ZERO = "dropped", "zero"  # what happens to what is taken out


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """One sample without its strongest words, and without as many random ones.

    Every figure is the probability of the explained class; of values and of contrasts the explained
    score.

    Attributes:
        positions: in the explanation's tokens, of those with the most relevance, strongest first.
        before, after: the figure with them and without them.
        random: its mean without random ones.
        draws: how many other sets of as many words that is the mean of, all different.
        all_sets: whether there are no more.
        how: what happens to what is taken out: "dropped", or "zero" in its place.
    """

    positions: tuple[int, ...]
    before: float
    after: float
    random: float
    draws: int
    all_sets: bool
    how: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One sample with and without one of its words.

    Attributes:
        score: the explained score, before and after. share: the probability of the explained class,
            before and after; None of values and of contrasts.
        how: as in `Ablation`.
    """

    score: tuple[float, float]
    share: tuple[float, float] | None
    how: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Deletion:
    """One sample while its words are taken out one after the other.

    Every figure is the probability of the explained class; of values and of contrasts the explained
    score.

    Attributes:
        figures: by method, (k + 1,) with 0, 1, ..., k of the words that it ranks first taken out.
        random: (draws, k + 1) in random orders.
        order: by method, positions (k,) in the explanation's tokens as they are taken out.
        how: as in `Ablation`.
    """

    figures: Mapping[str, np.ndarray]
    random: np.ndarray
    order: Mapping[str, tuple[int, ...]]
    how: str


def deletion(
    network: Network,
    inputs: Any,
    explanations: Mapping[str, Explanation],
    *,
    position: Any = None,
    most: int = 10,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Deletion | None:
    """What happens while the words go that methods rank first; None for less than two words.

    Args:
        explanations: of one sample and one target, by method. most: words that are taken out; one
            always stays. Others as in `against_random`.

    Raises:
        InputError: as in `against_random`.
    """
    first = next(iter(explanations.values()))
    part = Part.of(network, inputs, first, position)
    count = len(part.tokens)
    if count < 2:
        return None
    steps = min(most, count - 1)
    rng = np.random.default_rng(seed)
    ranked = {
        name: np.argsort(-one.token_relevance[0][part.tokens], kind="stable")
        for name, one in explanations.items()
    }
    orders = [*ranked.values(), *(rng.permutation(count) for _ in range(draws))]
    sets = [order[:k].tolist() for order in orders for k in range(1, steps + 1)]
    scores = np.vstack([first.scores[:1], part.scores(sets)]).astype(np.float64)
    figures = _shares(network, first, scores)
    if figures is None:
        figures = _scores(first, scores)
    curves = figures[1:].reshape(len(orders), steps)
    curves = np.hstack([np.full((len(orders), 1), figures[0]), curves])
    return Deletion(
        figures=dict(zip(ranked, curves, strict=False)),
        random=curves[len(ranked) :],
        order={name: tuple(part.tokens[o[:steps]].tolist()) for name, o in ranked.items()},
        how=part.how,
    )


def against_random(
    network: Network,
    inputs: Any,
    explanation: Explanation,
    *,
    position: Any = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Ablation | None:
    """What happens when the strongest words go, against random ones; None for less than two words.

    The three words with the most relevance are taken out together, of fewer than six words the one
    with the most. A dropped word shortens the text, which is cut and padded as any; a feature is 0.

    Args:
        inputs: the one sample that `explanation` explains; position: as in `Network.explain`.
        draws: random sets, each once; all that there are where there are fewer.
        seed: of the random sets.

    Raises:
        InputError: the explanation is of another input, or a variant's numbers overflow.
    """
    part = Part.of(network, inputs, explanation, position)
    count = len(part.tokens)
    if count < 2:
        return None
    size = TOGETHER if count >= LEAST else 1
    relevance = explanation.token_relevance[0][part.tokens]
    top = np.argsort(-relevance, kind="stable")[:size].tolist()
    others = _random_sets(count, size, tuple(sorted(top)), draws, np.random.default_rng(seed))
    scores = np.vstack([explanation.scores[:1], part.scores([top, *others])]).astype(np.float64)
    figures = _shares(network, explanation, scores)
    if figures is None:
        figures = _scores(explanation, scores)
    return Ablation(
        positions=tuple(part.tokens[top].tolist()),
        before=float(figures[0]),
        after=float(figures[1]),
        random=float(figures[2:].mean()),
        draws=len(others),
        all_sets=len(others) == comb(count, size) - 1,
        how=part.how,
    )


def without_one(
    network: Network, inputs: Any, explanation: Explanation, at: int, *, position: Any = None
) -> Change | None:
    """What leaving out a single word does; None where it cannot be left out, or is the only one.

    Args:
        at: its position in the explanation's tokens. Others as in `against_random`.

    Raises:
        InputError: as in `against_random`.
    """
    part = Part.of(network, inputs, explanation, position)
    if at not in part.tokens or len(part.tokens) < 2:
        return None
    without = part.scores([np.flatnonzero(part.tokens == at).tolist()])
    scores = np.vstack([explanation.scores[:1], without]).astype(np.float64)
    shares = _shares(network, explanation, scores)
    before, after = _scores(explanation, scores).tolist()
    return Change(
        score=(before, after),
        share=None if shares is None else (float(shares[0]), float(shares[1])),
        how=part.how,
    )


@dataclass(frozen=True)
class Part:
    """What of one sample can be taken out.

    Attributes:
        tokens, places: (n,) where it stands in the explanation, in which padding may be one token,
            and in the sample.
    """

    samples: Samples
    tokens: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, network: Network, inputs: Any, explanation: Explanation, position: Any) -> Part:
        network.require_one_input()
        samples = samples_of.read(network, inputs)
        if len(samples) != 1 or len(explanation) != 1:
            raise InputError(
                f"Found {len(samples)} inputs and {len(explanation)} explained ones; give one, and "
                "its explanation."
            )
        samples = samples.labelled_at(resolve_positions(samples.labelled, position))
        count = len(explanation.tokens[0])
        if explanation.alignment is not None:
            can = explanation.alignment.places[0] >= 0
        else:
            can = ~explanation.padding[0, :count]
        part = cls(samples, np.flatnonzero(can), np.flatnonzero(samples.droppable(np.array([0]))))
        if len(part.tokens) != len(part.places):
            raise InputError(
                f"The input has {len(part.places)} {samples.token_kind}s, the explanation "
                f"{len(part.tokens)}; give the explanation of this input."
            )
        return part

    @property
    def how(self) -> str:
        samples = self.samples
        fixed = samples.network.length is not None and samples.values is not None
        zero = samples.positions is not None or not samples.timed or fixed
        return ZERO if zero else DROPPED

    def scores(self, sets: Sequence[Sequence[int]]) -> np.ndarray:
        """(n, C) of the sample without each of these sets of its parts.

        Raises:
            OverflowInputError: a variant's numbers overflow.
        """
        length = int(self.samples.lengths[0]) if self.samples.timed else len(self.places)
        kept = np.ones((len(sets), length), bool)
        for n, out in enumerate(sets):
            kept[n, self.places[list(out)]] = False
        with np.errstate(over="ignore", invalid="ignore"):  # found out below
            scores = scores_of_variants(self.samples, ((0, stays) for stays in kept))
        if not np.isfinite(scores).all():
            raise OverflowInputError([0], self.samples.network.dtype)
        return scores


def _random_sets(
    count: int, size: int, top: tuple[int, ...], draws: int, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Different sets of so many of `count`, without `top`; all where there are no more."""
    if comb(count, size) - 1 <= draws:
        return [one for one in combinations(range(count), size) if one != top]

    found: dict[tuple[int, ...], None] = {top: None}
    while len(found) <= draws:
        found[tuple(sorted(rng.choice(count, size, replace=False).tolist()))] = None
    return list(found)[1:]


def _scores(explanation: Explanation, scores: np.ndarray) -> np.ndarray:
    """(n,) the explained score of each."""
    first, *other = np.atleast_1d(explanation.target[0])
    found: np.ndarray = scores[:, first] - (scores[:, other[0]] if other else 0.0)
    return found


def _shares(network: Network, explanation: Explanation, scores: np.ndarray) -> np.ndarray | None:
    """(n,) the probability of the explained class; None of values and of contrasts."""
    target = np.atleast_1d(explanation.target[0])
    if len(target) > 1 or not network.has_classes:
        return None
    shares: np.ndarray = network.to_output(scores)[:, target[0]]
    return shares
