"""What a weighted sum is a sum of. Apart from the calculus, so that layers load without TensorFlow.

Axes: D inputs of a linear map, M its outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import tensorflow as tf


class Term(NamedTuple):
    """One summand x W; `weight=None` is the identity.

    `exists` (..., D) is 1 for inputs that exist, 0 for the others; None where all do. The values
    of those that do not exist are 0, and the message to them must not be read.
    """

    values: tf.Tensor  # (..., D)
    weight: tf.Tensor | None = None  # (D, M)
    exists: tf.Tensor | None = None


class Projected(NamedTuple):
    """A summand x W that was computed for all time steps at once, outside the loop.

    What flows back through `values` is s, not relevance; `share` is a zero whose "gradient" is the
    bias share per input unit. `Calculus.project` turns both into relevance of x.
    """

    values: tf.Tensor  # (..., M)
    share: tf.Tensor  # (..., 1)
    units: int  # D
