"""One sample as people see it: padding as one entry, a single step by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.ledger import Ledger
from lrp_engine.attribution.padding import merged_padding


def as_shown(explanation: Explanation) -> Explanation:
    """The first sample (B = 1) as it is drawn; everything that adds up still does.

    Of several inputs each is drawn by itself, so the words of all stay as they are.
    """
    if explanation.parts:
        return explanation
    return by_feature(merged_padding(explanation))


def by_feature(one: Explanation, names: Sequence[str] = ()) -> Explanation:
    """A sample of a single step of several numbers as one of features; any other as it is.

    Args:
        names: of the features; those of the explanation, or their numbers, where there are none.
    """
    relevance = one.relevance
    if one.token_kind != "step" or relevance is None or relevance.ndim != 3:
        return one
    steps, count = int(one.lengths[0]), relevance.shape[2]
    if len(one) != 1 or steps != 1 or count == 1 or one.positions is not None:
        return one
    called = tuple(names) or one.unit_names or tuple(f"x{n}" for n in range(count))
    return replace(
        one,
        tokens=(called,),
        token_kind="feature",
        unknown=np.zeros((1, count), bool),
        padding=np.zeros((1, count), bool),
        lengths=np.array([count]),
        padded_lengths=np.array([count]),
        relevance=relevance[:, 0],
        token_values=None,
        ledger=Ledger(dict(one.ledger), {}, 1),
        unit_names=(),
    )
