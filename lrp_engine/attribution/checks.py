"""What methods say of their own results, as sentences.

Axes: B samples.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrp_engine.attribution.methods import Method


def doubts_of(method: Method, checks: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Which checks (B,) are beyond their limits; of several samples, in how many of them."""
    said = []
    for check in method.checks:
        beyond = check.doubtful(checks[check.name])
        if beyond.any():
            of = f" This is so in {beyond.sum():,} of {len(beyond):,} inputs."
            said.append(check.doubt + (of if len(beyond) > 1 else ""))
    return tuple(said)


def warnings_of_some(
    warnings: tuple[str, ...], method: Method, checks: Mapping[str, np.ndarray], rows: slice
) -> tuple[str, ...]:
    """Warnings of several samples, with the doubts about some in the place of those of all."""
    of_all = doubts_of(method, checks) if checks else ()
    own = {name: array[rows] for name, array in checks.items()}
    kept = tuple(sentence for sentence in warnings if sentence not in of_all)
    return kept + (doubts_of(method, own) if checks else ())
