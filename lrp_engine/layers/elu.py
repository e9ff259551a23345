"""ELU with a factor: the identity where a value is positive, else an exponential."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Layer
from lrp_engine.model.shapes import Shape, expect_one

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class ELU(Layer):
    """x where x > 0, else alpha (exp x - 1) (Clevert et al. 2016, arXiv 1511.07289, eq. 15).

    Relevance passes it unchanged, like any activation. With alpha 1 it is the activation "elu".
    """

    kind: ClassVar[str] = "elu"

    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.alpha):
            raise FormatError(f"An ELU has alpha {self.alpha!r}, expected a number.")

    def output_shape(self, *inputs: Shape) -> Shape:
        return expect_one(inputs)

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        import tensorflow as tf

        (x,) = inputs

        def bent(values: tf.Tensor) -> tf.Tensor:
            return tf.where(values > 0, values, self.alpha * tf.math.expm1(tf.minimum(values, 0)))

        return x._replace(values=ops.calculus.activation(bent, x.values), weights=False)
