"""Search: every way to read texts is scored text by text; what is far off is not asked again.

The first text costs most: there every way to look words up meets every way to pad. What goes on to
the next text is split only as far as that text tells ways apart.

Axes: K branches, N texts, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lrp_engine.attribution.scores import scores_of
from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.model.network import Network
from lrp_engine.model.reads import existing
from lrp_engine.model.samples import Samples
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.proof.text_candidates import LookedUp, Padding

SAME = 1e-5  # scores of the same steps, in float32
FAR = 1e-3  # differences from which on a way to read is out of the question
KEPT = 16  # branches that go on to the next text however far off they are
MOST_STEPS = 4_000_000  # time steps of one search


@dataclass(frozen=True, kw_only=True)
class TextCandidate:
    """One way in which texts may have become ids.

    Attributes:
        tokenizer: its settings.
        vocabulary: the network's; without its last words where a shift leaves no rows for them.
        difference: largest deviation of an output, relative to the largest score (or 1).
        alike: other settings that give the same ids on every text.
    """

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    difference: float
    alike: tuple[Tokenizer, ...] = ()

    def __str__(self) -> str:
        names = dict.fromkeys(("method", "lowercase", *self.tokenizer.changed_options()))
        return ", ".join(f"{name} {getattr(self.tokenizer, name)!r}" for name in names)


class _Branch(NamedTuple):
    """Ways to look words up that the texts asked so far do not tell apart, with one padding."""

    several: list[LookedUp]
    way: Padding
    read: tuple[bytes, ...] = ()  # the ids of each text
    scores: tuple[np.ndarray, ...] = ()  # (C,) of each text
    off: Mapping[str, float] = {}


class Search:
    """What is near the outputs of a reference's texts."""

    def __init__(
        self,
        network: Network,
        reference: Reference,
        *,
        before_pass: Callable[[], None] = lambda: None,
    ) -> None:
        self.network, self.spent, self._before_pass = network, 0, before_pass
        self.expected = reference.readings(network, len(reference.texts))
        self._scale = {
            kind: 1.0 if kind == "probabilities" else float(np.abs(outputs).max()) or 1.0
            for kind, outputs in self.expected.items()
        }
        self._masked = network.embedding is not None and network.embedding.mask_zero

    def order(self, found: Sequence[LookedUp]) -> list[int]:
        """Texts (N,): first the one on which fewest ways to look up differ, then the shortest."""

        def cost(n: int) -> tuple[int, int]:
            different = {one.ids[n].tobytes() for one in found}
            return len(different), max(len(one.ids[n]) for one in found)

        return sorted(range(len(found[0].ids)), key=cost)

    def ranking(
        self, found: Sequence[LookedUp], ways: Mapping[tuple[int, ...], Sequence[Padding]]
    ) -> list[TextCandidate]:
        """Candidates that read some text differently, the nearest first.

        Args:
            ways: by `LookedUp.pad_ids`.
        """
        by_pads: dict[tuple[int, ...], list[LookedUp]] = {}
        for one in found:
            by_pads.setdefault(one.pad_ids, []).append(one)
        branches = [_Branch(some, way) for pads, some in by_pads.items() for way in ways[pads]]
        for n in self.order(found):
            branches = self._ask(branches, n)
        kind = min(self.expected, key=lambda kind: min(one.off[kind] for one in branches))
        return self._grouped(sorted(branches, key=lambda one: one.off[kind]), kind)

    def _ask(self, branches: Sequence[_Branch], n: int) -> list[_Branch]:
        """The branches, split by text n and scored on it, without those that are far off."""
        parts: dict[int, list[tuple[np.ndarray, list[LookedUp]]]] = {}
        asked: list[tuple[_Branch, list[LookedUp], np.ndarray, bytes]] = []
        for branch in branches:
            if id(branch.several) not in parts:  # shared by all paddings
                parts[id(branch.several)] = _parted(branch.several, n)
            for ids, several in parts[id(branch.several)]:
                padded = branch.way(ids)
                asked.append((branch, several, padded, padded.tobytes()))
        scores = self._scores({key: ids for _, _, ids, key in asked})
        rows = np.stack([scores[key] for *_, key in asked])  # (K, C)
        off = {}
        for kind, expected in self.expected.items():
            outputs = self.network.to_output(rows) if kind == "probabilities" else rows
            here = np.nan_to_num(np.abs(outputs - expected[n]), nan=np.inf).max(axis=1)
            before = [branch.off.get(kind, 0.0) for branch, *_ in asked]
            off[kind] = np.maximum(before, here / self._scale[kind])
        best = np.min([*off.values()], axis=0)
        least = np.partition(best, KEPT)[KEPT] if len(best) > KEPT else np.inf
        kept = []
        for k in np.flatnonzero(best <= max(FAR, least)).tolist():
            branch, several, ids, key = asked[k]
            read = ids[ids != 0].tobytes() if self._masked else key
            worst = {kind: float(values[k]) for kind, values in off.items()}
            kept.append(
                _Branch(several, branch.way, (*branch.read, read), (*branch.scores, rows[k]), worst)
            )
        return kept

    def _scores(self, ids: Mapping[bytes, np.ndarray]) -> dict[bytes, np.ndarray]:
        """Scores (C,) of different ids.

        Raises:
            InputError: too much was computed already.
        """
        self.spent += sum(map(len, ids.values()))
        if self.spent > MOST_STEPS:
            raise InputError(
                "These texts are too long to try every way to read them; give shorter ones, of "
                "up to about 30 words, and one that is longer than the model reads."
            )
        samples = _samples(self.network, ids.values())
        scores = scores_of(samples, before_pass=self._before_pass)
        return dict(zip(ids, scores.astype(np.float64), strict=True))

    def _grouped(self, branches: Sequence[_Branch], kind: str) -> list[TextCandidate]:
        groups: dict[tuple[bytes, ...], list[list[_Branch]]] = {}
        for branch in branches:
            alike = groups.setdefault(branch.read, [])
            # Masked steps mean nothing where scores say so too.
            group = next((one for one in alike if _same(one[0], branch)), None)
            if group is None:
                alike.append([branch])
            else:
                group.append(branch)
        made = [_candidate(one, kind) for alike in groups.values() for one in alike]
        return sorted(made, key=lambda candidate: candidate.difference)


def _parted(several: Sequence[LookedUp], n: int) -> list[tuple[np.ndarray, list[LookedUp]]]:
    """Ids of text n, and the ways to look words up that give them."""
    parts: dict[bytes, tuple[np.ndarray, list[LookedUp]]] = {}
    for one in several:
        parts.setdefault(one.ids[n].tobytes(), (one.ids[n], []))[1].append(one)
    return [*parts.values()]


def _same(one: _Branch, other: _Branch) -> bool:
    return bool(np.allclose(one.scores, other.scores, atol=SAME))


def _candidate(branches: Sequence[_Branch], kind: str) -> TextCandidate:
    """One of branches that read every text alike; the most likely settings come first."""
    found = [
        (replace(tokenizer, **branch.way.options()), one.vocabulary)
        for branch in sorted(branches, key=lambda one: one.way.rank)
        for one in branch.several
        for tokenizer in one.tokenizers
    ]
    (tokenizer, vocabulary), *others = found
    return TextCandidate(
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        difference=max(branch.off[kind] for branch in branches),
        alike=tuple(other for other, _ in others),
    )


def _samples(network: Network, ids: Iterable[np.ndarray]) -> Samples:
    """Samples of ids (n,), in which -1 is a vector of zeros."""
    rows = tuple(ids)
    nothing = tuple(np.zeros(len(row), bool) for row in rows)
    return Samples(
        reads=network,
        tokens=tuple(("",) * len(row) for row in rows),
        unknown=nothing,
        masks=tuple(existing(network, row) for row in rows),
        ids=rows,
    )
