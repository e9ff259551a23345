"""What measures ask of the network, answered for many texts, methods and measures at once.

Axes: B texts of a window, T time steps, n words that can be left out, J explainers, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lrp_engine.attribution.scores import scores_of_variants
from lrp_engine.attribution.work import Work
from lrp_engine.evaluation.random_weights import randomized
from lrp_engine.evaluation.relevances import by_explainer
from lrp_engine.evaluation.text import Asking, Kept, Moved, Request

if TYPE_CHECKING:
    from lrp_engine.attribution.work import Cancel
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples


class Who(NamedTuple):
    """Who asks: a measure about an explainer's relevances of a text for a class."""

    row: int
    target: int
    explainer: int
    measure: str


@dataclass(eq=False)
class Answers:
    """Answers about the texts of a window; the same question is computed once.

    Attributes:
        places: per text, the steps (n,) that can be left out.
        cancel: looked at before each batch of passes.
    """

    network: Network
    window: Window
    samples: Samples
    places: list[np.ndarray]
    settings: Settings
    cancel: Cancel | None = None
    _scores: dict[tuple[int, str], dict[bytes, np.ndarray]] = field(default_factory=dict)
    _relevances: dict[tuple[Request, int, int], np.ndarray] = field(default_factory=dict)

    def run(self, asking: Mapping[Who, Asking]) -> dict[Who, np.ndarray]:
        """What each measure returns; their questions are answered round by round.

        Raises:
            CancelledError: it was cancelled.
        """
        done: dict[Who, np.ndarray] = {}
        waiting: dict[Who, tuple[Asking, Request]] = {}

        def go_on(who: Who, one: Asking, answer: np.ndarray | None) -> None:
            try:
                waiting[who] = one, next(one) if answer is None else one.send(answer)
            except StopIteration as end:
                done[who] = end.value

        for who, one in asking.items():
            go_on(who, one, None)
        while waiting:
            asked, waiting = waiting, {}
            self._compute({who: request for who, (_, request) in asked.items()})
            for who, (one, request) in asked.items():
                go_on(who, one, self._answer(who, request))
        return done

    def forget(self) -> None:
        """Let go of answers to questions that come no more."""
        self._scores.clear()
        self._relevances.clear()

    def _compute(self, requests: Mapping[Who, Request]) -> None:
        self._compute_scores([(who.row, r) for who, r in requests.items() if isinstance(r, Kept)])
        wanted: dict[tuple[Request, int], set[int]] = {}
        for who, request in requests.items():
            if isinstance(request, Kept) or (request, who.row, who.target) in self._relevances:
                continue
            wanted.setdefault((request, who.target), set()).add(who.row)
        for (request, target), rows in wanted.items():
            compute = self._moved if isinstance(request, Moved) else self._randomized
            for row, relevance in compute(request, sorted(rows), target).items():
                self._relevances[request, row, target] = relevance

    def _answer(self, who: Who, request: Request) -> np.ndarray:
        if isinstance(request, Kept):
            known = self._scores[who.row, request.removal or self.settings.removal]
            return np.array([known[one.tobytes()] for one in _packed(request.kept)])
        return self._relevances[request, who.row, who.target][who.explainer]

    def _compute_scores(self, requests: Sequence[tuple[int, Kept]]) -> None:
        """Scores of all variants that are not known yet."""
        new: dict[str, list[tuple[int, bytes, np.ndarray]]] = {}
        for row, request in requests:
            removal = request.removal or self.settings.removal
            known = self._scores.setdefault((row, removal), {})
            for kept, packed in zip(request.kept, _packed(request.kept), strict=True):
                if (key := packed.tobytes()) not in known:
                    known[key] = np.empty(0)  # the place is taken
                    new.setdefault(removal, []).append((row, key, kept))
        for removal, variants in new.items():
            scores = scores_of_variants(
                self.samples, ((row, self._whole(row, kept)) for row, _, kept in variants),
                removal=removal, work=Work(len(variants), cancel=self.cancel),
            ).astype(np.float64)  # fmt: skip
            for (row, key, _), one in zip(variants, scores, strict=True):
                self._scores[row, removal][key] = one

    def _whole(self, row: int, kept: np.ndarray) -> np.ndarray:
        """Which of all steps stay; what is no word always does."""
        stays = np.ones(int(self.samples.lengths[row]), bool)
        stays[self.places[row]] = kept
        return stays

    def _randomized(self, request: Request, rows: list[int], target: int) -> dict[int, np.ndarray]:
        """Row -> (J, L, n)."""
        depths = [
            by_explainer(
                network, self.window, rows, [target] * len(rows), self.settings, self.cancel
            )
            for network in randomized(self.network, seed=self.settings.seed)
        ]
        return {
            row: np.stack([made[n][:, self.places[row]] for made in depths], axis=1)
            for n, row in enumerate(rows)
        }

    def _moved(self, request: Request, rows: list[int], target: int) -> dict[int, np.ndarray]:
        """Row -> (J, 1 + draws, n); NaN where a text holds steps that are no words."""
        assert isinstance(request, Moved)
        draws, found = 1 + request.draws, {}
        for row in rows:
            n = len(self.places[row])
            found[row] = np.full((len(self.settings.explainers) - 1, draws, n), np.nan)
            x, steps = self.samples.padded(np.array([row]))
            if n < int(self.samples.lengths[row]) or len(np.unique(steps)) > 1:
                continue
            rng = np.random.default_rng([self.settings.seed, self.window.first + row])
            noise = rng.uniform(-1, 1, (draws, *x.shape[1:])) * request.radius * x.std()
            noise[0] = 0
            values = replace(
                self.window, words=None, values=x + noise.astype(x.dtype), lengths=None,
                labels=np.full(draws, target), answers=None,
            )  # fmt: skip
            made = by_explainer(
                self.network, values, range(draws), [target] * draws, self.settings, self.cancel
            )
            found[row] = np.stack(made, axis=1)
        return found


def _packed(kept: np.ndarray) -> np.ndarray:
    return np.packbits(kept, axis=1)
