"""Two networks on the same texts: what each says, and whether the same words count for both.

Axes: B texts, n words that both read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import lazy
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.methods import DEFAULT_METHOD
from lrp_engine.errors import InputError
from lrp_engine.evaluation.ranks import size_agreement
from lrp_engine.model.network import require_network

if TYPE_CHECKING:
    import pandas as pd

    from lrp_engine.model.network import Network
    from lrp_engine.propagation.rules import Rule

NAMES = ("a", "b")
Places = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same B texts explained by two networks.

    Attributes:
        a, b: the explanations.
        names: of the networks, for people.
        same_target: whether the same class, or value, is explained for both; else each explains
            what it predicts.
    """

    a: Explanation
    b: Explanation
    names: tuple[str, str] = NAMES
    same_target: bool = True

    def __len__(self) -> int:
        return len(self.a)

    def __repr__(self) -> str:
        return f"Comparison({self.names[0]!r}, {self.names[1]!r}; {len(self)} texts)"

    @cached_property
    def common(self) -> tuple[Places, ...]:
        """Per text, the places of each word that both read: in a's tokens and in b's.

        Words of one text are the same where they stand at the same place of it.
        """
        return tuple(map(self._common, range(len(self))))

    @cached_property
    def rank_agreement(self) -> np.ndarray:
        """(B,) Spearman's correlation of the sizes of the words that both read, in [-1, 1].

        NaN where there are too few words, or no differences between them.
        """
        found = [size_agreement(*self.values(n)) for n in range(len(self))]
        return np.array([np.nan if one is None else one for one in found])

    @property
    def agrees(self) -> np.ndarray:
        """(B,) whether both predict the class of the same name.

        Raises:
            InputError: one of them has values and no classes.
        """
        pairs = zip(self.a.predicted, self.b.predicted, strict=True)
        return np.array([self.a.labels[i] == self.b.labels[j] for i, j in pairs])

    @property
    def sentence(self) -> str:
        """What to take from it."""
        said = []
        if self.a.output_kind.has_classes and self.b.output_kind.has_classes:
            agree = int(self.agrees.sum())
            said.append(f"Both predict the same class for {agree:,} of {len(self):,} texts.")
        known = self.rank_agreement[np.isfinite(self.rank_agreement)]
        if len(known):
            said.append(
                f"The median rank agreement of their words is {np.median(known):z.2f} (1: the same "
                f"order of importance, 0: no relation; {len(known):,} texts)."
            )
        if not self.same_target:
            said.append("They share no names of classes, so each explains what it predicts.")
        return " ".join(said)

    def to_frame(self, rows: str = "texts") -> pd.DataFrame:
        """One row per text; or per word, where `rows` is "words".

        Of texts: sample, text, what each predicts with its probability, target and score of each,
        rank_agreement, how many words both read, and the word they differ most at. Of words:
        sample, position in each (empty where one does not read it), token, relevance of each.

        Raises:
            InputError: `rows` is neither.
        """
        frame: pd.DataFrame = lazy.load("evaluation.comparison_frames:frame")(self, rows)
        return frame

    def _repr_html_(self) -> str:
        """The sentence and the first texts, for a notebook."""
        fragment: str = lazy.load("render.notebook:comparison")(
            self.sentence, self.names, self.a, self.b
        )
        return fragment

    def values(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) of each, of the words that both read."""
        at = np.array(self.common[index], int).reshape(-1, 2)
        one, other = self.a.token_relevance[index], self.b.token_relevance[index]
        return one[at[:, 0]], other[at[:, 1]]

    def _common(self, index: int) -> Places:
        one, other = self.a.spans[index], self.b.spans[index]
        if one is not None and other is not None:
            places = {span: m for m, span in enumerate(other) if span is not None}
            return tuple((n, places[span]) for n, span in enumerate(one) if span in places)
        left, right = ([token.casefold() for token in e.tokens[index]] for e in (self.a, self.b))
        blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        return tuple((block.a + k, block.b + k) for block in blocks for k in range(block.size))


def compare(
    net_a: Network,
    net_b: Network,
    texts: Sequence[Any],
    *,
    method: str = DEFAULT_METHOD,
    target: Any = None,
    rule: Rule | None = None,
    names: tuple[str, str] = NAMES,
) -> Comparison:
    """Explain the same texts by two networks, each reading them in its own way.

    Args:
        texts: as `Network.explain` takes them, fit for both.
        method, rule: as in `Network.explain`, for both.
        target: of both, as in `Network.explain`; None: the class that `net_a` predicts, by its
            name, and where `net_b` has no such class, what each predicts.
        names: of the networks, for people.

    Raises:
        InputError: a text, target or option does not fit; says which network it is about.
    """
    if not isinstance(names, (tuple, list)) or len(names) != 2 or names[0] == names[1]:
        raise InputError(f"names is {names!r:.80}; give two different names.")
    for one, name in ((net_a, "net_a"), (net_b, "net_b")):
        require_network(one, name)
    if isinstance(texts, Iterator):  # each network reads them all
        texts = list(texts)
    a = _explained(net_a, names[0], texts, method, target, rule)
    shared = target is not None
    if not shared and a.output_kind.has_classes and set(a.labels) <= set(net_b.labels):
        target, shared = [a.target_label(n) for n in range(len(a))], True
    elif not shared and not a.output_kind.has_classes and a.labels == net_b.labels:
        shared = True
    b = _explained(net_b, names[1], texts, method, target, rule)
    return Comparison(a, b, names=(str(names[0]), str(names[1])), same_target=shared)


def _explained(
    network: Network, name: str, texts: Any, method: str, target: Any, rule: Rule | None
) -> Explanation:
    try:
        return network.explain(texts, method, target, rule, units=False)
    except InputError as error:
        raise InputError(f"Network {name!r:.60}: {error}") from None
