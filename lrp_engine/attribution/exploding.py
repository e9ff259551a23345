"""Relevance that explodes: far larger than the score that it divides, and a sentence that warns.

The divisor of a sum close to zero can make messages of opposite signs huge; they cancel, and the
account still closes.

Axes: B samples, T words, C classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.layers.dense import Dense

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# Sizes of all words together, to that of the score. Of 359 examples of the sample models the
# median is 0.9 to 5 by model, the largest 59 (of a long mail; 94 where eps is 1e-6).
MOST = 100.0
_LOGIT = 1.0
_WRITTEN = 1e9  # larger numbers by their exponent
_BEGINS = "Relevance explodes: "


def least_scale(network: Network) -> float:
    """What a smaller score is compared as: one close to zero is ordinary, and no scale.

    Of classes a logit of 1. Values have a unit of their own: the length of the last layer's
    weights, which is about what states of size 1 can give.
    """
    if network.output_kind.has_classes:
        return _LOGIT
    last = network.nodes[-1].layer
    if not isinstance(last, Dense):
        return 0.0
    return float(np.linalg.norm(np.asarray(last.kernel, np.float64), axis=0).max())


def warns(sentences: tuple[str, ...]) -> bool:
    """Whether one of these warnings is of exploding relevance."""
    return any(sentence.startswith(_BEGINS) for sentence in sentences)


def warned(
    passed: tuple[str, ...],
    relevance: np.ndarray,
    scores: np.ndarray,
    *,
    least: float,
    token_kind: str,
) -> tuple[str, ...]:
    """Warnings, with one where a sample's relevance explodes in place of any such before.

    Args:
        relevance: (B, T) of the words, which add up to the score with what is kept.
        scores: (B, C); the largest of a sample is what its relevance is compared with, since one
            near the border between two classes is close to zero by itself.
        least: see `least_scale`.
    """
    others = tuple(sentence for sentence in passed if not sentence.startswith(_BEGINS))
    sizes = np.abs(relevance).sum(axis=1)
    scale = np.maximum(np.abs(scores.astype(np.float64)).max(axis=1), least)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(sizes > 0, sizes / scale, 0.0)
    worst = int(ratio.argmax())
    if not ratio[worst] > MOST:
        return others
    count = int((ratio > MOST).sum())
    where = f" So it is in {count} of {len(sizes)} samples, most in sample {worst}."
    sentence = (
        f"{_BEGINS}the sizes of all {token_kind}s add up to {_large(sizes[worst])}, which is "
        f"{_large(ratio[worst])} times a score of {scale[worst]:,.3g}. Nearly all of it cancels, "
        "as where sums close to zero are divided by: single values say little. A larger eps may "
        f"calm it.{where * (len(sizes) > 1)}"
    )
    return (*others, sentence)


def _large(value: float) -> str:
    return f"{value:,.0f}" if value < _WRITTEN else f"{value:.3g}"
